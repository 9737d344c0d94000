"""Schools, the districts above them, and the settings and limits of each and of the whole system."""

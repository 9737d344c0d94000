"""Schools, districts, settings, and the numbers of reports."""

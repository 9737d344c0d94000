"""Cards about schools, their settings, and the districts above them."""

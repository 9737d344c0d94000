"""Cards and files of roster imports, and of the OneRoster folder that a district follows."""

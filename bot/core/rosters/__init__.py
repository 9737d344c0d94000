"""People who come as a list: read, planned, applied, undone."""

"""Roster imports: lists of people that are read, planned, applied and undone."""

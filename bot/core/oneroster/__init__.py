"""Syncs a district's people from its student information system, by a folder of OneRoster 1.2 files."""

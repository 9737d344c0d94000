"""A district's people as its student information system hands them over in a OneRoster 1.2 folder."""

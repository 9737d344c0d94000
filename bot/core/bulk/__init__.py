"""Bulk work: one act for everybody whom a filter selects, planned, applied and undone."""

"""Notices: what somebody must be told, where it goes, and what became of it."""

"""Roster imports: what they know, plan and write."""

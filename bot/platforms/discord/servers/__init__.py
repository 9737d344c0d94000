"""Servers: who comes and goes there, and their own roles, join requests and invites."""

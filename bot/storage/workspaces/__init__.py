"""Workspaces, and what is known of the people in them."""

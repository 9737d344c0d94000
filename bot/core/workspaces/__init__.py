"""Workspaces: the Discord servers and Slack teams in which schools live, and what happens in them."""

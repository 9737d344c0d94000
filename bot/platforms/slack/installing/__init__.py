"""Workspaces that have installed the app: how they do so, their tokens, and how they leave."""

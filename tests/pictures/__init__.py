"""Draws the pictures of the guides: `make pictures`."""

"""The pictures of the guides: `make pictures`."""

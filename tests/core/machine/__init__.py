"""The whole core against a simple model of it: whatever people do, in whatever order."""

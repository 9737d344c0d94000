"""A state machine that runs random commands, and compares the whole core with a simple model of it."""

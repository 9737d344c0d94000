"""Join requests: asking to come in, deciding, and what time and platforms do to a request."""

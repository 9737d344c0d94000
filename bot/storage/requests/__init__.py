"""Join requests, and the digests of those that wait."""

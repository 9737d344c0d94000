"""Cards about join requests: deciding them, their digest, and the questions that a school asks."""

"""The outbox, and the copies of cards that it sent."""

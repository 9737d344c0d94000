"""Broadcasts: messages to many people, from the draft to the last delivery."""

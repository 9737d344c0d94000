"""Cards about broadcasts, from the draft to the message that one recipient gets."""

"""Tables as files: reading what people hand over, writing what they take away."""

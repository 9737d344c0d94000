"""OneRoster sources, and what they last said."""

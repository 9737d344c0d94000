"""Every button, select and form that a story draws, clicked by those who must not."""

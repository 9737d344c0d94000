"""Every button, select and form that the stories show, clicked by people who must not use it."""

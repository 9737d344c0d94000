"""How many seconds tests wait, even on a slow machine, for something that must happen."""

PATIENCE = 30

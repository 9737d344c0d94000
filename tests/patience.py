"""How long what must happen may take on a slow machine; what takes longer hangs."""

PATIENCE = 30

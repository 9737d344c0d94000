"""How much work a test does: little in each run, all of it in `make soak`."""

import os

SOAKING = bool(os.environ.get("HOMEROOM_SOAK"))


def size(usual: int, soaking: int) -> int:
    """Return the usual size, or the one for `make soak` if that is running."""
    return soaking if SOAKING else usual

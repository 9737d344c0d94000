"""How much a test does: little in each run, all of it in `make soak`."""

import os

SOAKING = bool(os.environ.get("HOMEROOM_SOAK"))


def size(usual: int, soaking: int) -> int:
    """Choose between the usual size and the one of `make soak`."""
    return soaking if SOAKING else usual

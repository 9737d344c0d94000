"""The colours of pictures. A picture has a ground of its own, so that it looks the same on dark and light."""

from enum import StrEnum

GROUND = "#fbfaf7"
RIM = "#d5d2c8"
INK = "#1c2430"
QUIET = "#525c69"
GRID = "#e4e1d8"


class Colour(StrEnum):
    """What a bar is painted with; each stands out from the ground, and from its neighbours by a gap."""

    GREEN = "#1f7a5a"
    AMBER = "#b8690b"
    RED = "#c23b3b"
    VIOLET = "#6d4aa3"
    SLATE = "#5b6470"
    STONE = "#86827a"
    BLUE = "#2a5f9e"
    SKY = "#668fc2"

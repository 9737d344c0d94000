"""The colours of charts, which have a background of their own, to look the same in dark and light chats."""

from enum import StrEnum

GROUND = "#fbfaf7"
RIM = "#d5d2c8"
INK = "#1c2430"
QUIET = "#525c69"
GRID = "#e4e1d8"


class Colour(StrEnum):
    """The colours of bars; each stands out from the background, and a gap divides it from its neighbours."""

    GREEN = "#1f7a5a"
    AMBER = "#b8690b"
    RED = "#c23b3b"
    VIOLET = "#6d4aa3"
    SLATE = "#5b6470"
    STONE = "#86827a"
    BLUE = "#2a5f9e"
    SKY = "#668fc2"

"""What all pictures share: their width, their headline, and names beside rows."""

from collections.abc import Iterable

from bot.charts.colours import QUIET
from bot.charts.sheet import Sheet, drawable, fitted, measure

# Narrow, so that words are large enough where a chat shows pictures small.
WIDTH = 460.0
MARGIN = 16.0
TOP = 64.0
_TITLE, _SUBTITLE, _LABEL = 16.0, 12.0, 13.0
_LABELS = 0.34  # of the width, at most


def headline(sheet: Sheet, title: str, subtitle: str) -> None:
    """Write what a picture is about; of a name what cannot be drawn is left out."""
    room = sheet.width - 2 * MARGIN
    shown = fitted(_what_can_be(title), room, size=_TITLE, bold=True)
    sheet.words(MARGIN, 25, shown, size=_TITLE, bold=True)
    sheet.words(
        MARGIN, 46, fitted(_what_can_be(subtitle), room, size=_SUBTITLE), size=_SUBTITLE, colour=QUIET
    )


def _what_can_be(text: str) -> str:
    return " ".join(word for word in text.split() if drawable(word))


def label_width(labels: Iterable[str]) -> float:
    """Tell how much room names beside rows take."""
    widest = max((measure(drawable(one) or "", size=_LABEL) for one in labels), default=0)
    return min(max(widest, WIDTH * 0.1), WIDTH * _LABELS)


def label(sheet: Sheet, x: float, y: float, name: str, stand_in: str) -> None:
    """Write a name that ends at `x`; where it cannot be drawn, what stands for it."""
    shown = drawable(name) or stand_in
    sheet.words(x, y, fitted(shown, WIDTH * _LABELS, size=_LABEL), size=_LABEL, align="right")

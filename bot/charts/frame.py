"""What all charts share: their width, their headline, and the labels beside their rows."""

from collections.abc import Iterable

from bot.charts.colours import QUIET
from bot.charts.sheet import Sheet, drawable, fitted, measure

# Narrow, so that text is large enough to read when a chat shows a chart small.
WIDTH = 460.0
MARGIN = 16.0
TOP = 64.0
_TITLE, _SUBTITLE, _LABEL = 16.0, 12.0, 13.0
_LABEL_SHARE = 0.34  # of the width, at most


def headline(sheet: Sheet, title: str, subtitle: str) -> None:
    """Write the title and the subtitle of a chart, without the words that no font can draw."""
    room = sheet.width - 2 * MARGIN
    shown = fitted(_drawable_words(title), room, size=_TITLE, bold=True)
    sheet.words(MARGIN, 25, shown, size=_TITLE, bold=True)
    sheet.words(
        MARGIN, 46, fitted(_drawable_words(subtitle), room, size=_SUBTITLE), size=_SUBTITLE, colour=QUIET
    )


def _drawable_words(text: str) -> str:
    return " ".join(word for word in text.split() if drawable(word))


def label_width(labels: Iterable[str]) -> float:
    """Return the width of the column of labels, in points."""
    widest = max((measure(drawable(one) or "", size=_LABEL) for one in labels), default=0)
    return min(max(widest, WIDTH * 0.1), WIDTH * _LABEL_SHARE)


def label(sheet: Sheet, x: float, y: float, name: str, stand_in: str) -> None:
    """Write the label of a row so that it ends at `x`; if no font can draw it, write the stand-in."""
    shown = drawable(name) or stand_in
    sheet.words(x, y, fitted(shown, WIDTH * _LABEL_SHARE, size=_LABEL), size=_LABEL, align="right")

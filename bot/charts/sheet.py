"""A sheet to draw on, measured in points from its upper left corner.

matplotlib is slow to import, and is loaded with the first drawing.
"""

import io
import logging
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from bot.charts.colours import GROUND, INK, RIM

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import RendererAgg

# Pixels per point: charts are shown small in a chat, and large when they are opened.
_SCALE = 2
_DPI = 72
# The first one comes with matplotlib; the others are used if this machine has them.
_FAMILIES = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans",
    "Noto Emoji",
    "WenQuanYi Zen Hei",
)
_ELLIPSIS = "…"
# matplotlib's fonts and caches are shared by all threads. Drawing one chart at a time also bounds the memory.
_one_at_a_time = threading.Lock()


class Sheet:
    """A sheet of a fixed size; shapes and texts are placed by their coordinates in points."""

    def __init__(self, width: float, height: float) -> None:
        """Make an empty sheet with a background and a thin rim."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow to load
        from matplotlib.figure import Figure  # noqa: PLC0415

        figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI * _SCALE, facecolor=GROUND)
        figure.set_layout_engine("none")
        self.width, self.height = width, height
        self._canvas = FigureCanvasAgg(figure)
        self._axes: Axes = figure.add_axes((0, 0, 1, 1))
        self._axes.set(xlim=(0, width), ylim=(height, 0))
        self._axes.axis("off")
        self._zorder = count(1)
        self.bar(0.5, 0.5, width - 1, height - 1, "none", edge=RIM)  # sets it off from white

    def bar(
        self, x: float, y: float, width: float, height: float, colour: str, *, edge: str = "none"
    ) -> None:
        """Paint a rectangle."""
        from matplotlib.patches import Rectangle  # noqa: PLC0415

        self._add(Rectangle((x, y), width, height, facecolor=colour, edgecolor=edge, linewidth=1))

    def line(self, x: float, y: float, to_x: float, to_y: float, colour: str, *, thick: float = 1) -> None:
        """Draw a line."""
        from matplotlib.lines import Line2D  # noqa: PLC0415

        self._add(Line2D([x, to_x], [y, to_y], color=colour, linewidth=thick, solid_capstyle="butt"))

    def dot(self, x: float, y: float, colour: str) -> None:
        """Paint a dot."""
        from matplotlib.patches import Circle  # noqa: PLC0415

        self._add(Circle((x, y), 3, facecolor=colour, edgecolor="none"))

    def _add(self, drawn: "Artist") -> None:
        drawn.set_zorder(next(self._zorder))  # what is added later is drawn on top
        self._axes.add_artist(drawn)

    def words(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 11,
        colour: str = INK,
        bold: bool = False,
        align: str = "left",
    ) -> None:
        """Write a text, vertically centred at `y`."""
        from matplotlib.text import Text  # noqa: PLC0415

        font = _font(size, bold)
        # matplotlib would take text between dollar signs for a formula.
        style = {"ha": align, "va": "center_baseline", "fontproperties": font, "parse_math": False}
        self._add(Text(x, y, text, color=colour, **style))

    def png(self) -> bytes:
        """Return the sheet as PNG."""
        out = io.BytesIO()
        self._canvas.print_png(out, metadata={"Software": None})  # type: ignore[no-untyped-call]
        return out.getvalue()


@contextmanager
def drawing() -> Iterator[None]:
    """Hold the lock that lets only one thread draw at a time."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it logs when it builds its font cache
    with _one_at_a_time:
        yield


def measure(text: str, *, size: float = 11, bold: bool = False) -> float:
    """Return the width of a text in points."""
    font = _font(size, bold)
    width = _renderer().get_text_width_height_descent(text, font, ismath=False)[0]  # type: ignore[no-untyped-call]
    return float(width) / _SCALE


def fitted(text: str, width: float, *, size: float = 11, bold: bool = False) -> str:
    """Return a text, shortened with an ellipsis if it is too wide; combining marks stay with their letter."""
    if measure(text, size=size, bold=bold) <= width:
        return text
    letters = _letters(text)
    low, high = 0, len(letters)
    while low < high:
        middle = (low + high + 1) // 2
        part = "".join(letters[:middle]).rstrip() + _ELLIPSIS
        fits = measure(part, size=size, bold=bold) <= width
        low, high = (middle, high) if fits else (low, middle - 1)
    return "".join(letters[:low]).rstrip() + _ELLIPSIS


def drawable(text: str) -> str | None:
    """Return a text without the characters that no font has; None if any of those is a letter or digit."""
    text, known = " ".join(text.split()), _supported()
    missing = [one for one in text if ord(one) not in known]
    if any(unicodedata.category(one)[0] in "LNM" for one in missing):
        return None
    return " ".join("".join(one for one in text if ord(one) in known).split()) or None


def _letters(text: str) -> list[str]:
    """Split a text into letters, each with its combining marks."""
    found: list[str] = []
    for one in text:
        if found and unicodedata.combining(one):
            found[-1] += one
        else:
            found.append(one)
    return found


@cache
def _renderer() -> "RendererAgg":
    from matplotlib.backends.backend_agg import RendererAgg  # noqa: PLC0415

    return RendererAgg(1, 1, _DPI * _SCALE)  # type: ignore[no-untyped-call]


@cache
def _font(size: float, bold: bool) -> Any:
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415

    return FontProperties(family=_families(), size=size, weight="bold" if bold else "normal")


@cache
def _families() -> list[str]:
    from matplotlib.font_manager import fontManager  # noqa: PLC0415

    there = {font.name for font in fontManager.ttflist}
    return [family for family in _FAMILIES if family in there]


@cache
def _supported() -> frozenset[int]:
    """Return the code points that at least one of the fonts has."""
    from matplotlib.font_manager import FontProperties, findfont, get_font  # noqa: PLC0415

    fonts = (get_font(findfont(FontProperties(family=[family]))) for family in _families())
    return frozenset(code for font in fonts for code in font.get_charmap())

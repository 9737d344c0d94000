"""A sheet to draw on, in points from its upper left corner. matplotlib is loaded with the first one."""

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

# Pictures are shown small in a chat, and large when they are opened: two pixels a point serve both.
_SCALE = 2
_DPI = 72
# The first comes with matplotlib; of the others those are used that this machine has.
_FAMILIES = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans",
    "Noto Emoji",
    "WenQuanYi Zen Hei",
)
_ELLIPSIS = "…"
# Fonts and caches of matplotlib are shared by all; and one picture at a time is all the memory that is taken.
_one_at_a_time = threading.Lock()


class Sheet:
    """A sheet of a size in points; everything on it says where it is."""

    def __init__(self, width: float, height: float) -> None:
        """Spread a sheet with its own ground."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow to load
        from matplotlib.figure import Figure  # noqa: PLC0415

        figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI * _SCALE, facecolor=GROUND)
        figure.set_layout_engine("none")
        self.width, self.height = width, height
        self._canvas = FigureCanvasAgg(figure)
        self._axes: Axes = figure.add_axes((0, 0, 1, 1))
        self._axes.set(xlim=(0, width), ylim=(height, 0))
        self._axes.axis("off")
        self._later = count(1)
        self.bar(0.5, 0.5, width - 1, height - 1, "none", edge=RIM)  # so that it is seen on white

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
        drawn.set_zorder(next(self._later))  # what comes later lies above
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
        """Write a text around the height `y`."""
        from matplotlib.text import Text  # noqa: PLC0415

        font = _font(size, bold)
        # What people typed is no formula: dollar signs stay.
        style = {"ha": align, "va": "center_baseline", "fontproperties": font, "parse_math": False}
        self._add(Text(x, y, text, color=colour, **style))

    def png(self) -> bytes:
        """Return the picture."""
        out = io.BytesIO()
        self._canvas.print_png(out, metadata={"Software": None})  # type: ignore[no-untyped-call]
        return out.getvalue()


@contextmanager
def drawing() -> Iterator[None]:
    """Draw alone."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its font cache
    with _one_at_a_time:
        yield


def measure(text: str, *, size: float = 11, bold: bool = False) -> float:
    """Tell how wide a text is, in points."""
    font = _font(size, bold)
    width = _renderer().get_text_width_height_descent(text, font, ismath=False)[0]  # type: ignore[no-untyped-call]
    return float(width) / _SCALE


def fitted(text: str, width: float, *, size: float = 11, bold: bool = False) -> str:
    """Shorten a text to a width, between letters and not within one."""
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
    """Leave out of a text what no font here has; None if letters or digits are among that."""
    text, known = " ".join(text.split()), _known()
    missing = [one for one in text if ord(one) not in known]
    if any(unicodedata.category(one)[0] in "LNM" for one in missing):
        return None
    return " ".join("".join(one for one in text if ord(one) in known).split()) or None


def _letters(text: str) -> list[str]:
    """Cut a text into letters with all that belongs to each."""
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
def _known() -> frozenset[int]:
    """List the characters that the fonts have."""
    from matplotlib.font_manager import FontProperties, findfont, get_font  # noqa: PLC0415

    fonts = (get_font(findfont(FontProperties(family=[family]))) for family in _families())
    return frozenset(code for font in fonts for code in font.get_charmap())

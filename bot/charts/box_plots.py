"""Box plots of durations, from the quickest to the slowest, with the middle half in a box."""

import math
from collections.abc import Sequence

from bot.charts.colours import GRID, INK, QUIET, Colour
from bot.charts.frame import MARGIN, TOP, WIDTH, headline, label, label_width
from bot.charts.sheet import Sheet, drawing, fitted, measure
from bot.core.values import dataclass

_NOTE = 12.0
_AXIS, _KEY = 26.0, 22.0
_SHORTEST = 60.0  # seconds; shorter times are drawn as this


@dataclass(frozen=True, slots=True)
class BoxPlot:
    """A row: its label, a stand-in if no font can draw that, five durations in seconds, and a note.

    The durations are the quickest, the lower quartile, the median, the upper quartile and the slowest.
    """

    label: str
    stand_in: str
    five: tuple[float, float, float, float, float]
    note: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A duration that is marked on the axis below the rows."""

    seconds: float
    name: str


def draw(title: str, subtitle: str, key: str, plots: Sequence[BoxPlot], ticks: Sequence[Tick]) -> bytes:
    """Draw box plots on a logarithmic scale, and return them as PNG."""
    with drawing():
        return lay_out(title, subtitle, key, plots, ticks).png()


def lay_out(title: str, subtitle: str, key: str, plots: Sequence[BoxPlot], ticks: Sequence[Tick]) -> Sheet:
    """Return a sheet with the whole chart on it."""
    row = 32.0 if len(plots) <= 16 else 25.0  # noqa: PLR2004 - roomy where there is room
    bottom = TOP + row * len(plots)
    sheet = Sheet(WIDTH, bottom + _AXIS + _KEY + MARGIN / 2)
    headline(sheet, title, subtitle)
    left = MARGIN + label_width(one.label for one in plots) + 12
    right = WIDTH - MARGIN - max(measure(one.note, size=_NOTE) for one in plots) - 12
    scale = _Scale(left, right, [max(second, _SHORTEST) for one in plots for second in one.five])
    scale.draw(sheet, ticks, (TOP - 4, bottom))
    for place, one in enumerate(plots):
        y = TOP + row * (place + 0.5)
        label(sheet, left - 12, y, one.label, one.stand_in)
        _box(sheet, y, row, [scale.x(second) for second in one.five])
        sheet.words(WIDTH - MARGIN, y, one.note, size=_NOTE, colour=QUIET, align="right")
    shown = fitted(key, WIDTH - 2 * MARGIN, size=_NOTE)
    sheet.words(MARGIN, bottom + _AXIS + _KEY / 2, shown, size=_NOTE, colour=QUIET)
    return sheet


class _Scale:
    """A logarithmic scale from durations in seconds to points on the sheet."""

    def __init__(self, left: float, right: float, seconds: Sequence[float]) -> None:
        self._low = math.log(min(seconds) / 1.2)
        self._high = math.log(max(seconds) * 1.2)
        self._left, self._right = left, right

    def x(self, seconds: float) -> float:
        share = (math.log(max(seconds, _SHORTEST)) - self._low) / (self._high - self._low)
        return self._left + share * (self._right - self._left)

    def draw(self, sheet: Sheet, ticks: Sequence[Tick], between: tuple[float, float]) -> None:
        """Draw the ticks that are on the scale, and the names of as many as have room."""
        top, bottom = between
        taken = self._left - MARGIN
        for tick in ticks:
            x, half = self.x(tick.seconds), measure(tick.name, size=_NOTE) / 2
            if not self._left <= x <= self._right:
                continue
            sheet.line(x, top, x, bottom, GRID)
            if x - half > taken and x + half < WIDTH - MARGIN:
                sheet.words(x, bottom + _AXIS / 2, tick.name, size=_NOTE, colour=QUIET, align="center")
                taken = x + half + 8


def _box(sheet: Sheet, y: float, row: float, five: Sequence[float]) -> None:
    quickest, lower, median, upper, slowest = five
    height = row * 0.5
    sheet.line(quickest, y, slowest, y, Colour.SKY, thick=1.5)
    sheet.bar(lower, y - height / 2, max(upper - lower, 3), height, Colour.SKY)
    sheet.line(median, y - height * 0.7, median, y + height * 0.7, INK, thick=2.5)
    sheet.dot(slowest, y, Colour.RED)

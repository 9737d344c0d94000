"""Bar charts of counts, in which each bar can be divided into parts."""

from collections.abc import Sequence

from bot.charts.colours import GRID, QUIET, Colour
from bot.charts.frame import MARGIN, TOP, WIDTH, headline, label, label_width
from bot.charts.sheet import Sheet, drawing, fitted, measure
from bot.core.values import dataclass

_GAP = 1.5
_MIN_WIDTH = 3.0  # the smallest width of a part that is not zero, so that it can be seen
_LINE = 22.0
_HEADING, _UNHEADED = 32.0, 8.0
_SWATCH = 10.0
_NOTE = 12.0


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of part that bars have, with its name in the legend and its colour."""

    name: str
    colour: Colour


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its label, a stand-in if no font can draw that, the number of each part, and an end note."""

    label: str
    stand_in: str
    parts: tuple[int, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars that are compared with each other, under a heading."""

    heading: str
    bars: tuple[Bar, ...]


def draw(title: str, subtitle: str, parts: Sequence[Part], panels: Sequence[Panel]) -> bytes:
    """Draw a bar chart, and return it as PNG; bars of several parts get a legend."""
    with drawing():
        return lay_out(title, subtitle, parts, panels).png()


def lay_out(title: str, subtitle: str, parts: Sequence[Part], panels: Sequence[Panel]) -> Sheet:
    """Return a sheet with the whole chart on it."""
    bars = [bar for panel in panels for bar in panel.bars]
    row = 30.0 if len(bars) <= 16 else 24.0  # noqa: PLR2004 - roomy where there is room
    legend = _lines(parts) if len(parts) > 1 else []
    headings = sum(_HEADING if panel.heading else _UNHEADED for panel in panels)
    sheet = Sheet(WIDTH, TOP + _LINE * len(legend) + headings + row * len(bars) + MARGIN)
    headline(sheet, title, subtitle)
    y = _legend(sheet, TOP, legend)
    left = MARGIN + label_width(bar.label for bar in bars) + 10
    right = WIDTH - MARGIN - max((measure(bar.note, size=_NOTE) for bar in bars), default=0) - 8
    for panel in panels:
        y = _heading(sheet, y, panel.heading)
        most = max((sum(bar.parts) for bar in panel.bars), default=0) or 1
        for bar in panel.bars:
            label(sheet, left - 10, y + row / 2, bar.label, bar.stand_in)
            end = _bar(sheet, (left, y + row * 0.2, row * 0.6), bar.parts, parts, (right - left) / most)
            sheet.words(end + 8, y + row / 2, bar.note, size=_NOTE, colour=QUIET)
            y += row
    return sheet


def _lines(parts: Sequence[Part]) -> list[list[Part]]:
    """Break the legend into lines that fit the width."""
    lines: list[list[Part]] = [[]]
    x = MARGIN
    for part in parts:
        width = _entry_width(part)
        if lines[-1] and x + width > WIDTH - MARGIN:
            lines.append([])
            x = MARGIN
        lines[-1].append(part)
        x += width
    return lines


def _entry_width(part: Part) -> float:
    return _SWATCH + 6 + measure(part.name, size=_NOTE) + 16


def _legend(sheet: Sheet, y: float, lines: Sequence[Sequence[Part]]) -> float:
    for line in lines:
        x = MARGIN
        for part in line:
            sheet.bar(x, y + (_LINE - _SWATCH) / 2 - 2, _SWATCH, _SWATCH, part.colour)
            sheet.words(x + _SWATCH + 6, y + _LINE / 2 - 2, part.name, size=_NOTE, colour=QUIET)
            x += _entry_width(part)
        y += _LINE
    return y


def _heading(sheet: Sheet, y: float, text: str) -> float:
    if not text:
        return y + _UNHEADED
    sheet.line(MARGIN, y + 4, WIDTH - MARGIN, y + 4, GRID)
    shown = fitted(text, WIDTH - 2 * MARGIN, size=13, bold=True)
    sheet.words(MARGIN, y + _HEADING / 2 + 3, shown, size=13, bold=True)
    return y + _HEADING


def _bar(
    sheet: Sheet, at: tuple[float, float, float], numbers: Sequence[int], parts: Sequence[Part], each: float
) -> float:
    """Draw a bar, `each` points wide for each counted one, and return the x where it ends.

    Every part that is not zero can be seen, however small it is.
    """
    x, y, height = at
    widths = [max(number * each - _GAP, _MIN_WIDTH) if number else 0.0 for number in numbers]
    # Widening the small parts is made up for by narrowing the others, so that the bar keeps its length.
    wide = [place for place, width in enumerate(widths) if width > _MIN_WIDTH]
    over = sum(width + _GAP for width in widths if width) - sum(numbers) * each
    room = sum(widths[place] for place in wide)
    for place in wide:
        widths[place] -= max(over, 0) * widths[place] / room
    for width, part in zip(widths, parts, strict=True):
        if width:
            sheet.bar(x, y, width, height, part.colour)
            x += width + _GAP
    return x

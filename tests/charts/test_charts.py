"""Charts can be read and told apart on any screen, whatever the names of schools."""

import io
import subprocess
import sys
import threading

import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from bot.charts import bars, box_plots
from bot.charts.bars import Bar, Panel, Part
from bot.charts.box_plots import BoxPlot, Tick
from bot.charts.colours import GRID, GROUND, INK, QUIET, Colour
from bot.charts.sheet import Sheet, drawable, fitted, measure

# What Discord, Slack and the playground have behind a picture.
SCREENS = ["#ffffff", "#313338", "#1a1d21", "#000000"]
NAMES = [
    "Maple Grove",
    "A school whose founders did not know when to stop giving it names, down by the river",
    "W" * 300,
    "מגדל האלון — בית ספר יסודי",
    "مدرسة القيقب الابتدائية",
    "枫林学校",
    "🍁 Maple 😀",
    "👩‍👩‍👧‍👦",
    "$x_1$ & 3",
    "Z̵̢̛a̶͓͝l̷g̴o̵",
    "a\nb",
    "-",
]
PARTS = [Part(colour.name.title(), colour) for colour in Colour][:6]
TICKS = [Tick(60.0 * 6**power, f"6^{power} min") for power in range(8)]


NO_FONT_HAS = "\U000f1234"


def names(number: int) -> list[str]:
    return [NAMES[place] if place < len(NAMES) else f"School {place}" for place in range(number)]


def bar_sheet(number: int) -> Sheet:
    made = [
        Bar(name, f"No. {place}", (1000 // (place + 1), place, 0, 1, 0, 2), f"{place:,}")
        for place, name in enumerate(names(number), 1)
    ]
    return bars.lay_out("Members of " + NAMES[1], "in all", PARTS, [Panel("", tuple(made))])


def spread_sheet(number: int) -> Sheet:
    made = [
        BoxPlot(name, f"No. {place}", (0.0, 60.0, 3600.0 * place, 86400.0 * place, 9e6), "12 · 3 days 4 h")
        for place, name in enumerate(names(number), 1)
    ]
    return box_plots.lay_out("Time to decision", NAMES[1], "Box: the middle half.", made, TICKS)


SHEETS = {"bars": bar_sheet, "spreads": spread_sheet}


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", [INK, QUIET])
def test_words_stand_out_from_the_ground(colour: str) -> None:
    assert contrast(colour, GROUND) >= 4.5


@pytest.mark.parametrize("colour", Colour)
def test_what_is_painted_stands_out_from_the_ground(colour: Colour) -> None:
    assert contrast(colour, GROUND) >= 3


def test_the_median_is_seen_on_its_box() -> None:
    assert contrast(INK, Colour.SKY) >= 3
    assert contrast(GRID, GROUND) < 1.5  # lines to look along, not at


@pytest.mark.parametrize("kind", SHEETS)
@pytest.mark.parametrize("screen", SCREENS)
def test_a_picture_looks_the_same_on_dark_and_light(kind: str, screen: str) -> None:
    picture = Image.open(io.BytesIO(SHEETS[kind](3).png())).convert("RGBA")
    shown = Image.new("RGBA", picture.size, screen)
    shown.alpha_composite(picture)
    assert shown.tobytes() == picture.tobytes()


def written(sheet: Sheet) -> list[tuple[str, Bbox]]:
    """List all texts with the place of their ink, in pixels from the lower left corner."""
    sheet.png()
    texts = [one for one in sheet._axes.get_children() if isinstance(one, Text) and one.get_text()]
    return [(one.get_text(), one.get_window_extent()) for one in texts]


@pytest.mark.parametrize("kind", SHEETS)
@pytest.mark.parametrize("number", [1, 5, 40])
def test_no_words_lie_on_others_or_leave_the_picture(kind: str, number: int) -> None:
    sheet = SHEETS[kind](number)
    found = written(sheet)
    assert len(found) > number
    whole = Image.open(io.BytesIO(sheet.png())).size
    for place, (text, box) in enumerate(found):
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= whole[0], text
        assert box.y1 <= whole[1], text
        for other, beside in found[place + 1 :]:
            assert not box.overlaps(beside), f"{text!r} and {other!r}"


@pytest.mark.parametrize("number", [1, 5, 40])
def test_no_words_lie_on_a_bar(number: int) -> None:
    sheet = bar_sheet(number)
    bars_ = [one.get_window_extent() for one in painted(sheet)]
    assert len(bars_) > number
    for text, box in written(sheet):
        assert not any(box.overlaps(bar) for bar in bars_), text


def painted(sheet: Sheet) -> list[Rectangle]:
    """List all that is painted, except for the margin."""
    found = [one for one in sheet._axes.get_children() if isinstance(one, Rectangle)]
    return [one for one in found if to_rgba(one.get_facecolor())[3] and one is not sheet._axes.patch]


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("Maple Grove", "Maple Grove"),
        (f"{NO_FONT_HAS} Maple", "Maple"),
        ("Maple 𒀀", None),
        ("𒀀", None),
        (NO_FONT_HAS, None),
        ("", None),
        ("מגדל", "מגדל"),
        ("a\nb", "a b"),
    ],
)
def test_names_that_no_font_has_are_told_by_their_number(name: str, drawn: str | None) -> None:
    assert drawable(name) == drawn


def test_a_name_is_shortened_to_its_room_and_not_within_a_letter() -> None:
    assert fitted("Maple", 100) == "Maple"
    short = fitted("e\u0301" * 200, 100)
    assert short.endswith("\u0301…")
    assert 80 < measure(short) <= 100
    assert fitted("Maple", 1) == "…"


def test_dollars_are_no_formula() -> None:
    assert measure("$x_1$") > measure("x1")


def test_the_smallest_part_is_seen_and_the_bar_keeps_its_length() -> None:
    def row(*parts: int) -> list[tuple[float, float]]:
        both = (Bar("a", "", parts, "x"), Bar("b", "", (9000, 0, 0), "x"))
        found = painted(bars.lay_out("", "", PARTS[:3], [Panel("", both)]))
        height = {one.get_y() for one in found if one.get_height() > 12}
        return [(one.get_x(), one.get_width()) for one in found if one.get_y() == min(height)]

    ((x, width),) = row(9000, 0, 0)
    mixed = row(8998, 1, 1)
    assert len(mixed) == 3
    assert min(width for _, width in mixed) >= 3
    assert max(x + width for x, width in mixed) == pytest.approx(x + width, abs=2)
    assert len(row(3000, 3000, 3000)) == 3


def test_many_threads_draw_the_same_picture() -> None:
    pictures: list[bytes] = []

    def draw() -> None:
        panel = Panel("Heading", (Bar("مدرسة", "No. 1", (3, 1), "4"),))
        pictures.append(bars.draw("Members", "in all", PARTS[:2], [panel]))

    threads = [threading.Thread(target=draw) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(pictures)) == 1


def test_nothing_is_loaded_for_drawing_until_something_is_drawn() -> None:
    program = "import sys, bot.commands; print({'matplotlib', 'numpy', 'PIL'} & set(sys.modules) or 'none')"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "none"


def test_nothing_of_pyplot_is_used() -> None:
    spread_sheet(1).png()
    assert "matplotlib.pyplot" not in sys.modules

"""How the values of options are read, for every kind, and which values are refused."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.options import Option, OptionKind, read
from bot.core.errors import BadValue
from tests.chat.small import SMALL, Colour

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
WALL = SMALL["paint wall"]
OPTIONS = {option.kind: option for option in WALL.options}


def value(option: str, raw: object) -> Any:
    found = WALL.option(option)
    assert found is not None
    return read(found, raw, now=NOW, zone=ZoneInfo("Europe/Berlin"))


def problem(option: str, raw: object) -> str:
    with pytest.raises(BadValue) as caught:
        value(option, raw)
    assert caught.value.option == option
    return caught.value.problem


def test_what_is_declared_is_what_is_asked() -> None:
    assert [(one.name, one.kind, one.required) for one in WALL.options] == [
        ("name", OptionKind.TEXT, True),
        ("coats", OptionKind.WHOLE, False),
        ("colour", OptionKind.CHOICE, False),
        ("dry", OptionKind.WHEN, False),
        ("shiny", OptionKind.YES_NO, False),
        ("place", OptionKind.CHANNEL, False),
        ("story", OptionKind.TEXT, False),
    ]
    assert set(OPTIONS) == set(OptionKind) - {
        OptionKind.FILE,
        OptionKind.NATIVE,
    }  # see test_files and test_natives


@pytest.mark.parametrize(
    ("raw", "number"), [("5", 5), (5, 5), (" 7 ", 7), ("-5", -5), ("1,000", 1000), ("0", 0), ("\u0665", 5)]
)
def test_whole_numbers(raw: object, number: int) -> None:
    assert value("coats", raw) == number


@pytest.mark.parametrize(
    "raw",
    [
        "", " ", "five", "5.0", 5.5, "1e3", "0x5", True, None, "--5", "-", "5-", "- 5", "+-5", "½", "²",
        "5 5", [], {}, "\uff15x", "NaN",
    ],
)  # fmt: skip
def test_what_is_no_whole_number(raw: object) -> None:
    assert "whole number" in problem("coats", raw)


def test_bounds_of_numbers() -> None:
    assert value("coats", 1000) == 1000
    assert problem("coats", 1001) == "must be at most 1,000"
    assert problem("coats", "-6") == "must be at least -5"


@pytest.mark.parametrize("raw", ["yes", "Y", " TRUE ", "on", "1", True])
def test_yes(raw: object) -> None:
    assert value("shiny", raw) is True


@pytest.mark.parametrize("raw", ["no", "N", "False", "off", "0", False])
def test_no(raw: object) -> None:
    assert value("shiny", raw) is False


@pytest.mark.parametrize("raw", ["", "maybe", "2", None, "yesno", "y e s", "ja" * 5000])
def test_neither_yes_nor_no(raw: object) -> None:
    assert problem("shiny", raw).startswith("wants yes or no")


@pytest.mark.parametrize("raw", ["sky blue", "SKY  BLUE", " sky blue "])
def test_choices(raw: str) -> None:
    assert value("colour", raw) is Colour.SKY


@pytest.mark.parametrize("raw", ["", "sky", "skyblue", "green", "red,sky blue", "x" * 10_000])
def test_what_cannot_be_chosen(raw: str) -> None:
    said = problem("colour", raw)
    assert said.endswith("choose red, sky blue")
    assert len(said) < 100


def test_times_are_read_in_ones_zone() -> None:
    assert value("dry", "Friday 17:00") == datetime(2026, 9, 4, 15, tzinfo=UTC)
    assert problem("dry", "someday").startswith("cannot be read as a time")
    assert "past" in problem("dry", "yesterday")
    assert "characters long" in problem("dry", "x" * 10_000)


@pytest.mark.parametrize("raw", ["Hall", "é学🎒", "👩‍👩‍👧", "می‌خواهم", "<b>&amp;@everyone", "a\u0301"])
def test_text_is_what_was_typed(raw: str) -> None:
    assert value("name", f"  {raw} ") == raw


def test_bounds_of_text() -> None:
    assert value("name", "x" * 20)
    assert problem("name", "x" * 21) == "is 21 characters long; 20 is the most"
    assert problem("name", "x" * 10_000) == "is 10,000 characters long; 20 is the most"
    assert problem("name", "x") == "is shorter than 2 characters"


@pytest.mark.parametrize("raw", ["", "   ", "\u3000\n"])
def test_nothing_but_spaces_is_not_a_name(raw: str) -> None:
    """Even if the option is optional: typed spaces must not become an empty name."""
    problem("name", raw)
    optional = Option("A name", name="name", minimum=2)
    with pytest.raises(BadValue):
        read(optional, raw, now=NOW, zone=ZoneInfo("UTC"))


_HARMFUL = [
    "\x00",
    "\x07",
    "\x1b",
    "\x7f",
    "\x85",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u061c",
    "\u200b",
    "\ufeff",
]


@pytest.mark.parametrize("sign", [*_HARMFUL, "\ud800"])
def test_what_cannot_be_seen_is_left_out(sign: str) -> None:
    for name in ("name", "story", "place"):
        assert value(name, f"{sign}ab{sign}cd{sign} ") == "abcd"
    assert value("coats", f"2{sign}") == 2
    assert value("shiny", f"{sign}yes") is True
    assert value("dry", f"2026{sign}-09-02") == value("dry", "2026-09-02")
    assert problem("name", sign) == "is empty"


def test_a_phone_s_apostrophe_is_the_one_of_keyboards() -> None:
    assert value("name", "O\u2019Brien \u2018x\u2019") == "O'Brien 'x'"
    assert value("story", "Ann\u2019s\tday\rone") == "Ann\u2019s day\none"


def test_a_number_of_too_many_digits_is_no_word() -> None:
    assert problem("coats", "9" * 13) == "has 13 digits; 12 are the most"
    assert problem("coats", "9" * 10_000) == "has 10000 digits; 12 are the most"


def test_lines_are_for_long_texts_only() -> None:
    assert value("story", "one\ntwo") == "one\ntwo"
    assert value("story", "one\r\ntwo") == "one\ntwo"
    assert "more than one line" in problem("name", "one\ntwo")
    assert "characters long" in problem("story", "x" * 10_000)


_ANYTHING = st.one_of(
    st.text(max_size=40), st.integers(), st.floats(), st.booleans(), st.none(), st.binary(max_size=5)
)


@given(st.sampled_from(WALL.options), _ANYTHING)
def test_whatever_is_entered_is_read_or_refused(option: Option, raw: object) -> None:
    try:
        found = read(option, raw, now=NOW, zone=ZoneInfo("Pacific/Kiritimati"))
    except BadValue:
        return
    kinds = {
        OptionKind.WHOLE: int,
        OptionKind.YES_NO: bool,
        OptionKind.CHOICE: Colour,
        OptionKind.WHEN: datetime,
    }
    assert isinstance(found, kinds.get(option.kind, str))

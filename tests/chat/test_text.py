"""What the bot says: only templates carry markup."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.text import (
    Code,
    Line,
    Link,
    Plain,
    Strong,
    Time,
    clean,
    count,
    display_name,
    plain,
    say,
    spans,
    verbatim,
)

AT = datetime(2027, 1, 31, 17, 0, tzinfo=UTC)


def test_a_template_becomes_spans() -> None:
    line = say(
        "Hello **{name}**, type `{what}` before {at}: {link}",
        name="Ada",
        what="/join",
        at=AT,
        link=Link("x", "u"),
    )
    assert spans(line) == (
        Plain("Hello "),
        Strong("Ada"),
        Plain(", type "),
        Code("/join"),
        Plain(" before "),
        Time(AT),
        Plain(": "),
        Link("x", "u"),
    )


@pytest.mark.parametrize(
    "typed",
    [
        "**bold**",
        "`code`",
        "{name}",
        "{0}",
        "{",
        "}",
        "%s",
        "<@U1>",
        "@everyone",
        "<!channel>",
        "<b>x</b>",
        "[a](b)",
        "_x_",
    ],
)
def test_an_argument_never_becomes_markup(typed: str) -> None:
    assert spans(say("{text}", text=typed)) == (Plain(typed),)
    assert spans(verbatim(typed)) == (Plain(typed),)
    assert spans(say("**{text}**", text=typed)) == (Strong(typed),)
    assert spans(say("`{text}`", text=typed)) == (Code(typed),)
    assert spans(say("{inner}", inner=say("{text}", text=typed))) == (Plain(typed),)


@given(st.text(max_size=50))
def test_whatever_is_said_is_said_as_plain_text(typed: str) -> None:
    shown = clean(typed)
    assert spans(say("a {text} b", text=typed)) == (Plain("a "), Plain(shown), Plain(" b"))
    assert plain(say("**{text}**`{text}`", text=typed)) == shown * 2


_REORDERING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_INVISIBLE = "\x00\x07\x08\t\x0b\x1b\x7f\x85\u200b\u2060\ufeff"


@pytest.mark.parametrize("sign", [*_REORDERING, *_INVISIBLE, "\ud800"])
def test_what_reorders_or_hides_is_taken_out(sign: str) -> None:
    assert clean(f"a{sign}b") == "ab"
    for line in (verbatim(f"a{sign}b"), say("{x}", x=Code(f"a{sign}b"))):
        assert plain(line) == "ab"


@pytest.mark.parametrize(
    "text", ["\n", "👩‍👩‍👧", "می‌خواهم", "a\u0301", "🏴\U000e0067\U000e007f", "❤️", "שלום"]
)
def test_what_languages_and_emoji_need_stays(text: str) -> None:
    assert clean(text) == text


def test_a_count_chooses_its_words() -> None:
    assert [plain(count(number, "{n} use", "{n} uses")) for number in (0, 1, 2)] == [
        "0 uses",
        "1 use",
        "2 uses",
    ]
    assert plain(count(2, "one of {name}", "{n} of {name}", name="**x**")) == "2 of **x**"


def test_a_line_is_translated_when_it_is_shown() -> None:
    german = {"Hello {name}": "{name}, hallo", "{n} use": "{n} mal", "{n} uses": "{n} Male", "inner": "innen"}
    assert plain(say("Hello {name}", name=say("inner")), german.__getitem__) == "innen, hallo"
    assert plain(count(3, "{n} use", "{n} uses"), german.__getitem__) == "3 Male"
    assert plain(say("Hello {name}", name="inner"), german.__getitem__) == "inner, hallo", (
        "names are not words"
    )


def test_a_time_is_said_in_utc_where_nothing_else_is_known() -> None:
    east = datetime(2027, 1, 31, 17, 0, tzinfo=timezone(timedelta(hours=5)))
    assert plain(say("{at}", at=AT)) == "31 Jan 2027, 17:00 UTC"
    assert plain(say("{at}", at=east)) == "31 Jan 2027, 12:00 UTC"


def test_a_line_that_says_nothing() -> None:
    assert not Line("")
    assert say("x")
    assert plain(say("")) == ""


def test_what_is_known_to_be_clean_at_once_is_clean() -> None:
    # With a line break in it, a text is looked at sign by sign.
    for code in range(0x11000):
        assert clean(chr(code)) == clean(f"{chr(code)}\n").removesuffix("\n") or code == 0x0A


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("Nia Okafor", "nia"), "Nia Okafor"),
        (("\u200b\u200b", "nia"), "nia"),
        ((" \u3164\u2800 ", None, "", "nia"), "nia"),
        (("\u034f\u200d", "\ufe0f", "\u180b \U000e0041", "nia"), "nia"),
        ((" Nia\nStatus: Approved ", "nia"), "Nia Status: Approved"),
        (("n" * 81,), "n" * 80),
        (("\u202e", 12), "12"),
        (("", None), ""),
    ],
)
def test_somebody_is_called_by_what_can_be_seen(names: tuple[object, ...], shown: str) -> None:
    assert display_name(*names) == shown

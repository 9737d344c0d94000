"""Parsers of input from strangers, as functions of bytes. They must accept or refuse, and be consistent."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.chat import grammar
from bot.chat.actions import UnreadableAction
from bot.chat.when import WhenUnreadable, read_day, read_when
from bot.commands import REGISTRY
from bot.core.errors import BadCommand
from bot.core.files import BadFile
from bot.core.ids import CODE_LENGTH, grouped, normal_code, token_in
from bot.core.values import replace
from bot.platforms.discord import ids as discord_ids
from bot.platforms.slack import ids as slack_ids
from bot.sheets.bounds import Bounds
from bot.sheets.reading import read_sheet

_NOW, _ZONE = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), ZoneInfo("America/New_York")
_BOUNDS = replace(Bounds(), bytes=100_000)
_TOKEN_LENGTH = 22
_LIFETIME = 60


def command(given: bytes) -> None:
    """Parse a typed line; a correction that is offered can be parsed, too."""
    try:
        grammar.parse(given.decode(errors="replace"), REGISTRY)
    except BadCommand as bad:
        if bad.corrected:
            with suppress(BadCommand):  # a correction may still lack a value
                grammar.parse(bad.corrected, REGISTRY)


def code(given: bytes) -> None:
    """Parse a code and a link; a code as it is shown is read as the same code."""
    typed = given.decode(errors="replace")
    found = normal_code(typed)
    assert found is None or (len(found) == CODE_LENGTH and normal_code(grouped(found).lower()) == found)
    token = token_in(typed)
    assert token is None or (len(token) == _TOKEN_LENGTH and token in typed)


def date(given: bytes) -> None:
    """Parse a time and a day; a year that is far away must have been typed with its digits."""
    typed = given.decode(errors="replace")
    with suppress(WhenUnreadable):
        at = read_when(typed, now=_NOW, zone=_ZONE)
        assert at > _NOW
        assert at.utcoffset() is not None
        assert at.year <= _NOW.year + _LIFETIME or re.search(r"\d{3}", typed)
    with suppress(WhenUnreadable):
        day = read_day(typed, now=_NOW, zone=_ZONE)
        assert day <= _NOW.astimezone(_ZONE).date()
        assert day.year >= _NOW.year - _LIFETIME or re.search(r"\d{3}", typed)


def csv(given: bytes) -> None:
    """Read a file of people; it has no more rows than lines."""
    with suppress(BadFile):
        sheet = read_sheet("people.csv", given, _BOUNDS)
        assert len(sheet.rows) <= given.count(b"\n") + given.count(b"\r") + 1


def custom_id(given: bytes) -> None:
    """Unpack the ids of a Discord control and a Slack select; packed again, the first is the same action."""
    packed = given.decode(errors="replace")
    with suppress(UnreadableAction):
        control = discord_ids.read(packed)
        with suppress(ValueError):  # packed again, it may be too long
            assert discord_ids.read(control.pack()) == control
    with suppress(UnreadableAction):
        slack_ids.chosen_action(packed, "value")


TARGETS: dict[str, Callable[[bytes], None]] = {
    one.__name__: one for one in (command, code, date, csv, custom_id)
}
# Inputs that a fuzzer starts from: valid ones, and nearly valid ones.
SEEDS: dict[str, tuple[bytes, ...]] = {
    "command": (
        b'/invite create role:Staff uses:5 note:"a b"',
        b"/join ABCD-EFGH-JKMNP",
        b"/scholl edit",
        b'/join X Oak "',
    ),
    "code": (b"ABCD-EFGH-JKMNP", b"https://door.example.org/i/0123456789abcdefghijkl"),
    "date": (
        *(b"Friday 17:00", b"7d", b"2027-01-31", b"in 3 weeks", b"2026-11-01 01:30"),
        *(b"31.12.26", b"8 Jan 16h", b"3 days from 13/1/2027", b"tomorrow 8 pm", b"24.-26.12."),
    ),
    "csv": (
        b"email,first,last\na@b.org,A,B\n",
        b"\xff\xfee\x00m\x00a\x00i\x00l\x00",
        b'"email";"first\nx"\n',
    ),
    "custom_id": (
        b"run:request approve?request=1#role",
        b"ask:invite create",
        b"homeroom:select:1:role:run:x?y=1",
    ),
}

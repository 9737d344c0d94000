"""Times as people type them: `7d`, `Friday 17:00`, `2027-01-31`."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.chat import zones
from bot.chat.time_words import NEAR, WEEKDAY, is_in_either_half, is_in_either_night, rewritten

_PART = r"(\d{1,4})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)"
_SPAN = re.compile(rf"(?:in\s+)?{_PART}(?:[\s,]*(?:and\s+)?{_PART})*", re.IGNORECASE)
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_IN_SHORT = re.compile(r"in\s+(\d{1,3})\s*h\s*([0-5]\d)", re.IGNORECASE)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
_UNIT = r"(?:[hdwy]|hours?|days?|weeks?|months?)\b"  # it follows a fraction, too, as in 1.5 days
# A day and a month in numbers, with or without a year; not a span such as 1.5 days, and not a time of day.
_NUMBERS = re.compile(
    r"(?<![\d:/.-])(\d{1,2})([/.-])(\d{1,2})(?:\2\d{2,4})?"
    rf"(?![\d:]|\s*(?:{_UNIT}|[ap]\.?m\b))",
    re.IGNORECASE,
)
_MONTHS, _CENTURY = 12, 100
# The parser ignores what it cannot read next to a day, and takes a part of a range.
_NEAR_ALONE = re.compile(
    r"(?:(?:by|on)\s+)?(?:the\s+)?(?:day\s+(?:after|before)\s+)?(?:today|tonight|tomorrow|yesterday)[\s.!]*",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(?<![\d:-])\d{1,2}\.?\s*-\s*\d{1,2}(?![\d:-])")
_DATED = re.compile(
    rf"\d(?:[/-]|\.(?!\d+\s*{_UNIT}))\d|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE
)
# An hour as much of Europe writes it, such as 16h30; alone, or after in, for or after, it is a span.
_HOUR = re.compile(
    r"(?<![\d:.,+-])(?<!\bin )(?<!\bfor )(?<!\bafter )([01]?\d|2[0-3])\s?h([0-5]\d)?(?![\w:])",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\d\s*[mhdwy]\b|\b(?:minute|hour|day|week|month|year)s?\b|\d\s*mins?\b", re.IGNORECASE)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A lone number or letter is no time, although the parser would make some day of it.
_TOO_LITTLE = re.compile(r".{0,2}|(?!\d{1,2}-\d{1,2}-\d{4}$)[\d\s+-]+", re.DOTALL)
_LONGEST = 60
# Farther away, the year is mistyped. (The last day of 9999 also overflows in zones ahead of UTC.)
_FARTHEST = timedelta(days=36_525)
# The time of day if only a day is given: when something ends that day, and when something is done that day.
END_OF_DAY = time(23, 59, 59)
MORNING = time(9)


class WhenUnreadable(ValueError):
    """A text cannot be used as a time; the message is to follow the option's name in a sentence."""


class _TwoDays(ValueError):
    """A text that may mean two different days."""


class _TwoHalves(ValueError):
    """An hour that may be in the morning or in the evening."""


def read_when(typed: str, *, now: datetime, zone: ZoneInfo, of_day: time = END_OF_DAY) -> datetime:
    """Read a future time, in `zone` unless the text names one; return it in UTC.

    If only a day is given, the time of day is `of_day`. Raises `WhenUnreadable`.
    """
    text = rewritten(typed.strip()) if len(typed) <= _LONGEST else typed
    shown = f"“{typed[:_LONGEST]}”"
    try:
        text, named = zones.split(text)
        at = _span(text, now) or _calendar(text, now, named or zone, of_day)
    except _TwoDays:
        raise WhenUnreadable(f"could mean two days: {shown}") from None
    except _TwoHalves:
        raise WhenUnreadable(f"could be in the morning or in the evening: {shown}") from None
    except (ValueError, OverflowError):  # no such day, or one that no calendar has
        at = None
    if at is None:
        raise WhenUnreadable(f"cannot be read as a time: {shown}")
    if at <= now:
        raise WhenUnreadable(f"lies in the past: {shown}")
    if at > now + _FARTHEST:
        raise WhenUnreadable(f"is more than 100 years away: {shown}")
    return at


def read_day(typed: str, *, now: datetime, zone: ZoneInfo, ends: bool = False) -> date:
    """Read a date, today or earlier, in `zone`; `30d` means 30 days ago. Raises `WhenUnreadable`.

    If the day `ends` a span of days, a later one means today.
    """
    text = rewritten(typed.strip()) if len(typed) <= _LONGEST else typed
    shown = f"“{typed[:_LONGEST]}”"
    try:
        ahead = _span(text, now)
        at = now - (ahead - now) if ahead else _calendar(text, now, zone, END_OF_DAY, prefer="past")
    except _TwoDays:
        raise WhenUnreadable(f"could mean two days: {shown}") from None
    except (ValueError, OverflowError):  # no such day, or one that no calendar has
        at = None
    if at is None:
        raise WhenUnreadable(f"cannot be read as a day: {shown}")
    day, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if day > today and not ends:
        raise WhenUnreadable(f"lies in the future: {shown}")
    return min(day, today)


def _refuse_unclear(text: str) -> None:
    """Raise `_TwoDays` or `_TwoHalves` for a text that may mean two times."""
    if _has_two_meanings(text) or is_in_either_night(text):
        raise _TwoDays
    if is_in_either_half(text):
        raise _TwoHalves


def _has_two_meanings(text: str) -> bool:
    numbers = _NUMBERS.search(text)
    if numbers is None:
        return False
    first, second = int(numbers[1]), int(numbers[3])
    return first != second and min(first, second) >= 1 and max(first, second) <= _MONTHS


def is_ready(typed: str) -> bool:
    """Tell whether a time can be read without waiting for `load`: a span always can."""
    return load.cache_info().currsize > 0 or _SPAN.fullmatch(typed.strip()) is not None


@cache
def load() -> None:
    """Load the date parser, which takes half a second: call it on a thread."""
    _parsed("1 January 2030", datetime(2029, 1, 1), "future")  # noqa: DTZ001 - `_parsed` takes local times


def _span(text: str, now: datetime) -> datetime | None:
    if short := _IN_SHORT.fullmatch(text):
        return now + timedelta(hours=int(short[1]), minutes=int(short[2]))
    if _SPAN.fullmatch(text) is None:
        return None
    parts = re.findall(_PART, text, re.IGNORECASE)
    return now + sum((int(number) * _UNITS[unit[0].lower()] for number, unit in parts), timedelta())


def _calendar(
    text: str, now: datetime, zone: ZoneInfo, of_day: time, *, prefer: str = "future"
) -> datetime | None:
    _refuse_unclear(text)
    if not text.isascii():
        return None  # the parser would pass over what it cannot read
    if iso := _ISO_DAY.match(text):
        date.fromisoformat(iso[0])  # raises; the parser would read 2027-13-01 as the 13th of January
    elif len(text) > _LONGEST or _TOO_LITTLE.fullmatch(text):
        return None
    text = _with_hours(text)
    data = _parsed(text, now.astimezone(zone).replace(tzinfo=None), prefer)
    found = _in_its_century(text, data.date_obj, now)
    if found is None or _is_several(text) or not _says_all(text, found, data.period):
        return None
    if _is_another_weekday(text, found):
        if _DATED.search(text):
            raise _TwoDays
        return None
    if data.period == "day":
        found = datetime.combine(found, of_day, found.tzinfo)
    elif data.period in {"week", "month", "year"} and found.time() == time():
        return None  # only a month or a year was named; a span of months would have a time of day
    aware = found if found.tzinfo else found.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def _with_hours(text: str) -> str:
    """Rewrite 16h and 16h30 next to a day as 16:00 and 16:30."""
    beside_a_day = any(one.search(text) for one in (_DATED, WEEKDAY, NEAR))
    return _HOUR.sub(lambda hour: f"{hour[1]}:{hour[2] or '00'}", text) if beside_a_day else text


def _is_several(text: str) -> bool:
    """Tell whether the text is a range, or a span next to a date; the parser would take only one part."""
    return bool(_RANGE.search(text) or (_DATED.search(text) and _COUNTED.search(text)))


def _in_its_century(text: str, found: datetime | None, now: datetime) -> datetime | None:
    """Move a date whose year was typed with two digits to the nearest such year, which may be past."""
    if found is None or str(found.year) in text or abs(found.year - now.year) <= _CENTURY // 2:
        return found
    return found.replace(year=found.year + (_CENTURY if found.year < now.year else -_CENTURY))


def _says_all(text: str, found: datetime, period: str) -> bool:
    """Tell whether the parser read everything next to a word like tomorrow, as the 5 in “tomorrow at 5”."""
    if not NEAR.search(text):
        return True
    if period == "day":
        return bool(_NEAR_ALONE.fullmatch(text))
    clock = {found.hour, found.hour % 12 or 12, found.minute, found.second}
    return {int(number) for number in re.findall(r"\d+", text)} <= clock


def _is_another_weekday(text: str, found: datetime) -> bool:
    """Tell whether the text names another day of the week than the date's: one of them is mistyped."""
    named = {_WEEK.index(name.lower()) for name in WEEKDAY.findall(text)}
    return bool(named) and named != {found.weekday()}


def _parsed(text: str, local: datetime, prefer: str) -> Any:
    from dateparser.date import DateDataParser  # noqa: PLC0415 - slow to import, and few people type dates

    settings = {"PREFER_DATES_FROM": prefer, "RELATIVE_BASE": local, "RETURN_TIME_AS_PERIOD": True}
    return DateDataParser(languages=["en"], settings=settings).get_date_data(text)

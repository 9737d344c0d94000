"""A school's holidays, as people write them: `2026-12-21 to 2027-01-06`, `Dec 21 to Jan 6`, `1 May 2027`."""

import re
from calendar import isleap
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from bot.core.errors import BadValue, OptionName
from bot.core.values import dataclass

MOST_HOLIDAYS = 40
_EXAMPLE = "2026-12-21 to 2027-01-06, 2027-05-01"
_LONGEST = 100
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_LEAP_YEARS = 8  # from one to the next, if a century is between them
# The year behind the comma of “December 21, 2026” belongs to the day before it.
_PARTS = re.compile(r"[;\n]|,(?!\s*\d{4}(?![-\d]))")
_BETWEEN = re.compile(
    r"\s+(?:to|until|till|through|bis|-|\u2013)\s+|(?<=\.\d{4})\s*[-\u2013]\s*|\s*[-\u2013]\s*(?=[a-z])",
    re.IGNORECASE,
)
_MONTH = r"(?P<name>[a-z]{3,9})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s*(?P<year>\d{4}))?"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})",
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})?",
        r"(?P<either>\d{1,2})/(?P<other>\d{1,2})(?:/(?P<year>\d{4}))?",
        rf"{_MONTH}\s*{_DAY}{_YEAR}",
        rf"{_DAY}\.?\s*(?:of\s+)?{_MONTH}{_YEAR}",
    )
)


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    """A span of days off, first and last included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        """Tell whether a day is in the span."""
        return self.first <= day <= self.last

    def __str__(self) -> str:
        """Return the span as it can be typed: one date, or `first to last`."""
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"


class _TwoDays(ValueError):
    """Numbers that may be a day and a month, or a month and a day."""


class _Day(NamedTuple):
    """A date as it was typed: perhaps without a year."""

    year: int | None
    month: int
    day: int

    def within(self, years: Iterable[int], *, since: date = date.min, until: date = date.max) -> date:
        """Return this date in its year, or in the first of `years` in which it is within bounds.

        Raises `ValueError` if there is no such day.
        """
        if self.year is not None:
            return date(self.year, self.month, self.day)
        for year in years:
            leap = (self.month, self.day) != (2, 29) or isleap(year)
            if leap and since <= (found := date(year, self.month, self.day)) <= until:
                return found
        raise ValueError(self)


def read_holidays(typed: str, option: OptionName, today: date) -> tuple[Holiday, ...]:
    """Read dates and spans of dates, separated by commas or line ends; merges adjacent spans.

    Without a year, the next such day from `today` is meant.
    """
    found = sorted(_holiday(part.strip(), option, today) for part in _PARTS.split(typed) if part.strip())
    joined: list[Holiday] = []
    for one in found:
        if joined and one.first <= joined[-1].last + timedelta(days=1):
            joined[-1] = Holiday(joined[-1].first, max(joined[-1].last, one.last))
        else:
            joined.append(one)
    if len(joined) > MOST_HOLIDAYS:
        raise BadValue(option, f"are {len(joined)} spans of days; {MOST_HOLIDAYS} are the most")
    return tuple(joined)


def _holiday(typed: str, option: OptionName, today: date) -> Holiday:
    first, *rest = _BETWEEN.split(typed, maxsplit=1)
    try:
        span = _span(_read(first), _read(rest[0]) if rest else None, today)
    except _TwoDays:
        raise BadValue(option, f"could mean two days: “{typed[:40]}”", _EXAMPLE) from None
    except ValueError:
        raise BadValue(option, f"has no date in “{typed[:40]}”", _EXAMPLE) from None
    if span.last < span.first:
        raise BadValue(option, f"ends before it begins: “{typed[:40]}”", _EXAMPLE)
    if span.last - span.first >= timedelta(days=_LONGEST):
        raise BadValue(option, f"is longer than {_LONGEST} days: “{typed[:40]}”", _EXAMPLE)
    return span


def _span(first: _Day, last: _Day | None, today: date) -> Holiday:
    since = today if first.year is None else first.within(())
    ends = (last or first).within(range(since.year, since.year + _LEAP_YEARS + 1), since=since)
    # Dec 21 to Jan 6 may be typed on the 28th of December, when it has begun already.
    begins = first.within((ends.year, ends.year - 1), until=ends)
    return Holiday(begins, ends)


def _read(typed: str) -> _Day:
    for form in _FORMS:
        if match := form.fullmatch(typed):
            said = match.groupdict()
            year = int(said["year"]) if said["year"] else None
            if "name" in said:
                return _Day(year, _month(said["name"]), int(said["day"]))
            if "either" in said:
                return _Day(year, *_month_and_day(int(said["either"]), int(said["other"])))
            return _Day(year, int(said["month"]), int(said["day"]))
    raise ValueError(typed)


def _month(name: str) -> int:
    """Return the number of the month that a name begins."""
    found = [number for number, one in enumerate(_MONTHS, 1) if one.startswith(name.casefold())]
    if len(found) != 1:
        raise ValueError(name)
    return found[0]


def _month_and_day(one: int, two: int) -> tuple[int, int]:
    """Tell which of two numbers is the month: people in some countries write it first."""
    if one != two and max(one, two) <= len(_MONTHS):
        raise _TwoDays
    return (two, one) if one > len(_MONTHS) else (one, two)

"""A school's calendar: local times, days of the week, and when its digest is due."""

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.core.errors import BadValue, OptionName
from bot.core.schools.holidays import Holiday

# How many days ahead to search for a school day; without one, there is no digest.
_LOOK_AHEAD = 400
# A digest that is later than this is skipped: for most people its day is over.
LATEST_DIGEST = timedelta(hours=12)


class Weekday(StrEnum):
    """A day of the week, Monday first."""

    MON = "Mon"
    TUE = "Tue"
    WED = "Wed"
    THU = "Thu"
    FRI = "Fri"
    SAT = "Sat"
    SUN = "Sun"


WEEK = tuple(Weekday)
WORKDAYS = WEEK[:5]


# 7:30, 7.30, 7h30, 7, 7 am, 7:30 p.m., 19 Uhr.
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(?:(?P<half>[ap])\.?m\.?|h|uhr|o.clock)?", re.IGNORECASE)
_NOON = 12


def read_time(typed: str, option: OptionName) -> time:
    """Read a time of day such as 7:30 or 7 pm; refuses anything else."""
    match = _TIME.fullmatch(typed.strip())
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (-1, 0)
    if match and match["half"]:
        hour = hour % _NOON + (_NOON if match["half"].casefold() == "p" else 0) if 0 < hour <= _NOON else -1
    if 0 <= hour < 24 and minute < 60:  # noqa: PLR2004 - a day's hours
        return time(hour, minute)
    raise BadValue(option, f"is no time of day: “{typed[:40]}”", "7:30")


def read_days(typed: str, option: OptionName) -> tuple[Weekday, ...]:
    """Read days of the week such as `Mon-Fri`, `Mon to Fri`, `weekdays` or `Mon, Wed`.

    A range may wrap around, as in `Sun-Thu`.
    """
    found: set[Weekday] = set()
    said = " ".join(typed.split())
    for part in _BETWEEN_PARTS.split(_UNTIL.sub("-", _SPANS.get(said.casefold(), said))):
        first, dash, last = part.partition("-")
        start = _day(first, option)
        end = _day(last, option) if dash else start
        while start is not end:
            found.add(start)
            start = WEEK[(WEEK.index(start) + 1) % len(WEEK)]
        found.add(end)
    return tuple(sorted(found, key=WEEK.index))


def _day(typed: str, option: OptionName) -> Weekday:
    wanted = typed.strip().casefold()
    for day, name in _NAMES.items():
        if len(wanted) >= len(day.value) and name.startswith(wanted):
            return day
    raise BadValue(option, f"has no day of the week in “{typed[:40]}”", "Mon-Fri")


# What people write for these days, and what joins two days to a range, or days to a list.
_SPANS = dict.fromkeys(("weekdays", "workdays", "school days"), "mon-fri")
_SPANS |= dict.fromkeys(("daily", "every day", "all"), "mon-sun")
_UNTIL = re.compile(r"\s*[-\u2013]\s*|\s+(?:to|through|until)\s+", re.IGNORECASE)
_BETWEEN_PARTS = re.compile(r"(?:[,;\s]|\band\b)+", re.IGNORECASE)
_NAMES = {
    Weekday.MON: "monday",
    Weekday.TUE: "tuesday",
    Weekday.WED: "wednesday",
    Weekday.THU: "thursday",
    Weekday.FRI: "friday",
    Weekday.SAT: "saturday",
    Weekday.SUN: "sunday",
}


def shown_days(days: tuple[Weekday, ...]) -> str:
    """Write days of the week as people do; three or more in a row become a range such as `Mon-Fri`."""
    rows: list[list[Weekday]] = []
    for day in days:
        if rows and WEEK.index(day) == WEEK.index(rows[-1][-1]) + 1:
            rows[-1].append(day)
        else:
            rows.append([day])
    return ", ".join(f"{row[0]}-{row[-1]}" if len(row) > 2 else ", ".join(row) for row in rows)  # noqa: PLR2004


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the UTC moment at which clocks in a zone first show a time on a day.

    A time skipped by the change to summer time comes as much later as the clock is put forward; of a time
    that occurs twice in autumn, the first counts.
    """
    return datetime.combine(day, at, zone).astimezone(UTC)


def next_digest(
    at: time | None,
    days: tuple[Weekday, ...],
    holidays: tuple[Holiday, ...],
    zone: ZoneInfo,
    now: datetime,
) -> datetime | None:
    """Return the next moment after `now` when a digest is due; None if there is none."""
    if at is None:
        return None
    today = now.astimezone(zone).date()
    for ahead in range(-1, _LOOK_AHEAD):  # a time skipped at midnight falls on the next day
        day = today + timedelta(days=ahead)
        if _has_digest(day, days, holidays) and (due := moment_of(day, at, zone)) > now:
            return due
    return None


def digest_day(
    at: time | None,
    days: tuple[Weekday, ...],
    holidays: tuple[Holiday, ...],
    zone: ZoneInfo,
    since: datetime,
    now: datetime,
) -> date | None:
    """Return the local day whose digest came due after `since` and is not yet too late; None if none is."""
    if at is None:
        return None
    today = now.astimezone(zone).date()
    for back in range(3):
        day = today - timedelta(days=back)
        due = moment_of(day, at, zone)
        if _has_digest(day, days, holidays) and max(since, now - LATEST_DIGEST) < due <= now:
            return day
    return None


def day_off_ends(
    days: tuple[Weekday, ...], holidays: tuple[Holiday, ...], zone: ZoneInfo, now: datetime
) -> datetime | None:
    """Return this time of day on the next day that is not off; None if today is not.

    Holidays are off, and so are Saturdays and Sundays, except those that are among the digest's `days`. Where
    these have a Sunday and no Friday, Fridays are off.
    """
    local = now.astimezone(zone)
    sunday_first = Weekday.SUN in days and Weekday.FRI not in days
    work = (*days, *(WORKDAYS[:-1] if sunday_first else WORKDAYS))
    for ahead in range(_LOOK_AHEAD):
        day = local.date() + timedelta(days=ahead)
        if _has_digest(day, work, holidays):
            return moment_of(day, local.time(), zone) if ahead else None
    return None


def _has_digest(day: date, days: tuple[Weekday, ...], holidays: tuple[Holiday, ...]) -> bool:
    return WEEK[day.weekday()] in days and not any(day in one for one in holidays)

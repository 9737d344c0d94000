"""Times as people type them: `7d`, `Friday 17:00`, `2027-01-31`."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_SPAN = re.compile(r"(?:in\s+)?(\d{1,4})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)", re.IGNORECASE)
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_DAY_ALONE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST = 60


class WhenUnreadable(ValueError):
    """Not a time that can be used; the message says why, to follow the option's name."""


def read_when(typed: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """Read a future moment, local times in `zone`; return it in UTC.

    A day without a time of day means its end. Raises `WhenUnreadable`.
    """
    at = _span(typed, now) or _calendar(typed, now, zone)
    if at is None:
        raise WhenUnreadable(f"cannot be read as a time: “{typed[:_LONGEST]}”")
    if at <= now:
        raise WhenUnreadable(f"lies in the past: “{typed[:_LONGEST]}”")
    return at


def _span(typed: str, now: datetime) -> datetime | None:
    match = _SPAN.fullmatch(typed.strip())
    if match is None:
        return None
    return now + int(match[1]) * _UNITS[match[2][0].lower()]


def _calendar(typed: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    if len(typed) > _LONGEST:
        return None
    local = now.astimezone(zone).replace(tzinfo=None)
    text = typed.strip()
    if _DAY_ALONE.fullmatch(text):
        text += " 23:59:59"
    import dateparser  # noqa: PLC0415 - slow to import, and few people type dates

    found: datetime | None = dateparser.parse(
        text,
        languages=["en"],
        settings={
            "PREFER_DATES_FROM": "future",
            "RELATIVE_BASE": local,
            "RETURN_AS_TIMEZONE_AWARE": False,
        },
    )
    if found is None:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=zone)
    return aware.astimezone(UTC)

"""Rewrites times that the date parser does not know or misreads into words that it reads correctly."""

import re
from collections.abc import Callable
from typing import TypeAlias
from unicodedata import normalize

_Said: TypeAlias = str | Callable[[re.Match[str]], str]

WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs?|ur)?(?:day)?\b", re.IGNORECASE)
NEAR = re.compile(r"\b(?:today|tonight|tomorrow|yesterday)\b", re.IGNORECASE)
_HOUR, _MINUTE = r"(?<![\d.:,/-])(0?\d|1\d|2[0-3])", r"([0-5]\d)(?![\d.:/-])"
_UNIT = r"(?:minute|hour|day|week|month|year)s?"
_MONTHS = 12


def _half(match: re.Match[str]) -> str:
    """Rewrite an hour in the morning, afternoon or evening with am or pm."""
    half = "am" if match[3].lower() == "morning" else "pm"
    return f"{match[1]}:{match[2] or '00'} {half}" if 1 <= int(match[1]) <= _MONTHS else match[0]


# What phones and word processors put in the place of a hyphen, an apostrophe and a slash.
_HYPHENS, _APOSTROPHES = "\u2010\u2011\u2012\u2013\u2014\u2212", "\u2018\u2019\u00b4`"
_ASCII = str.maketrans({**dict.fromkeys(_HYPHENS, "-"), **dict.fromkeys(_APOSTROPHES, "'")})
_FRACTION_SLASH = "\u2044"
_REWRITTEN: tuple[tuple[re.Pattern[str], _Said], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), said)
    for pattern, said in (
        (r"\b(?:tmrw|tmr|tmw|tmrow|2mor+ow?|2mrw|tom+or+ow?)\b", "tomorrow"),
        (r"^(\d{4})-(\d\d?)-(\d\d?)(?!\d)", lambda day: f"{day[1]}-{day[2]:0>2}-{day[3]:0>2}"),
        (r"\bmidday\b", "noon"),
        (r"\bweds\b", "Wed"),
        (r"\bthurs?\b", "Thu"),
        (r"^(?:until|till|til)\s+", ""),
        (r"\s+sharp$", ""),
        (r"\b(\d+)\s*wks?\b", r"\1 weeks"),
        (r"(?<![\d.,:])(\d{1,3}),(\d{1,2})\s*(?=(?:h|hours?|hrs?|d|days?|w|weeks?)\b)", r"\1.\2 "),
        (r"^(?:in\s+)?(?:half\s+an?|1/2)\s+hour$", "in 30 minutes"),
        (r"^(?:in\s+)?(\d{1,3})\s*(?:hours?|hrs?)\s+(?:and\s+)?([0-5]\d)$", r"in \1h\2"),
        (rf"\b({_UNIT})'?s?\s+time\b", r"\1"),
        (rf"^(.*\b{_UNIT})\s+from\s+(?:today|now)$", r"in \1"),
        (r"\bend\s+of\s+today\b", "today 23:59"),
        (r"\b(?:eod|end\s+of\s+(?:the\s+)?day)\b", "23:59"),
        (
            rf"{_HOUR}[.:]?([0-5]\d)?(?:\s*o'?\s?clock)?\s+(?:in\s+the\s+)?(morning|afternoon|evening)\b",
            _half,
        ),
        (rf"{_HOUR}[.:]{_MINUTE}\s*(?:uhr|o'?\s?clock)\b", r"\1:\2"),
        (rf"{_HOUR}\s*uhr\b", r"\1:00"),
        (rf"{_HOUR}\s*o'?\s?clock\s*(?=[ap]\.?m\b)", r"\1:00 "),
        (r"(?<![\d.:,/-])(1[3-9]|2[0-3])\s*o'?\s?clock\b", r"\1:00"),
        (r"(?<![\d.:,/-])([01]\d|2[0-3])([0-5]\d)\s*(?:h|hrs?|hours)\b", r"\1:\2"),
        (r"(?<![\d.:,/-])(\d{1,2})([ap])\b", r"\1 \2m"),
    )
)
_DOTTED = re.compile(rf"{_HOUR}\.{_MINUTE}")
# An hour from one to twelve, with nothing that says which half of the day it is in.
_SMALL_HOUR = r"(?:0?[1-9]|1[0-2])"
_EITHER_HALF = re.compile(
    rf".*(?<![\d.:,/-]){_SMALL_HOUR}\s*o'?\s?clock\b(?!\s*[ap]\.?m).*|(?:.*\s)?at\s+{_SMALL_HOUR}"
    rf"|(?:{WEEKDAY.pattern}|{NEAR.pattern})\s+{_SMALL_HOUR}",
    re.IGNORECASE | re.DOTALL,
)
_MIDNIGHT = re.compile(r"\bmidnight\b", re.IGNORECASE)


def rewritten(text: str) -> str:
    """Rewrite a typed time into words that the date parser reads correctly."""
    text = normalize("NFKC", text.translate(_ASCII)).replace(_FRACTION_SLASH, "/")
    for pattern, said in _REWRITTEN:
        text = pattern.sub(said, text)
    return _DOTTED.sub(lambda match: _clock(match, text), text)


def _clock(match: re.Match[str], text: str) -> str:
    """Rewrite 9.30 as 9:30 next to a day, if it cannot be a date itself."""
    beside_weekday = WEEKDAY.search(text) and not 1 <= int(match[2]) <= _MONTHS
    return f"{match[1]}:{match[2]}" if NEAR.search(text) or beside_weekday else match[0]


def is_in_either_half(text: str) -> bool:
    """Tell whether the text has an hour that may be in the morning or in the evening."""
    return _EITHER_HALF.fullmatch(text) is not None


def is_in_either_night(text: str) -> bool:
    """Tell whether the text says midnight of some day, which may be its beginning or its end."""
    beside_a_day = WEEKDAY.search(text) or NEAR.search(text) or re.search(r"\d", text)
    return bool(_MIDNIGHT.search(text) and beside_a_day)

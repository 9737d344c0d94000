"""Abbreviations of time zones as people use them: for the local clock, in summer and in winter alike."""

import re
from zoneinfo import ZoneInfo

# In the United States. The time zone database has its own EST and MST, but without summer time: with them,
# everything would happen an hour late for half of the year.
AMERICAN = {
    word: zone
    for zone, words in {
        "America/New_York": ("et", "est", "edt", "eastern", "eastern_time"),
        "America/Chicago": ("ct", "cst", "cdt", "central", "central_time"),
        "America/Denver": ("mt", "mst", "mdt", "mountain", "mountain_time"),
        "America/Los_Angeles": ("pt", "pst", "pdt", "pacific", "pacific_time"),
    }.items()
    for word in words
}
_EUROPEAN = {
    "wet": "Europe/Lisbon",
    "west": "Europe/Lisbon",
    "bst": "Europe/London",
    "cet": "Europe/Brussels",
    "cest": "Europe/Brussels",
    "mez": "Europe/Berlin",
    "mesz": "Europe/Berlin",
    "eet": "Europe/Athens",
    "eest": "Europe/Athens",
}
# Ambiguous: Indian, Irish or Israel Standard Time.
_UNSURE = {"ist"}
_AFTER_A_TIME = re.compile(
    r"(.*(?:\d\S*(?:\s*[ap]\.?m\.?)?|\bnoon|\bmidnight))\s+\(?([a-z]+(?: time)?)\)?",
    re.IGNORECASE | re.DOTALL,
)


def split(typed: str) -> tuple[str, ZoneInfo | None]:
    """Split a zone's abbreviation off the end of a typed time; raise `ValueError` if it is ambiguous."""
    match = _AFTER_A_TIME.fullmatch(typed.strip())
    word = match[2].casefold().replace(" ", "_") if match else ""
    if word in _UNSURE:
        raise ValueError(word)
    zone = AMERICAN.get(word) or _EUROPEAN.get(word)
    return (match[1], ZoneInfo(zone)) if match and zone else (typed, None)

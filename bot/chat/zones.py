"""Time zones as people call them: by words that mean the clocks there, in summer and in winter."""

import re
from zoneinfo import ZoneInfo

# What people in the United States call theirs. The database of zones has an EST and an MST too, without
# summer time: everything would come an hour late for half a year.
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
# India's, Ireland's or Israel's.
_UNSURE = {"ist"}
_AFTER_A_TIME = re.compile(
    r"(.*\d\S*(?:\s*[ap]\.?m\.?)?)\s+\(?([a-z]+(?: time)?)\)?", re.IGNORECASE | re.DOTALL
)


def split(typed: str) -> tuple[str, ZoneInfo | None]:
    """Take from a time the zone that is named after it; raises ValueError where that may be several."""
    match = _AFTER_A_TIME.fullmatch(typed.strip())
    word = match[2].casefold().replace(" ", "_") if match else ""
    if word in _UNSURE:
        raise ValueError(word)
    zone = AMERICAN.get(word) or _EUROPEAN.get(word)
    return (match[1], ZoneInfo(zone)) if match and zone else (typed, None)

"""What the index of parts is asked for a word that somebody looks for."""

import re

from bot.core.name_matching import fold_name

# What the index of parts knows are three characters in a row; so many of a word tell it from most others.
_LETTERS, _MOST = 3, 6
# PostgreSQL knows letters and digits; asked for anything else it would be read as a whole.
_KNOWN = re.compile(rf"[^\W_]{{{_LETTERS}}}")


def asked_for(word: str) -> str:
    """Say what SQLite's index is asked for a word: as names have it, or else as addresses do."""
    ways = [" AND ".join(_told(one)) for one in dict.fromkeys((fold_name(word), word))]
    return "" if not all(ways) else ways[0] if len(ways) == 1 else f"(({ways[0]}) OR ({ways[1]}))"


def telling(word: str) -> str:
    """Return what tells a word from others: of an address what is before its @."""
    return word.partition("@")[0] if "@" in word[_LETTERS:] else word


def has_part(word: str) -> bool:
    """Tell whether PostgreSQL's index knows something of a word."""
    return all(_KNOWN.search(telling(one)) is not None for one in (word, fold_name(word)))


def _told(word: str) -> list[str]:
    """Choose parts of a word that tell it from others."""
    tells = telling(word)
    last = len(tells) - _LETTERS
    starts = dict.fromkeys(min(start, last) for start in range(0, len(tells), _LETTERS)) if last >= 0 else ()
    return [
        '"{}"'.format(tells[start : start + _LETTERS].replace('"', '""'))
        for start in starts
        if "\0" not in tells[start : start + _LETTERS]
    ][:_MOST]

"""Turns a searched word into a query for the trigram index."""

import re

from bot.core.name_matching import fold_name

# The index holds sequences of three characters; at most six of them tell a word from most others.
_LETTERS, _MOST = 3, 6
# PostgreSQL's index holds only letters and digits; for a word without three in a row it would be read whole.
_KNOWN = re.compile(rf"[^\W_]{{{_LETTERS}}}")


def fts_query(word: str) -> str:
    """Return SQLite's index query for a word, as it is spelt in names or in addresses; empty if too short."""
    ways = [" AND ".join(_quoted_trigrams(one)) for one in dict.fromkeys((fold_name(word), word))]
    return "" if not all(ways) else ways[0] if len(ways) == 1 else f"(({ways[0]}) OR ({ways[1]}))"


def distinctive_part(word: str) -> str:
    """Return the part of a word that tells it from others: of an address, the part before the @."""
    return word.partition("@")[0] if "@" in word[_LETTERS:] else word


def has_trigram(word: str) -> bool:
    """Return whether PostgreSQL's index can answer for a word."""
    return all(_KNOWN.search(distinctive_part(one)) is not None for one in (word, fold_name(word)))


def _quoted_trigrams(word: str) -> list[str]:
    """Return the quoted trigrams by which a word is searched for; none if it is too short."""
    tells = distinctive_part(word)
    last = len(tells) - _LETTERS
    starts = dict.fromkeys(min(start, last) for start in range(0, len(tells), _LETTERS)) if last >= 0 else ()
    return [
        '"{}"'.format(tells[start : start + _LETTERS].replace('"', '""'))
        for start in starts
        if "\0" not in tells[start : start + _LETTERS]
    ][:_MOST]

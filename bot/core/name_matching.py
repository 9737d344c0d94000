"""How names are compared and put in order: without regard to case, accents, and how a mark is drawn.

Whoever looks for Núñez may have no key for it, and phones type the apostrophe of O'Brien in their own way.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Protocol, TypeVar

# The accents of Latin, Greek and Cyrillic letters; marks of other writings make other letters.
_ACCENTS = re.compile("[\u0300-\u036f]")
# Letters that are none with an accent, though people write them so; apostrophes and dashes.
_WRITTEN = str.maketrans(
    dict(zip("łøđð\u0131", "loddi", strict=True))
    | {"þ": "th", "æ": "ae", "œ": "oe"}
    | dict.fromkeys("\u2018\u2019\u02bc\u02bb", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013", "-")
)


class Named(Protocol):
    """Whoever has a name."""

    @property
    def name(self) -> str:
        """What they are called."""
        ...


T = TypeVar("T", bound=Named)


def fold_name(name: str) -> str:
    """Write a name so that it is the same text as those that are taken for it."""
    folded = name.casefold()
    if folded.isascii():
        return folded
    plain = unicodedata.normalize("NFD", folded.translate(_WRITTEN))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", plain))


def matching(found: Iterable[T], typed: str) -> list[T]:
    """Choose those who are meant by a name; of lists people copy “Novak, Nia”.

    A name that is typed with its accents means whoever has these; one without them may mean either, for in
    chats people choose what they are called.
    """
    last, _, first = typed.partition(",")
    written = {fold_name(typed), fold_name(f"{first.strip()} {last.strip()}".strip())}
    named = [one for one in found if fold_name(one.name.removeprefix("@")) in written]
    if fold_name(typed) == typed.casefold():
        return named
    return [one for one in named if one.name.casefold() == typed.casefold()] or named

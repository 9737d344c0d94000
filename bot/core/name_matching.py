"""How names are compared and sorted: ignoring case, accents, and variants of apostrophes and dashes.

Somebody who searches for Núñez may be unable to type it, and phones type the apostrophe of O'Brien in their
own way.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Protocol, TypeVar

# The accents of Latin, Greek and Cyrillic letters. Combining marks of other scripts make different letters.
_ACCENTS = re.compile("[\u0300-\u036f]")
# Letters that do not decompose into a base letter and an accent; and variants of apostrophes and dashes.
_WRITTEN = str.maketrans(
    dict(zip("łøđð\u0131", "loddi", strict=True))
    | {"þ": "th", "æ": "ae", "œ": "oe"}
    | dict.fromkeys("\u2018\u2019\u02bc\u02bb", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013", "-")
)


class Named(Protocol):
    """A person, or an entry about one, with a name."""

    @property
    def name(self) -> str:
        """The person's name."""
        ...


T = TypeVar("T", bound=Named)


def fold_name(name: str) -> str:
    """Return a name in the form in which names are compared."""
    folded = name.casefold()
    if folded.isascii():
        return folded
    plain = unicodedata.normalize("NFD", folded.translate(_WRITTEN))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", plain))


def matching(found: Iterable[T], typed: str) -> list[T]:
    """Return the entries that a typed name may mean; “Novak, Nia”, as copied from lists, means Nia Novak.

    A name typed with accents means those who are written exactly so, if there are any. One typed without
    accents may mean names with or without them, since in chats people choose how their names are written.
    """
    last, _, first = typed.partition(",")
    written = {fold_name(typed), fold_name(f"{first.strip()} {last.strip()}".strip())}
    named = [one for one in found if fold_name(one.name.removeprefix("@")) in written]
    if fold_name(typed) == typed.casefold():
        return named
    return [one for one in named if one.name.casefold() == typed.casefold()] or named

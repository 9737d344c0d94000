"""How names are compared and sorted: ignoring case, accents, apostrophes and variants of dashes.

Somebody who searches for Núñez may be unable to type it, phones type the apostrophe of O'Brien in their own
way, and people in a hurry leave it out.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Protocol, TypeVar

# Apostrophes; the accents of Latin, Greek and Cyrillic letters; and what people may leave out when they write
# Hebrew or Arabic: points, vowels, hamza and madda, kashidas. Marks of other scripts make different letters.
_LEFT_OUT = re.compile(
    "['\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u200c]"
)
_APOSTROPHES = "\u00b4\u2018\u2019\u02bc\u02bb\u05f3"
# Letters that do not decompose into a base letter and an accent; Arabic letters that keyboards of other
# countries have in another form, or that people write in either; and variants of apostrophes (some are
# accents on their own) and dashes.
_WRITTEN = str.maketrans(
    dict(zip("łøđð\u0131", "loddi", strict=True))
    | {"þ": "th", "æ": "ae", "œ": "oe"}
    | {"\u0671": "\u0627", "\u06a9": "\u0643", "\u0629": "\u0647"}
    | dict.fromkeys("\u0649\u06cc", "\u064a")
    | dict.fromkeys(_APOSTROPHES, "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u05be", "-")
)


class Named(Protocol):
    """A person, or an entry about one, with a name."""

    @property
    def name(self) -> str:
        """The person's name."""
        ...


T = TypeVar("T", bound=Named)
_NO_APOSTROPHES = str.maketrans("", "", f"'{_APOSTROPHES}")


def fold_name(name: str) -> str:
    """Return a name in the form in which names are compared; it is empty only if the name is."""
    folded = name.casefold()
    if folded.isascii():
        return folded.replace("'", "") or folded
    plain = unicodedata.normalize("NFD", folded.translate(_WRITTEN))
    return unicodedata.normalize("NFC", _LEFT_OUT.sub("", plain)) or folded


def matching(found: Iterable[T], typed: str) -> list[T]:
    """Return the entries that a typed name may mean; “Novak, Nia”, as copied from lists, means Nia Novak.

    A name typed with accents means those who are written exactly so, if there are any. One typed without
    accents may mean names with or without them, since in chats people choose how their names are written.
    """
    last, _, first = typed.partition(",")
    written = {fold_name(typed), fold_name(f"{first.strip()} {last.strip()}".strip())}
    named = [one for one in found if fold_name(one.name.removeprefix("@")) in written]
    exact = _with_accents(typed)
    if fold_name(typed) == exact:
        return named
    return [one for one in named if _with_accents(one.name) == exact] or named


def _with_accents(name: str) -> str:
    """Return a name as it is written, ignoring case and apostrophes, which each keyboard types in its way."""
    return name.casefold().translate(_NO_APOSTROPHES)

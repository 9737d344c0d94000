"""Lists as people type them: separated by `;`, `|` or line ends, or by commas if there is none of these."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")
_APART = re.compile(r"[;|\r\n]")
# A name is put together again from at most this many parts between commas, and has at most as many words.
_MOST_PARTS = 6


def single_spaced(typed: str) -> str:
    """Return a text with single spaces."""
    return " ".join(typed.split())


@lru_cache(maxsize=4096)
def split(typed: str) -> tuple[str, ...]:
    """Split a list into its parts. Keeps duplicates, which may be parts of two names."""
    parts = _APART.split(typed) if _APART.search(typed) else typed.split(",")
    return tuple(part for part in (single_spaced(one) for one in parts) if part)


@lru_cache(maxsize=4096)
def listed(typed: str) -> tuple[str, ...]:
    """Read a list, without duplicates."""
    return tuple(dict.fromkeys(split(typed)))


def beginnings(typed: str) -> Iterator[tuple[str, str]]:
    """Yield the name that a text may begin with, the longest first, and the words behind it."""
    words = typed.split()
    for number in range(min(len(words), _MOST_PARTS), 0, -1):
        yield " ".join(words[:number]), " ".join(words[number:])


def as_list(parts: Sequence[str]) -> str:
    """Write a list so that `listed` reads it back; a single name with a comma gets a `;` at the end."""
    text = "; ".join(parts)
    return f"{text};" if len(parts) == 1 and "," in text else text


def is_single_name(name: str) -> bool:
    """Tell whether a name in a written list is read back as one name."""
    return split(f"{name};") == (name,)


@lru_cache(maxsize=4096)
def normalized(typed: str) -> str:
    """Return a typed list in the form in which it is stored."""
    return as_list(listed(typed))


def named(parts: Sequence[str], find: Callable[[str], T | None]) -> Iterator[tuple[str, T | None]]:
    """Look up each name of a list; yield the names with what was found, or None.

    If a part alone is not found, it is joined with the parts after it: the name itself may have commas.
    """
    rest = list(parts)
    while rest:
        one, used = find(rest[0]), 1
        most = min(len(rest), _MOST_PARTS) if one is None else 1
        while one is None and used < most:
            used += 1
            one = find(", ".join(rest[:used]))
        used = 1 if one is None else used
        yield ", ".join(rest[:used]), one
        rest = rest[used:]

"""Lists as people type them: apart by `;`, `|` or line ends, or where there is none of these by commas."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")
_APART = re.compile(r"[;|\r\n]")
# Commas divide a name into so many parts at most.
_MOST_PARTS = 6


def spaced(typed: str) -> str:
    """Write a text with single spaces."""
    return " ".join(typed.split())


@lru_cache(maxsize=4096)
def apart(typed: str) -> tuple[str, ...]:
    """Divide a list into what stands in it, doubles too: they may be parts of two names."""
    parts = _APART.split(typed) if _APART.search(typed) else typed.split(",")
    return tuple(part for part in (spaced(one) for one in parts) if part)


@lru_cache(maxsize=4096)
def listed(typed: str) -> tuple[str, ...]:
    """Read a list, each thing once."""
    return tuple(dict.fromkeys(apart(typed)))


def as_list(parts: Sequence[str]) -> str:
    """Write a list so that `listed` reads it back; one that has a comma has an end too."""
    text = "; ".join(parts)
    return f"{text};" if len(parts) == 1 and "," in text else text


def is_one(name: str) -> bool:
    """Tell whether a name that stands in a written list is read as one."""
    return apart(f"{name};") == (name,)


@lru_cache(maxsize=4096)
def relisted(typed: str) -> str:
    """Write a list as it is stored."""
    return as_list(listed(typed))


def named(parts: Sequence[str], find: Callable[[str], T | None]) -> list[tuple[str, T | None]]:
    """Find what a list names, with each name; None where it names nothing.

    A name that has a comma itself is put together again, where its first part alone names nothing.
    """
    found, rest = [], list(parts)
    while rest:
        one, used = find(rest[0]), 1
        most = min(len(rest), _MOST_PARTS) if one is None else 1
        while one is None and used < most:
            used += 1
            one = find(", ".join(rest[:used]))
        used = 1 if one is None else used
        found.append((", ".join(rest[:used]), one))
        rest = rest[used:]
    return found

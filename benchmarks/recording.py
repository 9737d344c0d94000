"""Statements of a real redemption, to be run again for other people."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ClauseElement, Engine, event

# An id (a ULID), or one of the people that a recording is made with.
_FRESH = re.compile(r"[0-9a-hjkmnp-tv-z]{26}|recorded-\d")

Values: TypeAlias = Any  # a tuple for a driver's statement, a mapping for SQLAlchemy's
Notes: TypeAlias = list[tuple[Any, Values]]
Fill: TypeAlias = Callable[[Sequence[str]], Values]


@dataclass(frozen=True, slots=True)
class Step:
    """A statement and how to make its values from fresh ids."""

    statement: Any
    fill: Fill
    reads: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """A redemption's statements, in their order; `fresh` is how many new ids it takes."""

    steps: tuple[Step, ...]
    fresh: int


@contextmanager
def driver_statements() -> Iterator[Notes]:
    """Note every statement as the driver gets it, with its values."""
    found: Notes = []

    def note(_: object, __: object, statement: str, values: Values, *rest: object) -> None:
        if statement.split()[0] in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
            found.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def core_statements() -> Iterator[Notes]:
    """Note every statement as SQLAlchemy Core gets it, with its values."""
    found: Notes = []

    def note(_: object, statement: ClauseElement, many: Any, one: Values, *rest: object) -> None:
        found.append((statement, dict(one or (many[0] if many else {}))))

    event.listen(Engine, "before_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_execute", note)


def recording(first: Notes, second: Notes) -> Recording:
    """Make a recording of the notes on two people's redemptions: what differs is fresh each time."""
    if [str(statement) for statement, _ in first] != [str(statement) for statement, _ in second]:
        raise ValueError("Two redemptions ran different statements")
    common = set(_ids(second))
    own = [fresh for fresh in dict.fromkeys(_ids(first)) if fresh not in common]
    places = {fresh: place for place, fresh in enumerate(own)}
    steps = [
        Step(statement, _filler(values, places), str(statement).startswith("SELECT")) for statement, values in first
    ]
    return Recording(tuple(steps), len(places))


def _ids(notes: Notes) -> Iterator[str]:
    for _, values in notes:
        for value in values.values() if isinstance(values, Mapping) else values:
            if isinstance(value, str):
                yield from _FRESH.findall(value)


def _filler(values: Values, places: Mapping[str, int]) -> Fill:
    """Make a function that puts fresh ids where the recorded ones were."""
    if isinstance(values, Mapping):
        inner = _filler(tuple(values.values()), places)
        names = tuple(values)
        return lambda fresh: dict(zip(names, inner(fresh), strict=True))
    holes = [(index, _hole(value, places)) for index, value in enumerate(values)]
    changing = [(index, hole) for index, hole in holes if hole is not None]

    def fill(fresh: Sequence[str]) -> tuple[Any, ...]:
        filled = list(values)
        for index, hole in changing:
            filled[index] = hole(fresh)
        return tuple(filled)

    return fill


def _hole(value: object, places: Mapping[str, int]) -> Callable[[Sequence[str]], str] | None:
    if not isinstance(value, str) or not any(fresh in places for fresh in _FRESH.findall(value)):
        return None
    if value in places:
        place = places[value]
        return lambda fresh: fresh[place]
    pieces = [piece for piece in re.split(f"({_FRESH.pattern})", value) if piece]
    parts = [(places.get(piece), piece) for piece in pieces]
    return lambda fresh: "".join(piece if place is None else fresh[place] for place, piece in parts)

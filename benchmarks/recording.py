"""Records the statements of a real redemption, and replays them for other people."""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any, ClassVar, Self, TypeAlias
from unittest.mock import patch

import aiosqlite
from sqlalchemy import ClauseElement, Connection, Engine, event

from bot.core.values import dataclass
from bot.storage.statements import Statement

_WORK = {"SELECT", "INSERT", "UPDATE", "DELETE"}
# The first redemption pays for what happens once; the other two show what differs between redemptions.
PEOPLE = ("recorded-0", "recorded-1", "recorded-2")
# An id (a ULID), or one of these people.
_FRESH = re.compile(r"\b[0-9a-hjkmnp-tv-z]{26}\b|recorded-\d")

Values: TypeAlias = Any  # a tuple for a driver's statement, a mapping for SQLAlchemy's
Notes: TypeAlias = list[tuple[Any, Values]]
Fill: TypeAlias = Callable[[Sequence[str], int], Values]


@dataclass(frozen=True, slots=True)
class Step:
    """A statement, and a function that makes its values from fresh ids and the number of the turn."""

    statement: Any
    fill: Fill
    reads: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """The statements of a redemption, in order; `fresh` is the number of new ids that each replay needs."""

    steps: tuple[Step, ...]
    fresh: int


class Replay:
    """Replays a recording any number of times, each time for another person."""

    def __init__(self, recording: Recording) -> None:
        """Start with the first turn of a recording."""
        self._recording = recording
        self._turns = count(1)

    def turn(self) -> list[tuple[Any, Values, bool]]:
        """Return the statements for the next person, each with its values and whether it reads rows."""
        turn = next(self._turns)
        fresh = [f"{turn:018}{place:08}" for place in range(self._recording.fresh)]
        return [(step.statement, step.fill(fresh, turn), step.reads) for step in self._recording.steps]


class _NotingConnection(sqlite3.Connection):
    """A SQLite connection that records its statements and their values while `notes` is a list."""

    notes: ClassVar[Notes | None] = None

    def cursor(self, *_: object) -> sqlite3.Cursor:  # type: ignore[override]
        return super().cursor(_NotingCursor)

    def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
        return self.cursor().execute(statement, values)


class _NotingCursor(sqlite3.Cursor):
    def execute(self, statement: str, values: Any = ()) -> Self:
        notes = _NotingConnection.notes
        if notes is not None and statement.split(maxsplit=1)[0] in _WORK:
            notes.append((statement, tuple(values)))
        return super().execute(statement, values)


@contextmanager
def noting_connections() -> Iterator[None]:
    """Make connections that are opened within this context ones whose statements can be recorded."""
    with patch("aiosqlite.connect", partial(aiosqlite.connect, factory=_NotingConnection)):
        yield


@contextmanager
def driver_statements() -> Iterator[Notes]:
    """Record every statement as SQLite's driver gets it, with its values."""
    found: Notes = []
    _NotingConnection.notes = found
    try:
        yield found
    finally:
        _NotingConnection.notes = None


@contextmanager
def core_statements() -> Iterator[Notes]:
    """Record every statement as SQLAlchemy Core has it, with its values, by whichever way it is sent."""
    found: Notes = []

    def note(_: object, statement: ClauseElement, many: Any, one: Values, __: object) -> None:
        found.append((statement, dict(one or (many[0] if many else {}))))

    def noting(ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(self: Statement, connection: Connection, /, **values: Any) -> Any:
            found.append((self.core, values))
            return ask(self, connection, **values)

        return asked

    event.listen(Engine, "before_execute", note)
    try:
        with (
            patch.object(Statement, "rows", noting(Statement.rows)),
            patch.object(Statement, "run", noting(Statement.run)),
            patch.object(Statement, "defer", noting(Statement.defer)),
            patch.object(Statement, "expect", noting(Statement.expect)),
        ):
            yield found
    finally:
        event.remove(Engine, "before_execute", note)


def recording(first: Notes, second: Notes, third: Notes) -> Recording:
    """Make a recording from the redemptions of three people; what differs between them becomes variable."""
    if not _texts(first) == _texts(second) == _texts(third):
        raise ValueError("Three redemptions ran different statements")
    common = set(_ids(second))
    own = [fresh for fresh in dict.fromkeys(_ids(third)) if fresh not in common]
    places = {fresh: place for place, fresh in enumerate(own)}
    steps = []
    for (statement, before), (_, values) in zip(second, third, strict=True):
        fill = _filler(values, _growth(before, values), places)
        steps.append(Step(statement, fill, str(statement).startswith("SELECT")))
    return Recording(tuple(steps), len(places))


def _texts(notes: Notes) -> list[str]:
    return [str(statement) for statement, _ in notes]


def _flat(values: Values) -> tuple[Any, ...]:
    return tuple(values.values()) if isinstance(values, Mapping) else values


def _ids(notes: Notes) -> Iterator[str]:
    for _, values in notes:
        for value in _flat(values):
            if isinstance(value, str):
                yield from _FRESH.findall(value)


def _growth(before: Values, after: Values) -> list[int]:
    """Return by how much each number grows from one redemption to the next."""
    pairs = zip(_flat(before), _flat(after), strict=True)
    return [new - old if type(new) is int else 0 for old, new in pairs]


def _filler(values: Values, growth: Sequence[int], places: Mapping[str, int]) -> Fill:
    """Return a function that replaces the recorded ids by fresh ones, and increases the numbers that grow."""
    flat = _flat(values)
    numbers = [(index, value, growth[index]) for index, value in enumerate(flat) if growth[index]]
    holes = [(index, hole) for index, value in enumerate(flat) if (hole := _hole(value, places))]
    names = tuple(values) if isinstance(values, Mapping) else None

    def fill(fresh: Sequence[str], turn: int) -> Values:
        filled = list(flat)
        for index, hole in holes:
            filled[index] = hole(fresh)
        for index, value, by in numbers:
            filled[index] = value + by * turn
        return dict(zip(names, filled, strict=True)) if names else filled

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

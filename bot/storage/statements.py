"""Statements that are written once and run often, and small pieces that the repositories share."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    Table,
    Text,
    bindparam,
    literal,
    or_,
)

from bot.storage.direct import Core, Direct, OnSqlite, Row, Values, direct

__all__ = ("Row", "Values")  # with all that is defined here
T = TypeVar("T")
# So many rows are handed to PostgreSQL together.
_AT_ONCE = 5000


class Outdated(Exception):
    """What a unit has read is no longer so; run again it reads what is."""


class Statement:
    """A statement of SQLAlchemy Core that goes to the database's driver directly, see `direct`."""

    __slots__ = ("_direct", "core")

    def __init__(self, core: Core) -> None:
        """Take a statement whose values are all `bindparam`s, or columns to insert."""
        self.core = core
        # One statement may be asked of both databases in one process: in tests.
        self._direct: dict[tuple[str, ...], Direct] = {}

    def rows(self, connection: Connection, /, **values: Any) -> Sequence[Row]:
        """Run a query and return all rows."""
        return self._prepared(connection, values).rows(connection, values)

    def row(self, connection: Connection, /, **values: Any) -> Row | None:
        """Run a query for one thing; None if it is not there."""
        found = self._prepared(connection, values).rows(connection, values)
        if len(found) > 1:
            raise LookupError(f"More than one row: {self.core}")
        return found[0] if found else None

    def run(self, connection: Connection, /, **values: Any) -> int:
        """Run a statement that writes; return how many rows it touched."""
        return self._prepared(connection, values).run(connection, values)

    def later(self, connection: Connection, /, **values: Any) -> None:
        """Run an INSERT whose outcome nobody asks for; on PostgreSQL it waits for others, to go with them."""
        self._prepared(connection, values).later(connection, values)

    def many(self, connection: Connection, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        """Run a statement that writes for each row of values; on SQLite they are read as they are needed."""
        if connection.dialect.name != "sqlite":
            for some in batches(rows, _AT_ONCE):
                connection.execute(self.core, [dict(zip(names, row, strict=True)) for row in some])
            return
        direct = self._prepared(connection, names)
        assert isinstance(direct, OnSqlite)  # noqa: S101
        direct.run_many(connection, names, rows)

    def _prepared(self, connection: Connection, names: Iterable[str]) -> Direct:
        key = (connection.dialect.name, *names)
        found = self._direct.get(key)
        if found is None:
            found = self._direct[key] = direct(self.core, connection.dialect, key[1:])
        return found


@lru_cache(maxsize=4096)
def text_of(several_: tuple[str, ...]) -> str:
    """Write several texts as one."""
    return json.dumps(several_, ensure_ascii=False)


@lru_cache(maxsize=4096)
def tuple_of(text: str) -> tuple[str, ...]:
    """Read several texts back."""
    return tuple(json.loads(text))


def batches(values: Iterable[T], most: int = 500) -> Iterator[list[T]]:
    """Divide values, in their order, into lists of so many; so many as usual fit one IN everywhere."""
    left = iter(values)
    while some := list(islice(left, most)):
        yield some


@cache
def _insert_new(table: Table, dialect: str) -> Statement:
    return Statement(insert_of(dialect)(table).on_conflict_do_nothing())


def insert_of(dialect: str) -> Callable[[Table], Any]:
    """Return a database's own INSERT, which knows ON CONFLICT; PostgreSQL's is loaded where it is used."""
    insert: Callable[[Table], Any] = import_module(f"sqlalchemy.dialects.{dialect}").insert
    return insert


def insert_new(connection: Connection, table: Table, row: Values) -> bool:
    """Insert a row unless one with the same key is there; tell whether it was inserted.

    On PostgreSQL a failed INSERT would end the transaction, so conflicts are asked away.
    """
    return _insert_new(table, connection.dialect.name).run(connection, **row) > 0


def insert_new_later(connection: Connection, table: Table, row: Values) -> None:
    """Insert a row unless one with the same key is there, and whether it was: see `Statement.later`."""
    _insert_new(table, connection.dialect.name).later(connection, **row)


def changed(connection: Connection, statement: Executable, values: Mapping[str, Any] | None = None) -> bool:
    """Run a statement that writes; tell whether it touched a row."""
    result = connection.execute(statement, dict(values or {}))
    return isinstance(result, CursorResult) and result.rowcount > 0


def but_key(table: Table, row: Values) -> Values:
    """Return a row without its key, to store it anew.

    Where an UPDATE sets a key, be it as it was, SQLite looks through all rows that may refer to it.
    """
    return {name: value for name, value in row.items() if name not in table.primary_key.columns}


def several(name: str, number: int) -> list[BindParameter[str]]:
    """Make the values of an IN, for `numbered` to fill: name_0, name_1 and so on."""
    return [bindparam(f"{name}_{place}", type_=Text) for place in range(number)]


def numbered(name: str, values: Sequence[str]) -> dict[str, str]:
    """Name the values for the places that `several` made."""
    return {f"{name}_{place}": value for place, value in enumerate(values)}


def like(text: ColumnElement[str], pattern: str | BindParameter[str]) -> ColumnElement[bool]:
    """Say in SQL that a text is like a pattern of `contains`.

    SQLite prepares a statement anew at each run whose LIKE has a value for its whole pattern; so it has none.
    """
    given = literal(pattern, Text) if isinstance(pattern, str) else pattern
    return text.like(given.concat(""), escape="\\")


def unclaimed(work: Table, worker: str, now: datetime) -> ColumnElement[bool]:
    """Say in SQL that a piece of work is no other worker's at this moment."""
    until, by = work.c.claimed_until, work.c.claimed_by
    return or_(until.is_(None), until <= now, by == worker)


def unled(column: ColumnElement[str]) -> ColumnElement[str]:
    """Say a column so that no index of it is gone by, since many rows have the value: another is to lead."""
    return column.concat("")


def contains(text: str) -> str:
    """Make a LIKE pattern (escaped with a backslash) for texts that contain `text`."""
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"

"""Statements that are compiled once and run often, and small pieces of SQL that the repositories share."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
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

from bot.storage.direct import Core, DriverStatement, Row, SqliteStatement, Values, direct

__all__ = ("Row", "Values")  # re-exported, beside what is defined here
T = TypeVar("T")
# How many rows are handed to PostgreSQL at a time.
_AT_ONCE = 5000


class Statement:
    """A statement of SQLAlchemy Core that is handed to the database driver directly; see `direct`."""

    __slots__ = ("_direct", "core")

    def __init__(self, core: Core) -> None:
        """Take a statement whose values are all `bindparam`s, or columns to insert."""
        self.core = core
        # By dialect and names of values: in tests one process runs a statement on both databases.
        self._direct: dict[tuple[str, ...], DriverStatement] = {}

    def rows(self, connection: Connection, /, **values: Any) -> Sequence[Row]:
        """Run a query and return all rows."""
        return self._prepared(connection, values).rows(connection, values)

    def row(self, connection: Connection, /, **values: Any) -> Row | None:
        """Run a query for at most one row; return None if there is none."""
        found = self._prepared(connection, values).rows(connection, values)
        if len(found) > 1:
            raise LookupError(f"More than one row: {self.core}")
        return found[0] if found else None

    def run(self, connection: Connection, /, **values: Any) -> int:
        """Run a statement that writes; return how many rows it touched."""
        return self._prepared(connection, values).run(connection, values)

    def defer(self, connection: Connection, /, **values: Any) -> None:
        """Run an INSERT whose outcome is not needed; PostgreSQL is sent several of them as one statement."""
        self._prepared(connection, values).defer(connection, values)

    def expect(self, connection: Connection, /, **values: Any) -> None:
        """Run a statement that touches a row by all that this unit has read.

        PostgreSQL is sent it later, like what is deferred. If it touches no row then, another unit was first,
        and this one is run again.
        """
        self._prepared(connection, values).expect(connection, values)

    def many(self, connection: Connection, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        """Run a statement that writes once for each row; on SQLite the rows are consumed one by one."""
        if connection.dialect.name != "sqlite":
            for some in batches(rows, _AT_ONCE):
                connection.execute(self.core, [dict(zip(names, row, strict=True)) for row in some])
            return
        direct = self._prepared(connection, names)
        assert isinstance(direct, SqliteStatement)  # noqa: S101
        direct.run_many(connection, names, rows)

    def _prepared(self, connection: Connection, names: Iterable[str]) -> DriverStatement:
        key = (connection.dialect.name, *names)
        found = self._direct.get(key)
        if found is None:
            found = self._direct[key] = direct(self.core, connection.dialect, key[1:])
        return found


@lru_cache(maxsize=4096)
def encode_texts(texts: tuple[str, ...]) -> str:
    """Encode several texts as one, in JSON."""
    return json.dumps(texts, ensure_ascii=False)


@lru_cache(maxsize=4096)
def decode_texts(text: str) -> tuple[str, ...]:
    """Decode the texts that `encode_texts` encoded."""
    return tuple(json.loads(text))


def batches(values: Iterable[T], most: int = 500) -> Iterator[list[T]]:
    """Yield the values in order, in lists of at most `most`; either database takes the default in one IN."""
    left = iter(values)
    while some := list(islice(left, most)):
        yield some


@cache
def _insert_new(table: Table, dialect: str) -> Statement:
    return Statement(insert_of(dialect)(table).on_conflict_do_nothing())


def insert_of(dialect: str) -> Callable[[Table], Any]:
    """Return a dialect's own INSERT, which has ON CONFLICT; PostgreSQL's is imported only when it is used."""
    insert: Callable[[Table], Any] = import_module(f"sqlalchemy.dialects.{dialect}").insert
    return insert


def insert_new(connection: Connection, table: Table, row: Values) -> bool:
    """Insert a row unless one with the same key exists; return whether it was inserted.

    On PostgreSQL a failed INSERT would abort the transaction, so the statement has ON CONFLICT DO NOTHING.
    """
    return _insert_new(table, connection.dialect.name).run(connection, **row) > 0


def insert_new_deferred(connection: Connection, table: Table, row: Values) -> None:
    """Insert a row unless one with the same key exists, when the outcome is not needed: `Statement.defer`."""
    _insert_new(table, connection.dialect.name).defer(connection, **row)


def changed(connection: Connection, statement: Executable) -> bool:
    """Run a statement that writes; return whether it touched a row."""
    result = connection.execute(statement)
    return isinstance(result, CursorResult) and result.rowcount > 0


def without_key(table: Table, row: Values) -> Values:
    """Return a row without its primary key, to update the stored one.

    If an UPDATE sets a key, even to the same value, SQLite looks through all rows that may refer to it.
    """
    return {name: value for name, value in row.items() if name not in table.primary_key.columns}


def in_parameters(name: str, number: int) -> list[BindParameter[str]]:
    """Return the parameters of an IN, named name_0, name_1 and so on; `in_values` gives their values."""
    return [bindparam(f"{name}_{place}", type_=Text) for place in range(number)]


def in_values(name: str, values: Sequence[str]) -> dict[str, str]:
    """Return the values by the names of the parameters that `in_parameters` made."""
    return {f"{name}_{place}": value for place, value in enumerate(values)}


def like(text: ColumnElement[str], pattern: str | BindParameter[str]) -> ColumnElement[bool]:
    """Return the SQL condition that a text matches a pattern made by `contains`.

    SQLite prepares a statement again at each run if the pattern of a LIKE is nothing but a parameter, so an
    empty string is appended to it.
    """
    given = literal(pattern, Text) if isinstance(pattern, str) else pattern
    return text.like(given.concat(""), escape="\\")


def unclaimed(work: Table, worker: str, now: datetime) -> ColumnElement[bool]:
    """Return the SQL condition that no other worker holds a claim on a piece of work at this moment."""
    until, by = work.c.claimed_until, work.c.claimed_by
    return or_(until.is_(None), until <= now, by == worker)


def unindexed(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a column as an expression that no index covers.

    Use it where so many rows have the value that the planner should begin with another index.
    """
    return column.concat("")


def contains(text: str) -> str:
    """Return the LIKE pattern for texts that contain `text`, escaped with backslashes."""
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"

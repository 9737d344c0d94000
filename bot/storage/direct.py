"""Compiled statements that are handed to the database drivers directly, past SQLAlchemy's execution layer.

What SQLAlchemy does for each execution (cache key, context, cursor, result) takes several times as long as
SQLite itself, and is most of what a statement on PostgreSQL costs this process. So the text of a statement
and the conversions of its values are worked out once. Transactions, pools and errors remain SQLAlchemy's.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect, Insert, Select, TableClause
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

from bot.storage import held_back
from bot.storage.held_back import Outdated

Core: TypeAlias = Select[Any] | UpdateBase
Values: TypeAlias = Mapping[str, Any]
# A named tuple of a query's columns.
Row: TypeAlias = Any
_Convert: TypeAlias = Callable[[Any], Any]


class DriverStatement:
    """A statement as a driver takes it: its text, its values in order, and the conversions both ways."""

    def __init__(self, core: Core, dialect: Dialect, names: tuple[str, ...]) -> None:
        """Compile a statement that takes values by these names."""
        compiled = core.compile(dialect=dialect, column_keys=names)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - only DDL compiles to anything else
        self.text = compiled.string
        self._names = tuple(compiled.positiontup or ())
        into = {name: _to_driver(compiled.binds[name].type, dialect) for name in self._names}
        self._constants = {
            name: convert(compiled.params[name]) if (convert := into[name]) else compiled.params[name]
            for name in self._names
            if name not in names and not compiled.binds[name].required
        }
        if unknown := set(names).difference(self._names):
            raise TypeError(f"Values for what is not in the statement: {sorted(unknown)}")
        self._ordered = _ordering(self._names, self._constants)
        self._to_driver = _conversions(
            None if name in self._constants else into[name] for name in self._names
        )
        columns = core.selected_columns if isinstance(core, Select) else ()
        self._from_driver = _conversions(_from_driver(column.type, dialect) for column in columns)
        row: Any = namedtuple("_Row", [column.key for column in columns])  # type: ignore[misc]  # noqa: PYI024
        # The same as the named tuple's `_make`, without its check of the length.
        self._row: Callable[[Iterable[Any]], Row] = partial(tuple.__new__, row)

    def rows(self, connection: Connection, values: Values) -> Sequence[Row]:
        """Run a query, in the transaction that the connection is in."""
        raise NotImplementedError

    def run(self, connection: Connection, values: Values) -> int:
        """Run a statement that writes; return how many rows it touched."""
        raise NotImplementedError

    def defer(self, connection: Connection, values: Values) -> None:
        """Run an INSERT whose outcome is not needed; it may be held back until a statement could see it."""
        self.run(connection, values)

    def expect(self, connection: Connection, values: Values) -> None:
        """Run a statement that touches a row by all that this unit has read; raise `Outdated` if it does not.

        It may be held back until another statement could see what it writes, or until the commit.
        """
        if not self.run(connection, values):
            raise Outdated

    def _parameters(self, values: Values) -> Sequence[Any]:
        """Return the values in the statement's order, converted for the driver."""
        given = self._ordered(values)
        return _converted(given, self._to_driver) if self._to_driver else given

    def _named_rows(self, found: Sequence[Iterable[Any]]) -> Sequence[Row]:
        """Convert the driver's rows to named tuples."""
        make, conversions = self._row, self._from_driver
        if not conversions:
            return [make(row) for row in found]
        return [make(_converted(row, conversions)) for row in found]


class SqliteStatement(DriverStatement):
    """A statement for a connection of `sqlite3`."""

    def rows(self, connection: Connection, values: Values) -> Sequence[Row]:
        """Run a query, in the transaction that the connection is in."""
        found = self._execute(connection, values).fetchall()
        return self._named_rows(found) if found else found

    def run(self, connection: Connection, values: Values) -> int:
        """Run a statement that writes; return how many rows it touched."""
        return self._execute(connection, values).rowcount

    def _execute(self, connection: Connection, values: Values) -> sqlite3.Cursor:
        given = self._ordered(values)
        if self._to_driver:
            given = _converted(given, self._to_driver)
        driver: Any = connection.connection.dbapi_connection
        try:
            cursor: sqlite3.Cursor = driver.execute(self.text, given)
        except sqlite3.Error as error:  # callers get the exceptions that SQLAlchemy would raise
            raise DBAPIError.instance(self.text, given, error, sqlite3.Error, hide_parameters=True) from error
        return cursor

    def run_many(
        self, connection: Connection, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """Run a statement that writes once for each row, whose values are in the order of `names`."""
        if self._constants or names != self._names:
            raise TypeError(f"Values must come as they are in the statement: {self._names}")
        driver: Any = connection.connection.dbapi_connection
        given = (_converted(row, self._to_driver) for row in rows) if self._to_driver else rows
        try:
            driver.executemany(self.text, given)
        except sqlite3.Error as error:
            raise DBAPIError.instance(self.text, None, error, sqlite3.Error, hide_parameters=True) from error


class PostgresStatement(DriverStatement):
    """A statement for a connection of asyncpg, which prepares it once and keeps it prepared.

    Each statement costs a round trip to the server. So writes whose outcome is not needed are held back; see
    `held_back`. Before any statement that could see them, and before the commit, they are sent.
    """

    def __init__(self, core: Core, dialect: Dialect, names: tuple[str, ...]) -> None:
        """Compile a statement that takes values by these names."""
        super().__init__(core, dialect, names)
        self._inserts = isinstance(core, Insert)
        self._tables = frozenset(one.name for one in visitors.iterate(core) if isinstance(one, TableClause))

    def rows(self, connection: Connection, values: Values) -> Sequence[Row]:
        """Run a query, in the transaction that the connection is in."""
        given = self._parameters(values)
        return self._named_rows(held_back.fetch(connection, self.text, given, self._tables))

    def run(self, connection: Connection, values: Values) -> int:
        """Run a statement that writes; return how many rows it touched."""
        if not self._inserts:
            held_back.flush(connection)
        return held_back.send(connection, self._write(values))

    def defer(self, connection: Connection, values: Values) -> None:
        """Hold back an INSERT whose outcome is not needed, until another statement could see it."""
        assert self._inserts  # noqa: S101 - any other statement could read what the held-back ones write
        held_back.hold(connection, self._write(values))

    def expect(self, connection: Connection, values: Values) -> None:
        """Hold back a statement that will touch a row by all that this unit has read."""
        held_back.flush_for(connection, self._tables)
        held_back.hold(connection, self._write(values, must_touch=True))

    def _write(self, values: Values, *, must_touch: bool = False) -> held_back.Write:
        return held_back.Write(self.text, self._parameters(values), self._tables, must_touch)


def direct(core: Core, dialect: Dialect, names: tuple[str, ...]) -> DriverStatement:
    """Compile a statement for the driver of a dialect."""
    return (SqliteStatement if dialect.name == "sqlite" else PostgresStatement)(core, dialect, names)


def _ordering(names: tuple[str, ...], constants: Values) -> Callable[[Values], Sequence[Any]]:
    """Return a function that puts values in the order of `names`, filling in the constants."""
    if len(names) > 1 and not constants:
        return itemgetter(*names)
    all_of_them = [constants.get(name) for name in names]
    asked_for = [(place, name) for place, name in enumerate(names) if name not in constants]

    def ordered(values: Values) -> Sequence[Any]:
        given = all_of_them.copy()
        for place, name in asked_for:
            given[place] = values[name]
        return given

    return ordered


def _converted(row: Iterable[Any], conversions: list[tuple[int, _Convert]]) -> list[Any]:
    converted = list(row)
    for place, convert in conversions:
        converted[place] = convert(converted[place])
    return converted


def _conversions(found: Iterable[_Convert | None]) -> list[tuple[int, _Convert]]:
    """Return the conversions that are needed, each with the position of its value."""
    return [(place, convert) for place, convert in enumerate(found) if convert is not None]


def _to_driver(type_: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(type_: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)

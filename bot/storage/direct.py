"""Compiled statements that are handed to the database drivers directly, past SQLAlchemy's execution layer.

What SQLAlchemy does for each execution (cache key, context, cursor, result) takes several times as long as
SQLite itself, and is most of what a statement on PostgreSQL costs this process. So the text of a statement
and the conversions of its values are worked out once. Transactions, pools and errors remain SQLAlchemy's.
"""

import re
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect, Insert, Select, TableClause
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import await_only

from bot.storage.tables.searching import FILLED_BY_TRIGGERS

Core: TypeAlias = Select[Any] | UpdateBase
Values: TypeAlias = Mapping[str, Any]
# A named tuple of a query's columns.
Row: TypeAlias = Any
_Convert: TypeAlias = Callable[[Any], Any]
# The text of a statement that writes, with its values.
_Write: TypeAlias = tuple[str, Sequence[Any]]
_HELD_BACK = "INSERTs that are held back"
_HELD_TABLES = "the tables that these INSERTs write"
# At most this many INSERTs are sent as one statement: the longer it is, the longer it takes to plan, and each
# number of them is a statement that is prepared anew. A hundred would take twice as long for each row.
_MOST_HELD_BACK = 32
_UNIQUE_VIOLATION = "23505"
_PLACE = re.compile(r"\$(\d+)")
# An INSERT, and what it has in a WITH of its own; all literals are parameters, so no other ") INSERT" occurs.
_WITH = re.compile(r"(?:WITH (.*\))\s+)?(INSERT .*)", re.DOTALL)


class Outdated(Exception):
    """Another transaction has changed what this unit has read; the unit must be run again."""


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

    Each statement costs a round trip to the server. So an INSERT whose outcome is not needed is held back
    until the next INSERT, and both are sent as one statement; an INSERT does not read what others wrote.
    Before any other statement that could see them, and before the commit, `flush` sends those held back.
    """

    def __init__(self, core: Core, dialect: Dialect, names: tuple[str, ...]) -> None:
        """Compile a statement that takes values by these names."""
        super().__init__(core, dialect, names)
        self._inserts = isinstance(core, Insert)
        self._tables = frozenset(one.name for one in visitors.iterate(core) if isinstance(one, TableClause))

    def rows(self, connection: Connection, values: Values) -> Sequence[Row]:
        """Run a query, in the transaction that the connection is in."""
        held = connection.info.get(_HELD_TABLES)
        if held and not self._tables.isdisjoint(held | FILLED_BY_TRIGGERS):
            flush(connection)
        return self._named_rows(_call_driver("fetch", connection, self.text, self._parameters(values)))

    def run(self, connection: Connection, values: Values) -> int:
        """Run a statement that writes; return how many rows it touched."""
        if not self._inserts:
            flush(connection)
        return _send(connection, (self.text, self._parameters(values)))

    def defer(self, connection: Connection, values: Values) -> None:
        """Hold back an INSERT whose outcome is not needed, until another statement could see it."""
        assert self._inserts  # noqa: S101 - any other statement could read what the held-back ones write
        waiting = connection.info.setdefault(_HELD_BACK, [])
        waiting.append((self.text, self._parameters(values)))
        connection.info.setdefault(_HELD_TABLES, set()).update(self._tables)
        if len(waiting) == _MOST_HELD_BACK:
            flush(connection)


def flush(connection: Connection) -> None:
    """Send the INSERTs that are held back on a connection, as one statement."""
    if connection.info.get(_HELD_BACK):
        _send(connection)


def discard(info: MutableMapping[Any, Any]) -> None:
    """Discard the INSERTs that a failed unit left held back on its connection."""
    info.pop(_HELD_BACK, None)
    info.pop(_HELD_TABLES, None)


def _send(connection: Connection, *last: _Write) -> int:
    """Send the INSERTs that are held back, and `last`; return how many rows the last of all touched."""
    held, tables = connection.info.get(_HELD_BACK, ()), connection.info.get(_HELD_TABLES, ())
    discard(connection.info)
    writes = (*held, *last)
    text = combined(tuple(text for text, _ in writes))
    given = [value for _, values in writes for value in values]
    try:
        if len(writes) > 1:
            return int(_call_driver("fetchrow", connection, text, given)[-1])
        status: str = _call_driver("execute", connection, text, given)
    except IntegrityError as error:
        # An INSERT is held back only if it succeeds by all that this unit has read.
        found = error.orig.__cause__ if error.orig else None
        if getattr(found, "sqlstate", "") == _UNIQUE_VIOLATION and getattr(found, "table_name", "") in tables:
            raise Outdated("A row with the same key is there by now.") from error
        raise
    return int(status.rpartition(" ")[2])


@lru_cache(maxsize=1024)
def combined(texts: tuple[str, ...]) -> str:
    """Combine several INSERTs into one statement, which returns how many rows each of them touched.

    PostgreSQL runs them as it works out these numbers: one after the other, each to its end. So rows are
    locked in the order in which the unit wrote them.
    """
    if len(texts) == 1:
        return texts[0]
    shift, parts = 0, []
    for number, text in enumerate(texts):
        own, insert = _WITH.fullmatch(_renumbered(text, shift)).groups()  # type: ignore[union-attr]
        parts += [own] if own else []  # it may write, too, and then may only stand at the top
        parts.append(f"write_{number} AS ({insert} RETURNING 1)")
        shift += _highest_number(text)
    counts = (f"(SELECT count(*) FROM write_{number})" for number in range(len(texts)))  # noqa: S608
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"


def _renumbered(text: str, by: int) -> str:
    """Renumber the placeholders of a statement; no other `$` occurs, because every literal is a parameter."""
    return _PLACE.sub(lambda place: f"${int(place[1]) + by}", text) if by else text


def _highest_number(text: str) -> int:
    return max((int(number) for number in _PLACE.findall(text)), default=0)


def _call_driver(how: str, connection: Connection, text: str, given: Sequence[Any]) -> Any:
    """Call asyncpg as SQLAlchemy's adapter does, beginning the transaction with the first statement."""
    adapter: Any = connection.connection.dbapi_connection
    try:
        if adapter._transaction is None:  # noqa: SLF001
            await_only(adapter._start_transaction())  # noqa: SLF001
        return await_only(getattr(adapter.driver_connection, how)(text, *given))
    except BaseException as error:
        discard(
            connection.info
        )  # the transaction has failed, or is rolled back to a savepoint that came after
        _raise_as_sqlalchemy(connection, adapter, text, error)
        raise


def _raise_as_sqlalchemy(connection: Connection, adapter: Any, text: str, error: BaseException) -> None:
    """Pass an error to SQLAlchemy, which notes whether the connection is lost and raises its own error."""
    try:
        if isinstance(error, Exception):
            adapter._handle_exception(error)  # noqa: SLF001 - it raises asyncpg's error as a DBAPI error
    except Exception as known:  # noqa: BLE001 - of whatever class it is
        error = known
    connection._handle_dbapi_exception(error, text, None, None, None)  # noqa: SLF001


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

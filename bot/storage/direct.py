"""Statements on their straight way to the drivers, around SQLAlchemy's.

SQLAlchemy's way at each execution (cache key, context, cursor, result) takes several times what SQLite takes
itself, and most of what a statement on PostgreSQL costs this process. So a statement's text and the
conversions of its values are worked out once. Transactions, pools and families of errors stay SQLAlchemy's.
"""

import re
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect, Insert, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import await_only

Core: TypeAlias = Select[Any] | UpdateBase
Values: TypeAlias = Mapping[str, Any]
# A named tuple of a query's columns.
Row: TypeAlias = Any
_Convert: TypeAlias = Callable[[Any], Any]
# A statement's text with its values.
_Write: TypeAlias = tuple[str, Sequence[Any]]
_WAITING = "what waits to go with other statements"
# So many go together at most: a statement takes 32,767 values, and takes the longer to plan.
_TOGETHER = 100
_PLACE = re.compile(r"\$(\d+)")


class Direct:
    """A statement as a driver takes it: text, values in their order, conversions both ways."""

    def __init__(self, core: Core, dialect: Dialect, names: tuple[str, ...]) -> None:
        """Compile a statement that is given values of these names."""
        compiled = core.compile(dialect=dialect, column_keys=names)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - it is no DDL
        self.text = compiled.string
        self._names = tuple(compiled.positiontup or ())
        into = {name: _into(compiled.binds[name].type, dialect) for name in self._names}
        self._constants = {
            name: convert(compiled.params[name]) if (convert := into[name]) else compiled.params[name]
            for name in self._names
            if name not in names and not compiled.binds[name].required
        }
        if unknown := set(names).difference(self._names):
            raise TypeError(f"Values for what is not in the statement: {sorted(unknown)}")
        self._ordered = _ordering(self._names, self._constants)
        self._into = _conversions(None if name in self._constants else into[name] for name in self._names)
        columns = core.selected_columns if isinstance(core, Select) else ()
        self._from = _conversions(_from(column.type, dialect) for column in columns)
        row: Any = namedtuple("_Row", [column.key for column in columns])  # type: ignore[misc]  # noqa: PYI024
        # What its `_make` does, but for counting.
        self._row: Callable[[Iterable[Any]], Row] = partial(tuple.__new__, row)

    def rows(self, connection: Connection, values: Values) -> Sequence[Row]:
        """Run a query, in the transaction that the connection is in."""
        raise NotImplementedError

    def run(self, connection: Connection, values: Values) -> int:
        """Run a statement that writes; return how many rows it touched."""
        raise NotImplementedError

    def later(self, connection: Connection, values: Values) -> None:
        """Run an INSERT whose outcome nobody asks for, before whatever could see it."""
        self.run(connection, values)

    def _given(self, values: Values) -> Sequence[Any]:
        """Put the values in their order, as the driver takes them."""
        given = self._ordered(values)
        return _converted(given, self._into) if self._into else given

    def _made(self, found: Sequence[Iterable[Any]]) -> Sequence[Row]:
        """Make rows of what the driver found."""
        make, conversions = self._row, self._from
        if not conversions:
            return [make(row) for row in found]
        return [make(_converted(row, conversions)) for row in found]


class OnSqlite(Direct):
    """A statement for the connection of `sqlite3`."""

    def rows(self, connection: Connection, values: Values) -> Sequence[Row]:
        """Run a query, in the transaction that the connection is in."""
        found = self._execute(connection, values).fetchall()
        return self._made(found) if found else found

    def run(self, connection: Connection, values: Values) -> int:
        """Run a statement that writes; return how many rows it touched."""
        return self._execute(connection, values).rowcount

    def _execute(self, connection: Connection, values: Values) -> sqlite3.Cursor:
        given = self._ordered(values)
        if self._into:
            given = _converted(given, self._into)
        driver: Any = connection.connection.dbapi_connection
        try:
            cursor: sqlite3.Cursor = driver.execute(self.text, given)
        except sqlite3.Error as error:  # the same family of errors as on the way through SQLAlchemy
            raise DBAPIError.instance(self.text, given, error, sqlite3.Error, hide_parameters=True) from error
        return cursor

    def run_many(
        self, connection: Connection, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """Run a statement that writes for many rows, whose values come in the order of `names`."""
        if self._constants or names != self._names:
            raise TypeError(f"Values must come as they are in the statement: {self._names}")
        driver: Any = connection.connection.dbapi_connection
        given = (_converted(row, self._into) for row in rows) if self._into else rows
        try:
            driver.executemany(self.text, given)
        except sqlite3.Error as error:
            raise DBAPIError.instance(self.text, None, error, sqlite3.Error, hide_parameters=True) from error


class OnPostgres(Direct):
    """A statement for the connection of asyncpg, which prepares it once and keeps it prepared.

    Each is a way to the server and back. So INSERTs whose outcome nobody asks for wait for the next INSERT,
    and go with it in one statement: an INSERT does not look at what others wrote. Before anything else, and
    before the commit, `send` sends what waits.
    """

    def __init__(self, core: Core, dialect: Dialect, names: tuple[str, ...]) -> None:
        """Compile a statement that is given values of these names."""
        super().__init__(core, dialect, names)
        self._inserts = isinstance(core, Insert)

    def rows(self, connection: Connection, values: Values) -> Sequence[Row]:
        """Run a query, in the transaction that the connection is in."""
        send(connection)
        return self._made(_asked("fetch", connection, self.text, self._given(values)))

    def run(self, connection: Connection, values: Values) -> int:
        """Run a statement that writes; return how many rows it touched."""
        if not self._inserts:
            send(connection)
        waiting = connection.info.pop(_WAITING, ())
        return _written(connection, (*waiting, (self.text, self._given(values))))

    def later(self, connection: Connection, values: Values) -> None:
        """Run an INSERT whose outcome nobody asks for, before whatever could see it."""
        assert self._inserts  # noqa: S101 - others look at what was written
        waiting = connection.info.setdefault(_WAITING, [])
        waiting.append((self.text, self._given(values)))
        if len(waiting) == _TOGETHER:
            send(connection)


def send(connection: Connection) -> None:
    """Send what waits to go with other statements."""
    if waiting := connection.info.pop(_WAITING, ()):
        _written(connection, tuple(waiting))


def forget(info: MutableMapping[Any, Any]) -> None:
    """Let nothing wait on a connection that a unit has left behind which failed."""
    info.pop(_WAITING, None)


def _written(connection: Connection, writes: tuple[_Write, ...]) -> int:
    """Run INSERTs, or one statement that writes; return how many rows the last of them touched."""
    text = together(tuple(text for text, _ in writes))
    status: str = _asked("execute", connection, text, [value for _, given in writes for value in given])
    return int(status.rpartition(" ")[2])


@lru_cache(maxsize=1024)
def together(texts: tuple[str, ...]) -> str:
    """Make one statement of several; only the last may have a WITH of its own."""
    *before, last = texts
    shift, parts = 0, []
    for number, text in enumerate(before):
        parts.append(f"before_{number} AS ({_shifted(text, shift)})")
        shift += _most(text)
    last = _shifted(last, shift)
    if not parts:
        return last
    own, rest = ("WITH ", ", ") if last.startswith("WITH ") else ("", " ")
    return f"WITH {', '.join(parts)}{rest}{last.removeprefix(own)}"


def _shifted(text: str, by: int) -> str:
    """Give the places for values other numbers; there are no other dollars, since all texts are values."""
    return _PLACE.sub(lambda place: f"${int(place[1]) + by}", text) if by else text


def _most(text: str) -> int:
    return max((int(number) for number in _PLACE.findall(text)), default=0)


def _asked(how: str, connection: Connection, text: str, given: Sequence[Any]) -> Any:
    """Ask the server as SQLAlchemy's adapter does; the first statement begins the transaction."""
    adapter: Any = connection.connection.dbapi_connection
    try:
        if adapter._transaction is None:  # noqa: SLF001
            await_only(adapter._start_transaction())  # noqa: SLF001
        return await_only(getattr(adapter.driver_connection, how)(text, *given))
    except BaseException as error:
        _tell(connection, adapter, text, error)
        raise


def _tell(connection: Connection, adapter: Any, text: str, error: BaseException) -> None:
    """Tell SQLAlchemy of an error: it sees whether the server has hung up, and raises its own."""
    try:
        if isinstance(error, Exception):
            adapter._handle_exception(error)  # noqa: SLF001 - it raises the driver's error in another family
    except Exception as known:  # noqa: BLE001 - of whatever family it is
        error = known
    connection._handle_dbapi_exception(error, text, None, None, None)  # noqa: SLF001


def direct(core: Core, dialect: Dialect, names: tuple[str, ...]) -> Direct:
    """Prepare a statement for a database's driver."""
    return (OnSqlite if dialect.name == "sqlite" else OnPostgres)(core, dialect, names)


def _ordering(names: tuple[str, ...], constants: Values) -> Callable[[Values], Sequence[Any]]:
    """Make what puts values in the order of their names, among those that never change."""
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
    """Keep those that convert, with their places."""
    return [(place, convert) for place, convert in enumerate(found) if convert is not None]


def _into(type_: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _from(type_: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)

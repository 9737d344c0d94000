"""Statements that are written once and run often, and small pieces that the repositories share."""

import json
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import (
    BindParameter,
    Connection,
    CursorResult,
    Dialect,
    Executable,
    Select,
    Table,
    Text,
    bindparam,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

T = TypeVar("T")
Core: TypeAlias = Select[Any] | UpdateBase
Values: TypeAlias = Mapping[str, Any]
# A row of SQLAlchemy's, or on SQLite a named tuple of the same columns.
Row: TypeAlias = Any
_Convert: TypeAlias = Callable[[Any], Any]
# So many rows are handed to PostgreSQL together.
_AT_ONCE = 5000


class Outdated(Exception):
    """What a unit has read is no longer so; run again it reads what is."""


class Statement:
    """A statement of SQLAlchemy Core.

    Its way through SQLAlchemy costs several times what SQLite itself takes. So on SQLite its text
    and the conversions of its values are worked out once, and then the driver gets them directly.
    """

    __slots__ = ("_core", "_direct")

    def __init__(self, core: Core) -> None:
        """Take a statement whose values are all `bindparam`s, or columns to insert."""
        self._core = core
        self._direct: dict[tuple[str, ...], _Direct] = {}

    def rows(self, connection: Connection, /, **values: Any) -> Sequence[Row]:
        """Run a query and return all rows."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._core, values).all()
        direct = self._on_sqlite(connection, values)
        return direct.made(direct.execute(connection, values).fetchall())

    def row(self, connection: Connection, /, **values: Any) -> Row | None:
        """Run a query for one thing; None if it is not there."""
        found = self.rows(connection, **values)
        if len(found) > 1:
            raise LookupError(f"More than one row: {self._core}")
        return found[0] if found else None

    def run(self, connection: Connection, /, **values: Any) -> int:
        """Run a statement that writes; return how many rows it touched."""
        if connection.dialect.name != "sqlite":
            result = connection.execute(self._core, values)
            return result.rowcount if isinstance(result, CursorResult) else 0
        touched: int = self._on_sqlite(connection, values).execute(connection, values).rowcount
        return touched

    def many(self, connection: Connection, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        """Run a statement that writes for each row of values; on SQLite they are read as they are needed."""
        if connection.dialect.name != "sqlite":
            for some in batches(rows, _AT_ONCE):
                connection.execute(self._core, [dict(zip(names, row, strict=True)) for row in some])
            return
        self._prepared(connection, names).execute_many(connection, names, rows)

    def _on_sqlite(self, connection: Connection, values: Values) -> "_Direct":
        return self._prepared(connection, tuple(values))

    def _prepared(self, connection: Connection, names: tuple[str, ...]) -> "_Direct":
        direct = self._direct.get(names)
        if direct is None:
            direct = self._direct[names] = _Direct(self._core, connection.dialect, names)
        return direct


class _Direct:
    """A statement as SQLite's driver takes it: text, values in their order, conversions both ways."""

    def __init__(self, core: Core, dialect: Dialect, names: tuple[str, ...]) -> None:
        compiled = core.compile(dialect=dialect, column_keys=names)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - it is no DDL
        self._text = compiled.string
        self._constants = {
            name: value
            for name, value in compiled.params.items()
            if name not in names and not compiled.binds[name].required
        }
        self._names = tuple(compiled.positiontup or ())
        if unknown := set(names).difference(self._names):
            raise TypeError(f"Values for what is not in the statement: {sorted(unknown)}")
        self._into = _conversions(_into(compiled.binds[name].type, dialect) for name in self._names)
        columns = core.selected_columns if isinstance(core, Select) else ()
        self._from = _conversions(_from(column.type, dialect) for column in columns)
        self._row: Any = namedtuple("_Row", [column.key for column in columns])  # type: ignore[misc]  # noqa: PYI024

    def execute(self, connection: Connection, values: Values) -> sqlite3.Cursor:
        """Hand the statement to the driver, in the transaction that the connection is in."""
        if self._constants:
            values = {**self._constants, **values}
        given = [values[name] for name in self._names]
        for place, convert in self._into:
            given[place] = convert(given[place])
        driver: Any = connection.connection.dbapi_connection
        try:
            cursor: sqlite3.Cursor = driver.execute(self._text, given)
        except sqlite3.Error as error:  # the same family of errors as on the way through SQLAlchemy
            raise DBAPIError.instance(
                self._text, given, error, sqlite3.Error, hide_parameters=True
            ) from error
        return cursor

    def execute_many(
        self, connection: Connection, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """Hand the statement to the driver once for many rows, whose values come in the order of `names`."""
        if self._constants or names != self._names:
            raise TypeError(f"Values must come as they are in the statement: {self._names}")
        driver: Any = connection.connection.dbapi_connection
        given = (self._given(row) for row in rows) if self._into else rows
        try:
            driver.executemany(self._text, given)
        except sqlite3.Error as error:
            raise DBAPIError.instance(self._text, None, error, sqlite3.Error, hide_parameters=True) from error

    def _given(self, row: tuple[Any, ...]) -> list[Any]:
        given = list(row)
        for place, convert in self._into:
            given[place] = convert(given[place])
        return given

    def made(self, found: Sequence[tuple[Any, ...]]) -> Sequence[Row]:
        """Make rows of what the driver found."""
        return [self._row._make(self._converted(row) if self._from else row) for row in found]

    def _converted(self, row: tuple[Any, ...]) -> list[Any]:
        converted = list(row)
        for place, convert in self._from:
            converted[place] = convert(converted[place])
        return converted


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


def _conversions(found: Iterable[_Convert | None]) -> list[tuple[int, _Convert]]:
    """Keep those that convert, with their places."""
    return [(place, convert) for place, convert in enumerate(found) if convert is not None]


def _into(type_: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _from(type_: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


@cache
def _insert_new(table: Table, dialect: str) -> Statement:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return Statement(insert(table).on_conflict_do_nothing())


def insert_new(connection: Connection, table: Table, row: Values) -> bool:
    """Insert a row unless one with the same key is there; tell whether it was inserted.

    On PostgreSQL a failed INSERT would end the transaction, so conflicts are asked away.
    """
    return _insert_new(table, connection.dialect.name).run(connection, **row) > 0


def changed(connection: Connection, statement: Executable, values: Mapping[str, Any] | None = None) -> bool:
    """Run a statement that writes; tell whether it touched a row."""
    result = connection.execute(statement, dict(values or {}))
    return isinstance(result, CursorResult) and result.rowcount > 0


def several(name: str, number: int) -> list[BindParameter[str]]:
    """Make the values of an IN, for `numbered` to fill: name_0, name_1 and so on."""
    return [bindparam(f"{name}_{place}", type_=Text) for place in range(number)]


def numbered(name: str, values: Sequence[str]) -> dict[str, str]:
    """Name the values for the places that `several` made."""
    return {f"{name}_{place}": value for place, value in enumerate(values)}


def contains(text: str) -> str:
    """Make a LIKE pattern (escaped with a backslash) for texts that contain `text`."""
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"

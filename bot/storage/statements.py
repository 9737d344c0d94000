"""Small pieces that the repositories share."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


@cache
def _insert_new(table: Table, dialect: str) -> Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one with the same key is there; tell whether it was inserted.

    On PostgreSQL a failed INSERT would end the transaction, so conflicts are asked away.
    """
    return changed(connection, _insert_new(table, connection.dialect.name), row)


def changed(connection: Connection, statement: Executable, values: Mapping[str, Any] | None = None) -> bool:
    """Run a statement that writes; tell whether it touched a row."""
    result = connection.execute(statement, dict(values or {}))
    return isinstance(result, CursorResult) and result.rowcount > 0


def contains(text: str) -> str:
    """Make a LIKE pattern (escaped with a backslash) for texts that contain `text`."""
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"

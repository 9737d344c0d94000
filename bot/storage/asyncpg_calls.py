"""Calls of asyncpg past SQLAlchemy's execution layer, made as SQLAlchemy's own adapter makes them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.util import await_only


def call(method: str, connection: Connection, text: str, given: Sequence[Any]) -> Any:
    """Call a method of asyncpg's connection, beginning the transaction with the first statement."""
    adapter: Any = connection.connection.dbapi_connection
    try:
        if adapter._transaction is None:  # noqa: SLF001
            await_only(adapter._start_transaction())  # noqa: SLF001
        return await_only(getattr(adapter.driver_connection, method)(text, *given))
    except BaseException as error:
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

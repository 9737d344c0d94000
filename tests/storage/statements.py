"""Records or intercepts the statements that units send to a database."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, event, text

from bot.core.ports import UnitOfWork
from bot.storage import asyncpg_calls
from bot.storage.database import PostgresDatabase, SqliteDatabase
from bot.storage.migrations.searching import PARTS
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.world import World

_VALUES = re.compile(r"'(?:[^']|'')*'|\bNULL\b|\b\d+(?:\.\d+)?\b|X'[0-9a-fA-F]*'")


@contextmanager
def noted_statements(world: World) -> Iterator[list[str]]:
    """Record each statement of SQLite's writer and readers, without the values."""
    assert isinstance(world.database, SqliteDatabase)
    found: list[str] = []
    threads = [world.database._writer, *world.database._readers]

    def note(statement: str) -> None:
        if not statement.startswith("PRAGMA"):  # sent when a connection is first used
            found.append(_VALUES.sub("?", statement))

    for thread in threads:
        thread._connection.set_trace_callback(note)
    yield found
    for thread in threads:
        thread._connection.set_trace_callback(None)


@contextmanager
def before_statements(database: PostgresDatabase, call: Callable[[Connection], None]) -> Iterator[None]:
    """Call a function before each statement on PostgreSQL, by whichever way it goes to the driver."""
    ask = asyncpg_calls.call

    def directly(how: str, connection: Connection, *asked: Any) -> Any:
        call(connection)
        return ask(how, connection, *asked)

    def around(connection: Connection, *_: Any) -> None:
        call(connection)

    engines = [engine.sync_engine for engine in (database._writers, database._readers)]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", around)
    with patch.object(asyncpg_calls, "call", directly):
        yield
    for engine in engines:
        event.remove(engine, "before_cursor_execute", around)


def stand_in_for_parts(uow: UnitOfWork) -> None:
    """Create a substitute for PostgreSQL's index of parts; the tests' server lacks pg_trgm for a real one."""
    if isinstance(uow, SqlUnitOfWork) and uow.connection.dialect.name == "postgresql":
        uow.connection.execute(text(f"CREATE INDEX IF NOT EXISTS {PARTS} ON member_texts (number)"))

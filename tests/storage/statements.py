"""What a unit asks an SQLite database, statement by statement, without the values."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from bot.storage.database import SqliteDatabase
from tests.world import World

_VALUES = re.compile(r"'(?:[^']|'')*'|\bNULL\b|\b\d+(?:\.\d+)?\b|X'[0-9a-fA-F]*'")


@contextmanager
def noted_statements(world: World) -> Iterator[list[str]]:
    """Note each statement of the writer and the readers."""
    assert isinstance(world.database, SqliteDatabase)
    found: list[str] = []
    threads = [world.database._writer, *world.database._readers]

    def note(statement: str) -> None:
        if not statement.startswith("PRAGMA"):  # a connection's first use
            found.append(_VALUES.sub("?", statement))

    for thread in threads:
        thread._connection.set_trace_callback(note)
    yield found
    for thread in threads:
        thread._connection.set_trace_callback(None)

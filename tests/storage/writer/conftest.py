"""A small database, and a SQLite thread on it."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.writer import SqliteThread
from tests.storage.writer.words import PRAGMAS


@pytest.fixture
def path(tmp_path: Path) -> str:
    place = str(tmp_path / "small.db")
    with sqlite3.connect(place) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE words (word TEXT PRIMARY KEY)")
        connection.execute("CREATE TABLE notes (word TEXT REFERENCES words (word))")
    connection.close()
    return place


@pytest.fixture
async def thread(path: str) -> AsyncIterator[SqliteThread]:
    opened = await SqliteThread.open(path, begin="BEGIN IMMEDIATE", pragmas=PRAGMAS)
    yield opened
    await opened.close()

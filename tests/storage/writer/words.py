"""Units that write a word, refuse to, or keep the thread busy."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from bot.storage.writer import SqliteThread
from tests.patience import PATIENCE

PRAGMAS = ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=0")


def stored(path: str) -> list[str]:
    """Return the committed words, as another connection sees them."""
    connection = sqlite3.connect(path)
    try:
        return [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]
    finally:
        connection.close()


def writes(word: str) -> Callable[[Connection], str]:
    def unit(connection: Connection) -> str:
        connection.exec_driver_sql("INSERT INTO words VALUES (?)", (word,))
        return word

    return unit


class Busy:
    """Keeps the thread busy, so that units that come in the meantime wait and run in one batch."""

    def __init__(self, thread: SqliteThread) -> None:
        self._thread = thread
        self._go_on = threading.Event()
        self._started = threading.Event()

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._thread.run(self._wait))
        assert await asyncio.to_thread(self._started.wait, PATIENCE)

    def _wait(self, _: Connection) -> None:
        self._started.set()
        assert self._go_on.wait(PATIENCE)

    async def __aexit__(self, *_: object) -> None:
        # The tasks made in the meantime queue their units before the thread goes on.
        await asyncio.sleep(0)
        self._go_on.set()
        await self._task


async def together(thread: SqliteThread, *units: Callable[[Connection], Any]) -> list[Any]:
    """Run units in one batch; return the result or exception of each."""
    async with Busy(thread):
        tasks = [asyncio.create_task(thread.run(unit)) for unit in units]
    async with asyncio.timeout(PATIENCE):
        return await asyncio.gather(*tasks, return_exceptions=True)


class Refused(Exception):
    """A refusal for tests."""


def refuses(word: str, error: BaseException) -> Callable[[Connection], None]:
    def unit(connection: Connection) -> None:
        writes(word)(connection)
        raise error

    return unit

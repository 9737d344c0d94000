"""Runs whole units of work on the thread of one aiosqlite connection.

SQLAlchemy's asyncio API makes about three thread hops for each statement. Here each unit makes one hop, and
units that are waiting share one commit. Transactions and savepoints are begun and ended on the connection of
`sqlite3` itself; SQLAlchemy's connection only wraps it, for the repositories to use. Work is put into
aiosqlite's queue as SQLAlchemy's own dialect does it (`Connection._tx`). The version of aiosqlite is pinned,
and a test fails if a new version moves the queue.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import StaticPool

from bot.storage.types import JSON

T = TypeVar("T")
Work = Callable[[Connection], Any]
_Waiting = tuple[Work, asyncio.Future[Any]]
_Outcome = tuple[asyncio.Future[Any], Any, BaseException | None]
# At most this many units share a commit: the first of them waits until all of them have run.
MOST_IN_COMMIT = 256
# Units that come right after each other share a commit even if the thread is free: they are handed to it
# after this many turns of the event loop without a new unit, or this many in all. If the thread began at
# once, it and the loop would take the interpreter's lock from each other at every statement.
_QUIET_TURNS, _MOST_TURNS = 2, 20
# A savepoint copies each page before its unit changes it. By default SQLite writes these copies to a file,
# which would be most of what a batch of units writes; so while units share a commit the copies are kept in
# memory. A unit that runs alone needs no savepoint, and its large temporary data may go to files.
_TEMP_IN_FILES, _TEMP_IN_MEMORY = "PRAGMA temp_store=DEFAULT", "PRAGMA temp_store=MEMORY"


class LostTransaction(Exception):
    """SQLite itself rolled back the transaction of a batch; none of its units took effect."""


@cache
def _engine() -> Engine:
    """Return the one engine of all connections, so that they share the statements that were compiled."""
    return create_engine("sqlite://", hide_parameters=True, **JSON)


def _wrap(connection: sqlite3.Connection) -> Connection:
    """Wrap an SQLite connection for SQLAlchemy, which ends no transaction before the wrapper is closed."""
    creator: Any = lambda: connection  # noqa: E731 - SQLAlchemy's type for connections does not fit sqlite3's
    return Connection(_engine(), StaticPool(creator).connect())


class SqliteThread:
    """An SQLite connection with its thread, its SQLAlchemy wrapper and the units that wait to run on it."""

    def __init__(self, connection: aiosqlite.Connection, begin: str) -> None:
        """Use an open connection; `begin` is the statement that opens its transactions."""
        self._aiosqlite = connection
        self._waiting: deque[_Waiting] = deque()
        self._begin = begin
        self._writes = begin == "BEGIN IMMEDIATE"
        self._temporary_data = ""
        self._connection = connection._conn  # noqa: SLF001 - see the module's docstring
        self._wrapper: Connection | None = None
        self._closed = False
        # How many callers of `run` are waiting for a result.
        self.busy = 0

    @classmethod
    async def open(cls, path: str, *, begin: str, pragmas: tuple[str, ...]) -> "SqliteThread":
        """Open a database file and set its pragmas."""
        connecting = aiosqlite.connect(path, isolation_level=None, check_same_thread=False)
        # A process that ends without closing must not hang on this thread.
        connecting._thread.daemon = True  # noqa: SLF001
        connection = await connecting
        for pragma in pragmas:
            await (await connection.execute(f"PRAGMA {pragma}")).close()
        return cls(connection, begin)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run a unit in one transaction with the others that are waiting; return after the commit."""
        if self._closed:
            raise RuntimeError("The database is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        self.busy += 1
        try:
            if len(self._waiting) == 1:
                await self._hand_over()
            return await future
        finally:
            self.busy -= 1

    async def _hand_over(self) -> None:
        """Let others come, then have the thread run all units that wait, also if the caller is cancelled."""
        known, quiet = 1, 0
        try:
            for _ in range(_MOST_TURNS):
                await asyncio.sleep(0)
                quiet = 0 if len(self._waiting) > known else quiet + 1
                if quiet == _QUIET_TURNS:
                    break
                known = len(self._waiting)
        finally:
            self._call(self._drain)

    def _call(self, done: Callable[[], None]) -> None:
        self._aiosqlite._tx.put_nowait((None, done))  # noqa: SLF001

    async def close(self) -> None:
        """Run the units that are still waiting, then close the connection."""
        if self._closed:
            return
        self._closed = True
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._aiosqlite._tx.put_nowait((done, self._finish))  # noqa: SLF001
        await done
        await self._aiosqlite.close()

    def _finish(self) -> None:
        while self._waiting:
            self._drain()
        if self._wrapper is not None:
            self._wrapper.close()

    def _drain(self) -> None:
        """Run one batch of waiting units, on the connection's thread; an earlier call may have left none."""
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < MOST_IN_COMMIT:
            batch.append(self._waiting.popleft())
        if self._waiting:
            self._call(self._drain)
        if batch:
            _deliver(self._run_batch(batch))

    def _run_batch(self, batch: list[_Waiting]) -> list[_Outcome]:
        outcomes: list[_Outcome] = []
        try:
            if self._wrapper is None:
                self._wrapper = _wrap(self._connection)
            if self._writes:
                self._keep_temporary_data(_TEMP_IN_FILES if len(batch) == 1 else _TEMP_IN_MEMORY)
            self._connection.execute(self._begin)
            if len(batch) == 1:
                ((work, future),) = batch
                outcomes.append((future, work(self._wrapper), None))
            else:
                outcomes.extend(self._run_in_savepoint(work, future, self._wrapper) for work, future in batch)
            self._connection.execute("COMMIT")
        except BaseException as lost:  # noqa: BLE001 - each waiting caller must get an answer, whatever failed
            self._roll_back()
            return [
                (future, None, lost if error is None else error) for future, error in _errors(batch, outcomes)
            ]
        return outcomes

    def _keep_temporary_data(self, where: str) -> None:
        if where != self._temporary_data:
            self._connection.execute(where)
            self._temporary_data = where

    def _run_in_savepoint(self, work: Work, future: asyncio.Future[Any], connection: Connection) -> _Outcome:
        """Run one unit of a batch inside a savepoint, so that its failure does not undo the others."""
        self._connection.execute("SAVEPOINT unit")
        try:
            value = work(connection)
        except BaseException as error:
            if not self._connection.in_transaction:
                raise LostTransaction from error
            self._connection.execute("ROLLBACK TO unit")
            self._connection.execute("RELEASE unit")
            return future, None, error
        self._connection.execute("RELEASE unit")
        return future, value, None

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # the callers get the error that came first
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _errors(
    batch: list[_Waiting], outcomes: list[_Outcome]
) -> list[tuple[asyncio.Future[Any], BaseException | None]]:
    known = {id(future): error for future, _, error in outcomes}
    return [(future, known.get(id(future))) for _, future in batch]


def _deliver(outcomes: list[_Outcome]) -> None:
    """Hand the outcomes to the event loops that wait for them, with one wake-up for each loop."""
    loops = {future.get_loop() for future, _, _ in outcomes}
    for loop in loops:
        own = [outcome for outcome in outcomes if outcome[0].get_loop() is loop]
        loop.call_soon_threadsafe(_set_results, own)


def _set_results(outcomes: list[_Outcome]) -> None:
    for future, value, error in outcomes:
        if future.done():  # the caller was cancelled; its unit took effect all the same
            continue
        if error is None:
            future.set_result(value)
        elif isinstance(error, StopIteration):  # a future refuses to carry one, and would never be done
            stopped = RuntimeError("A unit of work raised StopIteration")
            stopped.__cause__ = error
            future.set_exception(stopped)
        else:
            future.set_exception(error)

"""SQLite and PostgreSQL behind one interface: `run` and `read` a unit of work."""

import asyncio
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn

from bot.core.keys.rotation import require_keys
from bot.core.ports import Clock, CommitUnknown, UnitOfWork
from bot.core.values import dataclass, field
from bot.storage import engines, migrate
from bot.storage.addresses import raising_unusable, sqlite_path
from bot.storage.clock import SharedClock
from bot.storage.failures import connection_lost, is_retryable, lock_timed_out
from bot.storage.held_back import Outdated, flush
from bot.storage.open_file import OpenFile
from bot.storage.pooler_check import require_sessions
from bot.storage.scim.pages import Ends
from bot.storage.secret_keys import lacks_key, load_signer, note_first_key
from bot.storage.unit_of_work import SqlUnitOfWork
from bot.storage.vault import Vault
from bot.storage.waking import Queue, Waking
from bot.storage.writer import SqliteThread

T = TypeVar("T")
Unit = Callable[[UnitOfWork], T]

READERS = 4
# The most connections to PostgreSQL that a process opens; the extra one is for work that must not wait for a
# pool. Three processes fit the 97 connections that PostgreSQL allows by default.
PG_WRITERS, PG_READERS = 23, 8
PG_CONNECTIONS = PG_WRITERS + PG_READERS + 1
# `secure_delete` overwrites what is deleted, so that an erased person leaves no trace in the file.
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={engines.LOCK_PATIENCE}",
    "secure_delete=ON",
)
# The last one opens the WAL: a reader could not find it any more if the files were deleted before it reads.
_READER_PRAGMAS = ("query_only=ON", f"busy_timeout={engines.LOCK_PATIENCE}", "schema_version")

_TRIES = 8


@dataclass(frozen=True, slots=True)
class _Shared:
    """The settings and state that every unit of an installation is given."""

    clock: Clock
    vault: Vault
    named_administrators: frozenset[str]
    # Whether an older schema is upgraded at the start, rather than refused.
    upgrade: bool = True
    # Where earlier pages of SCIM users ended, so that the next page can continue from there.
    ends: Ends = field(default_factory=Ends)

    def migrate(self, connection: Connection) -> None:
        """Upgrade the schema to this version's, or raise `WrongSchema` where upgrades are switched off."""
        migrate.refuse_broken_off(connection)
        if self.upgrade:
            migrate.upgrade(connection)
        else:
            migrate.require_current(connection)

    def bound(self, unit: Unit[T], queued: set[Queue] | None = None) -> Callable[[Connection], T]:
        """Wrap a unit as a function of a connection; it adds the queues with new work to `queued`."""

        def on(connection: Connection) -> T:
            uow = SqlUnitOfWork(
                connection, self.clock.now(), self.vault, self.named_administrators, self.ends
            )
            value = unit(uow)
            if queued is not None:
                queued.update(uow.queued)
            return value

        return on

    def is_usable(self, connection: Connection) -> bool:
        """Return whether the schema is this version's and this process has every key that sealed the data."""
        return migrate.is_current(connection) and not lacks_key(connection, self.vault)

    def check_keys(self, connection: Connection) -> None:
        """Raise `WrongKey` if a key that sealed the data is lacking; a new database gets the first key."""
        note_first_key(connection, self.vault, self.clock.now())
        self.bound(require_keys)(connection)
        load_signer(connection, self.vault)


class SqliteDatabase:
    """SQLite: one writer thread whose units share commits, and readers that never wait for it."""

    # A sweep, not the transaction that stores a name, adds the name to the search index.
    indexes_names_later = True

    def __init__(
        self, writer: SqliteThread, readers: list[SqliteThread], shared: _Shared, file: OpenFile
    ) -> None:
        """Use connections to a file that are already open."""
        self._writer = writer
        self._readers = readers
        self._shared = shared
        self.file = file
        self.waking = Waking()

    @classmethod
    async def open(cls, path: str, shared: _Shared) -> "SqliteDatabase":
        """Open (and migrate) a database file."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(migrate.migrate_file, path, shared.migrate)
        writer = await SqliteThread.open(path, begin="BEGIN IMMEDIATE", pragmas=_PRAGMAS)
        readers = [
            await SqliteThread.open(path, begin="BEGIN", pragmas=_READER_PRAGMAS) for _ in range(READERS)
        ]
        database = cls(writer, readers, shared, OpenFile(Path(path)))
        try:
            await writer.run(shared.check_keys)
            await asyncio.to_thread(database.file.remember)
        except BaseException:
            await database.close()
            raise
        return database

    async def run(self, unit: Unit[T]) -> T:
        """Run a unit in one transaction and commit it; an exception rolls it back."""
        self.file.require()
        queued: set[Queue] = set()
        value = await self._writer.run(self._shared.bound(unit, queued))
        self.waking.wake(queued)
        return value

    run_apart = run  # there is one writer

    async def read(self, unit: Unit[T]) -> T:
        """Run a unit that changes nothing; it never waits for the writer."""
        # Some reads take a second or more, so each goes to the reader with the shortest queue.
        free = min(self._readers, key=lambda one: one.busy)
        return await free.run(self._shared.bound(unit))

    async def set_clock(self, clock: SharedClock) -> None:
        """Do nothing: an SQLite file has no clock of its own, and no other machine shares it."""

    async def is_current(self) -> bool:
        """Return whether the schema is this version's and this process has every key that sealed the data."""
        return await self._readers[0].run(self._shared.is_usable)

    async def rescue(self) -> Path | None:
        """Copy the open database to a new backup beside its lost file; return None if it is not whole."""
        from bot.storage.backups.rescue import rescue  # noqa: PLC0415 - seldom or never needed

        if not self.file.is_whole:
            return None
        return await self._readers[0].run(partial(rescue, path=self.file.path, now=self._shared.clock.now()))

    async def close(self) -> None:
        """Run the units that are still waiting, then close all connections."""
        for thread in (*self._readers, self._writer):
            await thread.close()


class PostgresDatabase:
    """PostgreSQL: each unit takes a pooled connection; conditional updates settle conflicts.

    Readers have their own pool, so that a reader finds a connection however many writers wait for each other.
    A third pool, of one connection, is kept for what must not be late: leases and the readiness check.
    """

    indexes_names_later = False
    file = None

    def __init__(
        self, writers: AsyncEngine, readers: AsyncEngine, watch: AsyncEngine, shared: _Shared
    ) -> None:
        """Use engines over asyncpg; only `is_current`, `run_apart` and `set_clock` use `watch`."""
        self._writers = writers
        self._readers = readers
        self._watch = watch
        self._shared = shared
        self.waking = Waking()

    @classmethod
    async def open(cls, url: str, shared: _Shared) -> "PostgresDatabase":
        """Connect to (and migrate) a database."""
        writers, watch = engines.open_engine(url, PG_WRITERS), engines.open_engine(url, 1)
        readers = engines.open_engine(url, PG_READERS, reads=True)
        await require_sessions(writers, readers)
        database = cls(writers, readers, watch, shared)
        try:
            async with writers.begin() as connection:
                await connection.run_sync(shared.migrate)
                await connection.run_sync(shared.check_keys)
        except BaseException:
            await database.close()
            raise
        return database

    async def run(self, unit: Unit[T]) -> T:
        """Run a unit in one transaction and commit it.

        The unit is run again when another one was first (`Outdated`), after a serialization failure, when a
        lock is not granted in time, and when the connection is lost before the commit. Raises `CommitUnknown`
        if it is lost during the commit.
        """
        return await self._run_and_wake(self._writers, unit)

    async def run_apart(self, unit: Unit[T]) -> T:
        """Run a small unit like `run`, on a connection of its own that no long unit can occupy."""
        return await self._run_and_wake(self._watch, unit)

    async def read(self, unit: Unit[T]) -> T:
        """Run a unit that changes nothing; it is run again if the connection is lost."""
        return await self._with_retries(self._readers, unit)

    async def _run_and_wake(self, engine: AsyncEngine, unit: Unit[T]) -> T:
        queued: set[Queue] = set()
        value = await self._with_retries(engine, unit, queued)
        self.waking.wake(queued)
        return value

    async def _with_retries(self, engine: AsyncEngine, unit: Unit[T], queued: set[Queue] | None = None) -> T:
        clock = asyncio.get_running_loop().time
        attempt, give_up_at = 1, clock() + engines.LOCK_PATIENCE / 1000
        while True:
            committing = False

            def transaction() -> T:
                nonlocal committing
                with engine.sync_engine.begin() as connection:
                    value = self._shared.bound(unit, queued)(connection)
                    flush(connection)
                    committing = engine is not self._readers
                return value

            try:
                # One greenlet for the whole unit: SQLAlchemy's asyncio API enters one for every statement.
                return await greenlet_spawn(transaction)
            except (Outdated, DBAPIError, OSError) as error:
                if committing and connection_lost(error):
                    raise CommitUnknown from error
                if waited := lock_timed_out(error):
                    again = clock() < give_up_at
                else:
                    again = attempt < _TRIES and is_retryable(error)
                if not again:
                    raise
            pause = engines.LOCK_TURN / 2000 if waited else 0.01 * 2**attempt
            attempt += not waited
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - spreads load

    async def set_clock(self, clock: SharedClock) -> None:
        """Set the shared clock by the server's clock."""
        async with self._watch.begin() as connection:
            asked = clock.monotonic()
            clock.adopt((await connection.execute(select(func.clock_timestamp()))).scalar_one(), asked)

    async def is_current(self) -> bool:
        """Return whether the schema is this version's and this process has every key that sealed the data."""
        async with self._watch.begin() as connection:
            return await connection.run_sync(self._shared.is_usable)

    async def close(self) -> None:
        """Close all connections."""
        for engine in (self._watch, self._readers, self._writers):
            await engine.dispose()


AnyDatabase: TypeAlias = SqliteDatabase | PostgresDatabase


async def open_database(
    url: str,
    clock: Clock,
    vault: Vault,
    named_administrators: frozenset[str] = frozenset(),
    *,
    upgrade: bool = True,
) -> AnyDatabase:
    """Open the database at a URL: `sqlite:///path` or `postgresql://…`.

    `named_administrators` are the accounts that the settings name as System Administrators. An older schema
    is upgraded if `upgrade` is true, and refused otherwise. A newer schema is always refused.
    """
    shared = _Shared(clock, vault, named_administrators, upgrade)
    path = sqlite_path(url)
    with raising_unusable(OSError, file=path):
        if path is not None:
            return await SqliteDatabase.open(path, shared)
        return await PostgresDatabase.open(url, shared)

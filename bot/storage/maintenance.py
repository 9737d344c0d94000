"""Operators' work on a whole database: upgrading and downgrading its tables while the bot is stopped."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.storage import migrate
from bot.storage.addresses import asyncpg_url, raising_unusable, sqlite_path
from bot.storage.inspection import require_access

T = TypeVar("T")
# For a moment, the server still lists connections that were just closed.
_LOOKS, _PAUSE = 5, 0.2


class InUse(ValueError):
    """The database is in use, and must not be during this work."""

    def __str__(self) -> str:
        """Say what to do."""
        return "the database is in use. Stop Homeroom and everything else that uses it. Nothing was changed."


async def in_transaction(url: str, work: Callable[[Connection], T]) -> T:
    """Run `work` on a database in one transaction; on SQLite nobody else can write meanwhile."""
    path = sqlite_path(url)
    with raising_unusable(OSError):
        if path is not None:
            return await asyncio.to_thread(_on_file, Path(path), work)
        return await _on_server(url, work)


async def _on_server(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(asyncpg_url(url), poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _on_file(path: Path, work: Callable[[Connection], T]) -> T:
    done: list[T] = []
    path.parent.mkdir(parents=True, exist_ok=True)
    migrate.migrate_file(str(path), lambda connection: done.append(work(connection)))
    return done[0]


async def upgrade(url: str, to: str) -> str | None:
    """Upgrade the tables to a revision (or `head`); return the one that they have now."""

    def work(connection: Connection) -> str | None:
        migrate.upgrade(connection, to)
        return migrate.revision(connection)

    return await in_transaction(url, work)


async def downgrade(url: str, to: str) -> str | None:
    """Downgrade the tables to a revision (or `base`); return the one that they have now.

    Raises `InUse` if the database is in use: an earlier version's tables would break a running bot.
    """
    await _require_nobody_else(url)

    def work(connection: Connection) -> str | None:
        migrate.downgrade(connection, to)
        return migrate.revision(connection)

    return await in_transaction(url, work)


async def _require_nobody_else(url: str) -> None:
    path = sqlite_path(url)
    if path is not None:
        with raising_unusable():
            if await asyncio.to_thread(_file_is_used, Path(path)):
                raise InUse
        return
    for _ in range(_LOOKS):
        if not await in_transaction(url, other_connections):
            return
        await asyncio.sleep(_PAUSE)
    raise InUse


def _file_is_used(path: Path) -> bool:
    if not path.exists():
        return False
    require_access(path)  # else SQLite's refusal would be taken for that of another user
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        return is_used(opened)


def is_used(opened: sqlite3.Connection) -> bool:
    """Return whether another process has a file open: only its sole user can take it out of WAL mode.

    If not, the content of the WAL is in the file afterwards.
    """
    try:
        opened.execute("PRAGMA busy_timeout=1000")
        opened.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError:
        return True
    return False


def other_connections(connection: Connection) -> int:
    """Count the other connections to a PostgreSQL database."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return int(connection.execute(query).scalar_one())

"""Reads from a database whose tables may be of any version, without changing it."""

import asyncio
import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, create_engine, inspect, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.storage import migrate
from bot.storage.addresses import asyncpg_url, raising_unusable, sqlite_path
from bot.storage.tables import audit_heads, installation, persons, schools

T = TypeVar("T")
# How long to wait for a lock, in seconds: a bot at work holds none for long.
PATIENCE = 3


async def revision(url: str) -> str | None:
    """Return the revision of a database's tables; None if there are no tables, or no file."""
    with raising_unusable(OSError):
        try:
            return await read_only(url, migrate.revision)
        except FileNotFoundError:
            return None


async def key_in_use(url: str) -> str:
    """Return the name of the key in use, empty if there is none; raise `Unusable` if it cannot be read."""

    def work(connection: Connection) -> str:
        found = connection.execute(select(installation.c.key_name)).scalar_one_or_none()
        return found or ""

    with raising_unusable(OSError):
        return await read_only(url, work)


async def read_only(url: str, work: Callable[[Connection], T]) -> T:
    """Run `work` on a connection, and roll back whatever it did on PostgreSQL."""
    path = sqlite_path(url)
    if path is not None:
        return await asyncio.to_thread(on_file, Path(path), work)
    engine = create_async_engine(asyncpg_url(url), poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            done = await connection.run_sync(work)
            await connection.rollback()
            return done
    finally:
        await engine.dispose()


def on_file(path: Path, work: Callable[[Connection], T]) -> T:
    """Run `work` on a connection to a file, in autocommit mode; it must end any transaction it begins."""
    if not path.exists():
        raise FileNotFoundError(f"There is no database at {path}")
    require_access(path)
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None
        ),
        poolclass=NullPool,
        hide_parameters=True,
    )
    try:
        with engine.connect() as connection:
            return work(connection)
    finally:
        engine.dispose()


def require_access(path: Path) -> None:
    """Raise `PermissionError`, with the path, if we cannot read and write a database file and its folder.

    SQLite makes files beside it, and says only that it cannot open the database, or that it is read-only.
    """
    file = path.resolve()
    for one, rights in ((file.parent, os.W_OK | os.X_OK), (file, os.R_OK | os.W_OK)):
        if not os.access(one, rights, effective_ids=True):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(one))


def has_content(connection: Connection) -> bool:
    """Return whether a database has any content, whatever version made its tables."""
    there = inspect(connection).get_table_names()
    kept = [one for one in (persons, schools, audit_heads) if one.name in there]
    return any(connection.execute(select(text("1")).select_from(one).limit(1)).first() for one in kept)

"""What operators do to a whole database: change its tables, with nothing else of the bot running."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.storage import migrate
from bot.storage.addresses import asyncpg_url, sqlite_path, usable

T = TypeVar("T")


async def alone(url: str, work: Callable[[Connection], T]) -> T:
    """Do some work in one transaction that holds everybody else off a database."""
    path = sqlite_path(url)
    with usable(OSError):
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
    migrate.sqlite(str(path), lambda connection: done.append(work(connection)))
    return done[0]


async def upgrade(url: str, to: str) -> str | None:
    """Bring the tables up to a revision (or `head`); return the one that they have now."""

    def work(connection: Connection) -> str | None:
        migrate.connected(connection, to)
        return migrate.revision(connection)

    return await alone(url, work)


async def downgrade(url: str, to: str) -> str | None:
    """Take the tables back to a revision (or `base`); return the one that they have now."""

    def work(connection: Connection) -> str | None:
        migrate.downgrade(connection, to)
        return migrate.revision(connection)

    return await alone(url, work)

"""Other sessions of PostgreSQL, for tests of outages: they hold locks, wait for locks, or are left over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from bot.storage.database import PostgresDatabase
from tests.storage.outages.crowd import (
    RECOVERS,
)


@asynccontextmanager
async def rows_held(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Let another session lock the rows of all schools."""
    other = await asyncpg.connect(url)
    try:
        async with other.transaction():
            await other.execute("SELECT id FROM schools FOR UPDATE")
            yield other
    finally:
        await other.close()


async def until_waiting(other: asyncpg.Connection, number: int) -> None:
    """Wait until this number of sessions waits for locks."""
    async with asyncio.timeout(RECOVERS):
        while await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") != number:
            pass


async def check_connections_returned(database: PostgresDatabase, url: str) -> None:
    """Check that all connections are back in their pools, and that all are idle."""
    assert [engine.pool.checkedout() for engine in (database._writers, database._readers)] == [0, 0]  # type: ignore[attr-defined]
    other = await asyncpg.connect(url)
    busy = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend' AND state <> 'idle'"
    )
    async with asyncio.timeout(RECOVERS):
        while await other.fetchval(busy):
            pass
    await other.close()

"""Other sessions of PostgreSQL, as tests of outages see them: who holds rows, who waits, who is left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from bot.storage.database import PostgresDatabase
from tests.storage.outages import (
    RECOVERS,
)


@asynccontextmanager
async def rows_held(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Let another session hold the rows of all schools."""
    other = await asyncpg.connect(url)
    try:
        async with other.transaction():
            await other.execute("SELECT id FROM schools FOR UPDATE")
            yield other
    finally:
        await other.close()


async def waiting(other: asyncpg.Connection, number: int) -> None:
    """Wait until so many sessions wait for what another holds."""
    async with asyncio.timeout(RECOVERS):
        while await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") != number:
            pass


async def all_came_back(database: PostgresDatabase, url: str) -> None:
    """See that no connection is lost, and that none is in the middle of something."""
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

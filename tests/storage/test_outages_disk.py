"""The disk of PostgreSQL is full: a clear refusal, nothing by halves, and the next try works."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.postgres import PostgresServer
from tests.soak import size
from tests.storage.outages import joins, reads, recovers, refused_whole, rows, school
from tests.storage.rounds import whole
from tests.world import open_world

POINTS = size(5, 50)
_PAGE = 8192


@contextmanager
def _small_disk(owner: int) -> Iterator[Path]:
    """Mount a disk of 64 MB that belongs to somebody, where this machine lets us."""
    folder = Path(tempfile.mkdtemp(prefix="homeroom-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size=64m,mode=700,uid={owner}", "tmpfs", str(folder)]
    try:
        try:
            mounted = not subprocess.run(mount, capture_output=True, check=False).returncode
        except OSError:
            mounted = False
        if not mounted:
            pytest.skip("this machine mounts no disk for tests")
        try:
            yield folder
        finally:
            subprocess.run(["umount", str(folder)], check=True)
    finally:
        folder.rmdir()


def _fill(folder: Path, pages: int) -> Path:
    """Leave room for so many pages on a disk; return what takes the rest."""
    ballast, disk = folder / "ballast", os.statvfs(folder)
    with ballast.open("wb") as opened:
        os.posix_fallocate(opened.fileno(), 0, disk.f_bavail * disk.f_frsize - pages * _PAGE)
    return ballast


async def test_the_disk_of_postgresql_is_full_at_some_page(
    postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    with _small_disk(postgres.owner) as folder:
        async with postgres.database_in(folder) as url, open_world(url) as world:
            code, number = await school(world), 0
            for point in range(POINTS):
                ballast = _fill(folder, point % 4)
                before, reply = await rows(world), await joins(world, code, number)
                while not reply.refused:
                    number += 1
                    before, reply = await rows(world), await joins(world, code, number)
                assert "No space left on device" in caplog.text
                caplog.clear()
                await refused_whole(world, reply, before)
                await reads(world)
                ballast.unlink()
                await recovers(world, code, number)
                number += 1
            await whole(world.database)

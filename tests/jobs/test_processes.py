"""The lease of a process that was killed on the same machine is free at once."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.ports import UnitOfWork
from bot.jobs import processes
from bot.jobs.leases import LeaseKeeper
from tests.fakes.database import FakeDatabase
from tests.world import FakeClock

ROOT = Path(__file__).parents[2]
SHARD = "shard 0"
PROGRAM = "from bot.jobs import processes; print(processes.own(), flush=True); input()"

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="NOT CHECKED: no Linux")


@asynccontextmanager
async def another() -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Start a process that lives until it is killed; return it with its name."""
    pipe = asyncio.subprocess.PIPE
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM), cwd=ROOT, stdin=pipe, stdout=pipe
    )
    assert made.stdout is not None
    try:
        yield made, (await made.stdout.readline()).decode().strip()
    finally:
        if made.returncode is None:
            made.kill()
            await made.communicate()


async def test_it_is_known_of_processes_here_alone_whether_they_ended() -> None:
    assert not processes.has_ended(processes.own())
    async with another() as (process, name):
        assert name
        assert not processes.has_ended(name)
        elsewhere = name.replace(name.split()[0], "another-machine", 1)
        process.kill()
        await process.communicate()
        assert processes.has_ended(name)
        assert not processes.has_ended(elsewhere)
    where = processes.own().rpartition(" ")[0]
    assert processes.has_ended(f"{where} 1")  # another has our number now
    for unknown in ("", "a b", "here 1 2"):
        assert not processes.has_ended(unknown)


async def test_nothing_is_known_about_a_process_that_we_cannot_see(monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_text
    async with another() as (process, name):

        def hidden(self: Path, *args: Any, **more: Any) -> str:
            if self == Path(f"/proc/{process.pid}/stat"):
                raise FileNotFoundError
            return read(self, *args, **more)

        monkeypatch.setattr(Path, "read_text", hidden)
        assert not processes.has_ended(name)
        process.kill()
        await process.communicate()
        assert processes.has_ended(name)


async def test_a_lease_of_whoever_was_killed_here_need_not_be_waited_for() -> None:
    clock = FakeClock()
    database = FakeDatabase(clock)
    began = asyncio.Event()

    async def work() -> None:
        began.set()

    async with another() as (process, name):

        def take(uow: UnitOfWork) -> None:
            assert uow.leases.hold(SHARD, f"token {name}", uow.now, until=uow.now + timedelta(hours=1))

        await database.run(take)
        waiting = asyncio.create_task(LeaseKeeper(database, timedelta(seconds=0.05))(SHARD, work))
        done, _ = await asyncio.wait({waiting}, timeout=0.1)
        assert not done
        assert not began.is_set()
        process.kill()
        await process.communicate()
        await asyncio.wait_for(waiting, 30)
    assert began.is_set()

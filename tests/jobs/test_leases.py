"""Work for one replica at a time: when it stops, another goes on."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.jobs.leases import LEASE, LeaseKeeper
from tests.fakes.database import FakeDatabase
from tests.world import START

SHARD = "shard 0"


class Skipping:
    """The clock of an event loop and its database, which stands still while there is work."""

    def __init__(self, select: Callable[[float | None], list[Any]]) -> None:
        self._select = select
        self._passed = 0.0

    def time(self) -> float:
        return self._passed

    def now(self) -> datetime:
        return START + timedelta(seconds=self._passed)

    def select(self, timeout: float | None = None) -> list[Any]:
        """Skip the time until the next timer, instead of waiting for it."""
        if timeout is None or timeout <= 0:
            return self._select(timeout)
        self._passed += timeout
        return self._select(0)


class Shaky(FakeDatabase):
    """A database that does not answer while it is `down`."""

    def __init__(self, clock: Skipping) -> None:
        super().__init__(clock)
        self.down = False
        self.gate, self.waits = asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def run(self, unit: Callable[[Any], Any]) -> Any:
        if not self.gate.is_set():
            self.waits.set()
            await self.gate.wait()
        if self.down:
            raise ConnectionError
        return await super().run(unit)


class Work:
    """Work that goes on until it is stopped; it records who does it."""

    def __init__(self) -> None:
        self.at_it: set[str] = set()
        self.most = 0
        self.began = {name: asyncio.Event() for name in "ab"}

    def of(self, name: str) -> Callable[[], Any]:
        async def work() -> None:
            self.at_it.add(name)
            self.most = max(self.most, len(self.at_it))
            self.began[name].set()
            try:
                await asyncio.Event().wait()
            finally:
                self.at_it.discard(name)

        return work


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Skipping:
    loop: Any = asyncio.get_running_loop()
    skipping = Skipping(loop._selector.select)
    monkeypatch.setattr(loop._selector, "select", skipping.select)
    monkeypatch.setattr(loop, "time", skipping.time)
    return skipping


@pytest.fixture
def database(clock: Skipping) -> Shaky:
    return Shaky(clock)


@pytest.fixture
def work() -> Work:
    return Work()


def _start(database: Shaky, work: Work, name: str) -> asyncio.Task[None]:
    return asyncio.create_task(LeaseKeeper(database)(SHARD, work.of(name)))


async def _until(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), 2 * LEASE.total_seconds())


async def test_one_works_and_when_it_ends_another_goes_on(database: Shaky, work: Work) -> None:
    first = _start(database, work, "a")
    await _until(work.began["a"])
    second = _start(database, work, "b")
    await asyncio.wait({second}, timeout=2 * LEASE.total_seconds())
    assert work.at_it == {"a"}
    first.cancel()
    await _until(work.began["b"])
    assert work.most == 1
    second.cancel()
    await asyncio.wait({first, second})
    assert database.state.leases == {}


async def test_another_goes_on_when_the_lease_of_one_who_has_crashed_ends(
    database: Shaky, work: Work, clock: Skipping
) -> None:
    until = clock.now() + LEASE
    await database.run(lambda uow: uow.leases.hold(SHARD, "crashed", uow.now, until=until))
    task = _start(database, work, "a")
    await _until(work.began["a"])
    assert clock.now() >= until
    task.cancel()
    await asyncio.wait({task})


async def test_a_lease_that_cannot_be_renewed_ends_before_another_replica_begins(
    database: Shaky, work: Work, clock: Skipping
) -> None:
    task = _start(database, work, "a")
    await _until(work.began["a"])
    database.down = True
    await asyncio.wait_for(task, 2 * LEASE.total_seconds())
    (until,) = (until for _, until in database.state.leases.values())
    assert clock.now() < until
    assert work.at_it == set()


async def test_a_database_that_stalls_for_five_seconds_takes_nobodys_lease_away(
    database: Shaky, work: Work
) -> None:
    """It stalls from the moment when the lease is renewed, which is the worst one."""
    task = _start(database, work, "a")
    await _until(work.began["a"])
    database.gate.clear()
    await _until(database.waits)
    await asyncio.wait({task}, timeout=5)
    database.gate.set()
    await asyncio.wait({task}, timeout=LEASE.total_seconds())
    assert work.at_it == {"a"}
    task.cancel()
    await asyncio.wait({task})


async def test_a_replica_that_lost_its_lease_ends(database: Shaky, work: Work, clock: Skipping) -> None:
    task = _start(database, work, "a")
    await _until(work.began["a"])
    until = clock.now() + LEASE
    database.state.leases[SHARD] = ("another", until)
    await asyncio.wait_for(task, 2 * LEASE.total_seconds())
    assert work.at_it == set()
    assert database.state.leases[SHARD] == ("another", until)


async def test_work_that_fails_says_so_and_gives_the_lease_back(database: Shaky) -> None:
    async def broken() -> None:
        raise ConnectionError("no way")

    with pytest.raises(ConnectionError, match="no way"):
        await LeaseKeeper(database)(SHARD, broken)
    assert database.state.leases == {}

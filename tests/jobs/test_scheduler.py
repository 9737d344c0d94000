"""Sweeps start in time, fail alone, are tried again, and stop cleanly."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.core.jobs import JobState
from bot.core.ports import UnitOfWork
from bot.core.stuck import ItemTracker
from bot.jobs import scheduler as scheduling
from bot.jobs.scheduler import Scheduler, pull_forward
from bot.jobs.sweeps import MOST_ROUNDS, Sweep, sweep, sweeps
from tests.fakes.database import FakeDatabase
from tests.patience import PATIENCE
from tests.world import FakeClock

SOON = 0.01


class Counted:
    """A sweep's unit with some amount of work, which can be awaited until it was called that often."""

    def __init__(self, todo: int = 0, *, fails: int = 0) -> None:
        self.todo, self.fails = todo, fails
        self.asked = 0
        self._reached: dict[int, asyncio.Event] = {}

    def __call__(self, _: UnitOfWork, tracker: ItemTracker) -> int:  # noqa: ARG002 - it takes nothing in hand
        self.asked += 1
        for number, event in self._reached.items():
            if self.asked >= number:
                event.set()
        if self.asked <= self.fails:
            raise OSError("the disk is full")
        done = min(self.todo, 2)
        self.todo -= done
        return done

    async def asked_times(self, number: int) -> None:
        if self.asked < number:
            async with asyncio.timeout(PATIENCE):
                await self._reached.setdefault(number, asyncio.Event()).wait()


@pytest.fixture
def database() -> FakeDatabase:
    return FakeDatabase(FakeClock())


@asynccontextmanager
async def running(scheduler: Scheduler) -> AsyncIterator[None]:
    task = asyncio.create_task(scheduler.run())
    yield
    task.cancel()
    await asyncio.wait([task], timeout=PATIENCE)
    assert task.cancelled()


async def _states(database: FakeDatabase) -> dict[str, JobState]:
    return {one.name: one for one in await database.read(lambda uow: uow.jobs.all())}


async def test_a_sweep_does_all_that_is_due_in_small_batches(database: FakeDatabase) -> None:
    unit = Counted(5)
    assert await sweep(database, Sweep("s", 60, unit)) == 5
    assert unit.asked == 4  # of 2, 2, 1 and nothing


async def test_a_sweep_that_finds_no_end_leaves_the_rest_to_the_next_tick(database: FakeDatabase) -> None:
    unit = Counted(10 * MOST_ROUNDS)
    assert await sweep(database, Sweep("s", 60, unit)) == 2 * MOST_ROUNDS


async def test_sweeps_run_at_once_and_again_at_their_interval(database: FakeDatabase) -> None:
    often, seldom = Counted(), Counted()
    scheduler = Scheduler(database, [Sweep("often", SOON, often), Sweep("seldom", 3600, seldom)])
    async with running(scheduler):
        await often.asked_times(5)
    assert seldom.asked == 1


async def test_one_that_fails_is_logged_tried_again_and_hinders_no_other(
    database: FakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "bot.jobs")
    bad, good = Counted(fails=3), Counted()
    scheduler = Scheduler(database, [Sweep("bad", SOON, bad), Sweep("good", SOON, good)])
    async with running(scheduler):
        await bad.asked_times(3)
        await good.asked_times(good.asked + 2)
        await bad.asked_times(6)
    told = [(one.getMessage(), one.exc_info is not None) for one in caplog.records]
    assert told == [("The sweep of bad failed", True), ("The sweep of bad failed 2 times: OSError", False)]
    states = await _states(database)
    assert {name: (one.failures, one.error) for name, one in states.items()} == {
        "bad": (0, ""),
        "good": (0, ""),
    }


async def test_how_a_run_went_is_kept(database: FakeDatabase) -> None:
    bad = Sweep("bad", 60, Counted(fails=99))
    scheduler = Scheduler(database, [bad])
    for _ in range(2):
        await scheduler.do(bad)
    state = (await _states(database))["bad"]
    assert (state.failures, state.error, state.succeeded_at) == (2, "OSError", None)
    assert state.ran_at == database.clock.now()


class Slow(FakeDatabase):
    """A database whose units end when a test says so."""

    def __init__(self) -> None:
        super().__init__(FakeClock())
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def run(self, unit):
        self.begun.set()
        await self.go_on.wait()
        return await super().run(unit)


async def test_a_unit_under_way_is_finished_and_no_other_begun_when_it_is_stopped() -> None:
    database, unit = Slow(), Counted(10)
    task = asyncio.create_task(Scheduler(database, [Sweep("s", 3600, unit)]).run())
    await asyncio.wait_for(database.begun.wait(), PATIENCE)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=0)
    assert not done
    database.go_on.set()
    await asyncio.wait([task], timeout=PATIENCE)
    assert task.cancelled()
    assert (unit.asked, unit.todo) == (1, 8)
    assert (await _states(database))["s"].failures == 0


async def test_a_database_that_does_not_answer_does_not_stop_the_scheduler(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Gone(FakeDatabase):
        async def run(self, unit):  # noqa: ARG002 - it does nothing
            raise OSError("no connection")

    await Scheduler(Gone(FakeClock()), []).do(Sweep("s", 60, Counted()))
    assert [one.getMessage() for one in caplog.records] == ["The sweep of s failed"]


async def test_how_a_sweep_went_that_cannot_be_kept_is_told(
    monkeypatch: pytest.MonkeyPatch, database: FakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    async def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(scheduling, "record_run", full)
    scheduler = Scheduler(database, [])
    for _ in range(3):
        await scheduler.do(Sweep("s", 60, Counted()))
    assert [one.getMessage() for one in caplog.records] == [
        "Storing the result of the sweep of s failed",
        "Storing the result of the sweep of s failed 2 times: OSError",
    ]


async def test_a_clock_that_is_put_back_holds_no_sweep_up() -> None:
    ticking = AsyncIOScheduler(timezone=UTC)
    ticking.start(paused=True)
    now = datetime.now(UTC)
    trigger = IntervalTrigger(seconds=60, timezone=UTC)
    for name, ahead in (("far", timedelta(days=1)), ("near", timedelta(seconds=60))):
        ticking.add_job(lambda: None, trigger, id=name, next_run_time=now + ahead)
    pull_forward(ticking.get_jobs(), now)
    at = {job.id: job.next_run_time for job in ticking.get_jobs()}
    ticking.shutdown(wait=False)
    assert at == {"far": now, "near": now + timedelta(seconds=60)}


def test_sweeps_have_names_of_their_own() -> None:
    names = [one.name for one in sweeps()]
    assert len(names) == len(set(names))

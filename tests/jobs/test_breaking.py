"""Whatever breaks in a sweep or a worker is put off, and everything else goes on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.core.bulk import work as bulk_work
from bot.core.bulk.acts import Act
from bot.core.bulk.planning import Item, Job, JobState
from bot.core.following import marks as following_marks
from bot.core.ids import new_id
from bot.core.messages import gathering as broadcast_gathering
from bot.core.messages.broadcasts import Broadcast, BroadcastState
from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.requests import clock as request_clock
from bot.core.requests import digests
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.retention import DEFAULT_DAYS, Leftover
from bot.core.rights.actors import AccountKey
from bot.core.stuck import ItemTracker, Stuck
from bot.core.values import replace
from bot.jobs.bulk import BulkWorker
from bot.jobs.scheduler import Scheduler
from bot.jobs.sweeps import MOST_BREAKS, Sweep, sweep, sweeps
from tests.fakes.database import FakeDatabase
from tests.storage import build
from tests.storage.followings import thing
from tests.storage.messages import message
from tests.world import START, FakeClock, World, open_world

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SWEEPS = {one.name: one for one in sweeps()}


class Things:
    """Items of which some fail; each is done once, two per unit."""

    def __init__(self, *names: str, bad: set[str]) -> None:
        self.todo, self.bad = list(names), bad
        self.done: list[str] = []
        self.sweep = Sweep("things", 60, self, "thing")

    def __call__(self, uow: UnitOfWork, tracker: ItemTracker) -> int:
        off = uow.stuck.waiting("thing", uow.now)
        due = [one for one in self.todo if one not in off][:2]
        done = [self._do(one) for one in tracker.each("thing", due, str)]
        self.todo = [one for one in self.todo if one not in done]
        self.done += done
        return len(done)

    def _do(self, name: str) -> str:
        if name in self.bad:
            raise KeyError(name)
        return name


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(clock: FakeClock) -> FakeDatabase:
    return FakeDatabase(clock)


async def _stuck(database: Any) -> list[Stuck]:
    found: list[Stuck] = await database.read(lambda uow: uow.stuck.listed(99))
    return found


async def test_one_that_breaks_holds_nothing_else_up(
    database: FakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    things = Things(*"abcde", bad={"b"})
    assert await sweep(database, things.sweep) == 4
    assert things.done == [*"acde"]
    (stuck,) = await _stuck(database)
    assert (str(stuck.item), stuck.error, stuck.tries) == ("thing:b", "KeyError", 1)
    assert stuck.try_at == START + MINUTE
    assert [one.getMessage() for one in caplog.records] == ["A piece of work failed, and is retried later"]


async def test_it_is_tried_again_when_its_time_has_come_and_forgotten_when_it_goes_well(
    database: FakeDatabase, clock: FakeClock
) -> None:
    things = Things(*"abc", bad={"b"})
    await sweep(database, things.sweep)
    assert await sweep(database, things.sweep) == 0
    assert [one.tries for one in await _stuck(database)] == [1], "its time has not come"
    clock.forward(MINUTE)
    await sweep(database, things.sweep)
    assert [(one.tries, one.since, one.try_at) for one in await _stuck(database)] == [
        (2, START, START + 3 * MINUTE)
    ]
    things.bad.clear()
    clock.forward(2 * MINUTE)
    assert await sweep(database, things.sweep) == 1
    assert await _stuck(database) == []


async def test_what_is_no_longer_due_is_no_longer_stuck(database: FakeDatabase, clock: FakeClock) -> None:
    things = Things("b", bad={"b"})
    await sweep(database, things.sweep)
    things.todo.clear()
    await sweep(database, things.sweep)
    assert len(await _stuck(database)) == 1
    clock.forward(MINUTE)
    await sweep(database, things.sweep)
    assert await _stuck(database) == []


async def test_where_everything_breaks_the_sweep_fails_and_goes_on_at_its_next_tick(
    database: FakeDatabase,
) -> None:
    bad = [f"{number:02}" for number in range(MOST_BREAKS + 2)]
    things = Things(*bad, "good", bad={*bad})
    scheduler = Scheduler(database, [])
    await scheduler.do(things.sweep)
    state = await database.read(lambda uow: uow.jobs.of("things"))
    assert state is not None
    assert (state.failures, state.error) == (1, "KeyError")
    assert (things.done, len(await _stuck(database))) == ([], MOST_BREAKS)
    await scheduler.do(things.sweep)
    assert (things.done, len(await _stuck(database))) == (["good"], len(bad))


async def test_what_breaks_with_nothing_in_hand_fails_the_sweep(database: FakeDatabase) -> None:
    def unit(_: UnitOfWork, tracker: ItemTracker) -> int:
        assert not [*tracker.each("thing", (), str)]
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        await sweep(database, Sweep("s", 60, unit, "thing"))
    assert await _stuck(database) == []


async def test_what_postgresql_hears_of_late_is_blamed_on_what_it_was_written_for(postgres_url: str) -> None:
    todo = ["a", "b"]
    to = Destination.direct(AccountKey("web", "ada"))

    def unit(uow: UnitOfWork, tracker: ItemTracker) -> int:
        off = uow.stuck.waiting("thing", uow.now)
        due = [one for one in todo if one not in off]
        for one in tracker.each("thing", due, str):
            key = "no text has a \0" if one == "a" else one
            uow.outbox.queue(Notice(new_id(uow.now), key, "x:y", Audience.ADMIN, to, uow.now))
        if "a" not in due:
            todo.clear()
        return len(due)

    async with open_world(postgres_url) as world:
        assert await sweep(world.database, Sweep("things", 60, unit, "thing")) == 1
        assert [str(one.item) for one in await _stuck(world.database)] == ["thing:a"]


def _breaks_for(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, bad: Callable[..., bool]) -> None:
    """Make a function fail for some arguments."""
    real = getattr(module, name)

    def breaking(*given: Any, **more: Any) -> Any:
        if bad(*given):
            raise RuntimeError("broken")
        return real(*given, **more)

    monkeypatch.setattr(module, name, breaking)


async def test_a_request_that_breaks_holds_no_other_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def waiting(uow: UnitOfWork) -> list[JoinRequest]:
        school = build.school(uow)
        return [build.join_request(uow, school, build.person(uow, f"P{number}")) for number in range(3)]

    asked = await world.database.run(waiting)
    due = [replace(one, due_at=START) for one in asked]
    await world.database.run(lambda uow: uow.join_requests.save_due_times(due))
    _breaks_for(monkeypatch, request_clock, "_lapse", lambda _, one: one.id == asked[0].id)
    for span in (99 * DAY, DAY):  # approvers are reminded first
        world.clock.forward(span)
        await sweep(world.database, SWEEPS["waiting requests"])
    found = await world.database.read(lambda uow: [uow.join_requests.by_id(one.id) for one in asked])
    states = [one.state for one in found if one]
    assert states == [RequestState.PENDING, RequestState.LAPSED, RequestState.LAPSED]
    assert [str(one.item) for one in await _stuck(world.database)] == [asked[0].subject]


async def test_a_scheduled_message_that_breaks_as_it_is_looked_up_holds_no_other_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def due(uow: UnitOfWork) -> list[Broadcast]:
        school, ada = build.school(uow), build.person(uow)
        build.membership(uow, school, ada)
        wanted, at = PeopleFilter(school.id).pack(), {"state": BroadcastState.SCHEDULED, "send_at": START}
        return [message(uow, school, ada, wanted=wanted, **at) for _ in range(3)]

    made = await world.database.run(due)
    _breaks_for(monkeypatch, broadcast_gathering, "audience", lambda *given: given[3].id == made[0].id)
    assert await sweep(world.database, SWEEPS["scheduled messages"]) == 2
    found = await world.database.read(lambda uow: [uow.broadcasts.by_id(one.id) for one in made])
    assert [one.state is BroadcastState.SCHEDULED for one in found if one] == [True, False, False]
    assert [str(one.item) for one in await _stuck(world.database)] == [made[0].subject]


async def test_a_schools_digest_that_breaks_holds_no_other_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def morning(uow: UnitOfWork) -> list[str]:
        made = [build.school(uow, name).id for name in ("Maple", "Oak", "Elm")]
        for of in made:
            uow.digests.check_soon(of, START)
        return made

    schools = await world.database.run(morning)
    _breaks_for(monkeypatch, digests, "_check", lambda _, school: school.id == schools[0])
    world.clock.forward(MINUTE)
    assert await sweep(world.database, SWEEPS["digests"]) == 2
    assert [str(one.item) for one in await _stuck(world.database)] == [f"digest:{schools[0]}"]


async def test_what_follows_a_role_and_breaks_holds_no_other_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def due(uow: UnitOfWork) -> list[str]:
        school = build.school(uow)
        return sorted(thing(uow, school, name).id for name in ("Staff", "Others", "All"))

    bad, *good = await world.database.run(due)
    _breaks_for(monkeypatch, following_marks, "ask_to_look", lambda _, follower: follower.id == bad)
    assert await sweep(world.database, SWEEPS["followed roles"]) == 2
    assert [(one.item.of, one.tries) for one in await _stuck(world.database)] == [(bad, 1)]
    world.clock.forward(MINUTE)
    left = await world.database.read(lambda uow: uow.followings.due_for_look(uow.now, 9))
    assert (left, good) == ([bad], sorted(good)), "it is tried again, and the others were looked at"


async def test_a_kind_of_leftover_that_breaks_holds_no_other_up(
    database: FakeDatabase, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.fakes.leftovers import FakeLeftovers  # noqa: PLC0415

    def bad(_: FakeLeftovers, what: Leftover, *__: Any) -> bool:
        return what is next(iter(DEFAULT_DAYS))

    _breaks_for(monkeypatch, FakeLeftovers, "purge", bad)
    await database.run(lambda uow: uow.arrivals.record("old", START))
    clock.forward(9 * DAY)
    assert await sweep(database, SWEEPS["retention"]) == 1
    assert [str(one.item) for one in await _stuck(database)] == ["leftover:messages"]


async def test_bulk_work_that_breaks_holds_no_other_up_and_goes_on_when_it_is_mended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun(uow: UnitOfWork) -> list[Job]:
        school, who = build.school(uow), build.person(uow)
        jobs = [
            Job(new_id(START), school.id, Act.ARCHIVE, "", "d", JobState.APPLYING, START, started_by=who.id)
            for _ in range(2)
        ]
        for job in jobs:
            assert uow.bulk.add(job, [Item(1, school.id, who.id, Act.ARCHIVE, "listed")])
        return jobs

    jobs = await world.database.run(begun)

    async def states() -> list[JobState]:
        found = await world.database.read(lambda uow: [uow.bulk.by_id(one.id) for one in jobs])
        return [one.state for one in found if one]

    work = BulkWorker(world.database, world.clock)
    with monkeypatch.context() as patch:
        _breaks_for(patch, bulk_work, "_do_chunk", lambda _, __, job: job.id == jobs[0].id)
        while await work.round():
            pass
        assert await states() == [JobState.APPLYING, JobState.DONE]
        assert [str(one.item) for one in await _stuck(world.database)] == [jobs[0].subject]
    assert not await work.round()
    world.clock.forward(MINUTE)
    assert await work.round()
    assert await states() == [JobState.DONE, JobState.DONE]
    assert await _stuck(world.database) == []

"""On SQLite's one writer, the work of a unit does not grow with the size of the school."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from bot.core.messages import gathering as broadcast_gathering
from bot.core.messages.broadcasts import BroadcastState, Failure, RecipientState
from bot.core.ports import UnitOfWork
from bot.core.requests import clock as request_clock
from bot.core.requests.join_requests import RequestState
from bot.core.values import replace
from bot.jobs.broadcasts import BroadcastWorker
from bot.jobs.sweeps import sweep, sweeps
from bot.storage.database import READERS, SqliteDatabase
from bot.storage.writer import SqliteThread
from tests.core.door import actions_in
from tests.patience import PATIENCE
from tests.storage import build
from tests.world import World, caller, open_world

ADA = caller("ada", administers=True)
UNSENT = (RecipientState.WAITING, RecipientState.QUEUED)
FEW, MANY = 60, 600
CHUNK = 20
Deed = Callable[[World], Awaitable[None]]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make chunks small, so that both schools need many."""
    monkeypatch.setattr(broadcast_gathering, "FEW", CHUNK)
    monkeypatch.setattr(broadcast_gathering, "CHUNK", CHUNK)
    monkeypatch.setattr(request_clock, "_RESCHEDULE_BATCH", CHUNK)


@asynccontextmanager
async def school_of(folder: Path, number: int) -> AsyncIterator[World]:
    """Make a school with this many members, and as many pending requests."""
    async with open_world(f"sqlite:///{folder / str(number)}.db") as world:
        await world.runner.type('/school create "Maple Grove" approval:"by request"', ADA)

        def fill(uow: UnitOfWork) -> None:
            (school,) = uow.schools.overseen(None, "", 9)
            for one in range(number):
                build.membership(uow, school, build.person(uow, f"P{one}"))
                build.join_request(uow, school, build.person(uow, f"Q{one}"))

        await world.database.run(fill)
        yield world


@contextmanager
def units(*threads: SqliteThread) -> Iterator[list[int]]:
    """Record how many hundred virtual machine steps SQLite takes for each unit."""
    found = [0]

    def step() -> int:
        found[-1] += 1
        return 0

    for one in threads:
        one._connection.set_trace_callback(
            lambda asked: found.append(0) if asked.startswith("BEGIN") else None
        )
        one._connection.set_progress_handler(step, 100)
    yield found
    for one in threads:
        one._connection.set_trace_callback(None)
        one._connection.set_progress_handler(None, 0)


async def _click(world: World, command: str, **values: str) -> None:
    reply = await world.runner.run(command, ADA, values, clicked=True)
    assert not reply.refused


async def _gathered(world: World) -> str:
    """Store the recipients of the only broadcast under way."""
    while found := await world.database.read(lambda uow: uow.broadcasts.gathering()):
        await BroadcastWorker(world.database).round()
        (made,) = found
    return made


async def message(world: World) -> None:
    """Draft a broadcast to all, show it again, send it, and retry it for those not reached: nobody."""
    shown = await world.runner.type('/message send subject:News text:"Hello {{first_name}}"', ADA)
    made = actions_in(shown)["Send now"].values["broadcast"]
    await _click(world, "message look", broadcast=made)
    await _click(world, "message go", broadcast=made)
    assert await _gathered(world) == made


async def again(world: World) -> None:
    """Retry a broadcast for those not reached: nobody."""
    await message(world)

    def lose(uow: UnitOfWork) -> str:
        (school,) = uow.schools.overseen(None, "", 9)
        (sent,) = uow.broadcasts.listed(school.id, wide=True, before=None, limit=9)
        waiting = uow.recipients.listed(sent.id, UNSENT, after="", limit=CHUNK)
        for one in waiting:
            lost = replace(one, state=RecipientState.FAILED, why=Failure.REFUSED)
            assert uow.recipients.settle(lost, expected=one)
        over = replace(sent, state=sent.state if waiting else BroadcastState.DONE)
        assert uow.broadcasts.save(over, expected=sent.state)
        return "" if waiting else sent.id

    while not (made := await world.database.run(lose)):
        pass
    await _click(world, "message again", broadcast=made)
    assert await _gathered(world) == made


async def times(world: World) -> None:
    """Change the times of reminders while many requests are pending."""
    assert not (await world.runner.type("/school reminders remind_hours:6", ADA)).refused
    (waiting,) = (one for one in sweeps() if one.name == "waiting requests")
    assert await sweep(world.database, waiting)

    def timed(uow: UnitOfWork) -> bool:
        (school,) = uow.schools.overseen(None, "", 9)
        found = uow.join_requests.listed(school.id, RequestState.PENDING, after=None, limit=9 * MANY)
        return all(one.due_at for one in found)

    assert await world.database.read(timed)


@pytest.mark.parametrize("deed", [message, again, times], ids=lambda one: one.__name__)
async def test_no_unit_of_a_deed_takes_longer_in_a_larger_school(tmp_path: Path, deed: Deed) -> None:
    longest = []
    for number in (FEW, MANY):
        async with school_of(tmp_path, number) as world:
            with units(_database(world)._writer) as found:
                await deed(world)
        longest.append(max(found))
    assert longest[1] < 2 * longest[0]


async def test_a_plan_is_worked_out_where_nobody_waits_for_it(tmp_path: Path) -> None:
    """The writer only inserts a row for each person; a reader computes what happens to them."""
    async with school_of(tmp_path, MANY) as world:
        database = _database(world)
        with units(database._writer) as writes, units(*database._readers) as reads:
            shown = await world.runner.type("/bulk plan act:suspend", ADA)
            plan = actions_in(shown)["Apply"]
            await _click(world, plan.command, **plan.values)
    assert max(writes) < max(reads) / 5


def _database(world: World) -> SqliteDatabase:
    assert isinstance(world.database, SqliteDatabase)
    return world.database


@pytest.mark.parametrize("act", ["suspend", "invite later", "replace organizations"])
async def test_a_plan_is_worked_out_by_readers_of_both_databases(world: World, act: str) -> None:
    """When a plan is applied, its checks lock the school; a reader cannot lock anything."""
    await world.runner.type('/school create "Maple Grove"', ADA)

    def fill(uow: UnitOfWork) -> None:
        (school,) = uow.schools.overseen(None, "", 9)
        for one in range(3):
            build.membership(uow, school, build.person(uow, f"P{one}"))

    await world.database.run(fill)
    more = ' schools:"Maple Grove"' if act.startswith("replace") else ""
    shown = await world.runner.type(f'/bulk plan act:"{act}"{more}', ADA)
    assert not shown.refused
    plans = [one for one in actions_in(shown).values() if one.command == "bulk apply"]
    assert len(plans) == (act == "suspend"), "the others are there, and have accounts"
    for plan in plans:
        await _click(world, plan.command, **plan.values)


async def test_nobody_waits_behind_one_who_reads_for_long_while_another_reader_is_free(
    tmp_path: Path,
) -> None:
    go_on, begun = threading.Event(), threading.Event()

    def long(_: UnitOfWork) -> None:
        begun.set()
        assert go_on.wait(2 * PATIENCE)

    async with open_world(f"sqlite:///{tmp_path}/small.db") as world:
        slow = asyncio.create_task(world.database.read(long))
        await asyncio.to_thread(begun.wait, PATIENCE)
        for _ in range(2 * READERS):
            assert await asyncio.wait_for(world.database.read(lambda uow: uow.now), PATIENCE)
        go_on.set()
        await slow

"""A plan applied twice at once, undone twice at once, and two workers in one job: each item once."""

import asyncio

import pytest

from bot.core.bulk_work import CHUNK
from bot.jobs.bulk import BulkWork
from tests.core.door import Door, actions_in, door_of, heard, maple
from tests.world import World, caller

ADA = caller("ada", administers=True)
TIMES = 50
PEOPLE = 3


@pytest.fixture
def door(world: World) -> Door:
    return door_of(world)


async def _people(door: Door, number: int) -> None:
    await maple(door)
    for place in range(number):
        line = f"/member create email:p{place}@example.org first_name:P{place} last_name:Many"
        await door.says(ADA, line)


async def _plan(door: Door) -> str:
    reply = await door.says(ADA, "/bulk plan act:suspend search:many")
    return actions_in(reply)["Apply"].values["job"]


async def test_a_plan_applied_and_undone_twice_at_once_happens_once(door: Door) -> None:
    await _people(door, PEOPLE)
    for number in range(1, TIMES + 1):
        job = await _plan(door)
        applied = await asyncio.gather(*(door.clicks(who, "bulk apply", job=job) for who in (ADA, "omar")))
        assert all(f"{PEOPLE} people of Maple Grove suspended" in heard(one) for one in applied)
        undone = await asyncio.gather(*(door.clicks(who, "bulk undo", job=job) for who in (ADA, "omar")))
        assert all(f"{PEOPLE} people of Maple Grove reinstated" in heard(one) for one in undone)
        done = await door.audited()
        assert done.count("bulk.applied") == done.count("bulk.undone") == number
        assert done.count("member.suspended") == done.count("member.reinstated") == number * PEOPLE


async def test_two_workers_in_one_job_do_each_item_once(door: Door) -> None:
    number = 2 * CHUNK + 5
    await _people(door, number)
    job = await _plan(door)
    await door.clicks(ADA, "bulk apply", job=job)
    workers = [BulkWork(door.database, door.clock) for _ in range(4)]
    while any(await asyncio.gather(*(worker.do_chunk() for worker in workers))):
        pass
    assert (await door.audited()).count("member.suspended") == number
    assert f"{number} people of Maple Grove suspended" in heard(await door.clicks(ADA, "bulk show", job=job))

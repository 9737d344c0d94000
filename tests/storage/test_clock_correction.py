"""The clock was years ahead and is corrected: nothing waits for a day that is far away."""

from datetime import timedelta

import pytest

from bot.core import clock_correction
from bot.core.audit import SealedEntry
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform
from bot.core.stuck import Stuck, TrackedItem
from bot.jobs.sweeps import record_run, sweep, sweeps
from tests.world import START, World, say

YEARS = timedelta(days=3650)
(CLOCK,) = (one for one in sweeps() if one.name == clock_correction.SWEEP)


@pytest.fixture
async def ahead(world: World) -> World:
    """A school where the clock was ahead for a day, with a pending request."""
    await say(world, "ada", "/school create name:Maple access:public")
    await say(world, "ada", "/school approvals")
    world.clock.at = START + YEARS
    assert "is waiting" in await say(world, "ben", "/join school:Maple")
    await _look(world)
    world.clock.at = START + timedelta(hours=1)
    return world


async def _look(world: World) -> int:
    found = await sweep(world.database, CLOCK)
    await record_run(world.database, CLOCK.name, 0.0)
    return found


async def test_what_was_queued_then_goes_out_now(ahead: World) -> None:
    def due(uow: UnitOfWork) -> list[str]:
        heads = uow.outbox.heads([*Platform], uow.now, full=(), limit=9)
        return [one.place for one in heads]

    assert await ahead.database.read(due) == []
    assert await _look(ahead) > 0
    assert await ahead.database.read(due) != []
    assert await _look(ahead) == 0


async def test_a_request_from_a_wrong_clock_is_reminded_of_from_now_on(ahead: World) -> None:
    await _look(ahead)
    await ahead.sweep()
    assert "ben" in (await say(ahead, "ada", "/request list")).casefold()
    ahead.clock.forward(timedelta(days=2))
    await ahead.sweep()
    actions = await ahead.database.read(lambda uow: [one.entry.action for one in _entries(uow)])
    assert "join_request.reminded" in actions


def _entries(uow: UnitOfWork) -> list[SealedEntry]:
    return [one for chain in uow.audit.chains() for one in uow.audit.chain(chain)]


async def test_what_was_put_off_and_held_then_is_tried_now(ahead: World) -> None:
    def unit(uow: UnitOfWork) -> None:
        far = START + YEARS
        uow.stuck.put_off(Stuck(TrackedItem("a", "b"), "OSError", 1, far, far))
        assert uow.leases.hold("shard 0", "killed", far, until=far)

    def waits(uow: UnitOfWork) -> tuple[bool, bool]:
        free = uow.leases.hold("shard 0", "other", uow.now, until=uow.now)
        return bool(uow.stuck.waiting("a", uow.now)), free

    await ahead.database.run(unit)
    assert await ahead.database.run(waits) == (True, False)
    await _look(ahead)
    assert await ahead.database.run(waits) == (False, True)


async def test_a_clock_that_goes_on_or_is_set_a_little_changes_nothing(world: World) -> None:
    await say(world, "ada", "/school create Maple")
    assert await _look(world) == 0
    for moved in (YEARS, timedelta(seconds=-59)):
        world.clock.forward(moved)
        assert await _look(world) == 0

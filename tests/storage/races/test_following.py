"""Two replicas apply the same followed roles: each change is made once, and none is lost."""

import asyncio
from functools import partial

from bot.core.following import following
from bot.core.following.ports import MarkState, Native, NativeKind
from bot.core.people import lifecycle
from bot.core.people.lifecycle import Verb
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from bot.jobs.following import RoleComparisonWorker
from tests.core.following_stage import FakePlatform, Stage
from tests.storage.rounds import times
from tests.world import World, deliver_due

MEMBERS = [str(number) for number in range(20, 20 + times(20))]


class Watched(FakePlatform):
    """A platform that records whether a list was changed twice at the same time."""

    together = 0
    most = 0

    async def change(self, *args: object, **kwargs: object) -> frozenset[str]:
        self.together += 1
        self.most = max(self.most, self.together)
        await asyncio.sleep(0)
        try:
            return await super().change(*args, **kwargs)  # type: ignore[arg-type]
        finally:
            self.together -= 1


async def _stage(world: World) -> Stage:
    stage = await Stage(world.database, world.clock, Watched()).open()
    for account in MEMBERS:
        await stage.member(account, "Staff")
    return stage


async def test_two_replicas_give_each_role_once(world: World) -> None:
    stage = await _stage(world)
    await stage.follow("Staff", "staff")
    await asyncio.gather(*(RoleComparisonWorker(world.database).compare() for _ in range(4)))
    await asyncio.gather(*(deliver_due(stage.delivery()) for _ in range(3)))
    await stage.settle()
    assert stage.platform.has["staff"] == set(MEMBERS)
    assert len(stage.platform.calls) == len(MEMBERS)


async def test_a_list_is_changed_by_one_replica_at_a_time(world: World) -> None:
    stage = await _stage(world)
    stage.platform.has["group"] = set()
    native = Native(NativeKind.GROUP, "group", "group")
    await stage.do(partial(_follow, stage=stage, native=native))
    for _ in range(5):
        await asyncio.gather(*(RoleComparisonWorker(world.database).compare() for _ in range(3)))
        await asyncio.gather(*(deliver_due(stage.delivery()) for _ in range(3)))
        await stage.do(lambda uow: uow.followings.nudge_those_of(stage.admin.person_id or ""))
    assert stage.platform.has["group"] == set(MEMBERS)
    assert isinstance(stage.platform, Watched)
    assert stage.platform.most == 1
    assert sorted(one for _, added, _ in stage.platform.calls for one in added) == sorted(MEMBERS)


def _follow(uow: UnitOfWork, *, stage: Stage, native: Native) -> None:
    following.follow(uow, stage.admin, stage.school, "Staff", native)


async def test_no_change_is_lost_between_comparing_and_committing(world: World) -> None:
    """A comparison that reads before a change is committed must not count that as seen."""
    stage = await _stage(world)
    await stage.follow("Staff", "staff")
    people = await stage.do(lambda uow: {one: _person(uow, one) for one in MEMBERS})

    async def suspend(account: str) -> None:
        person = people[account]
        await stage.do(lambda uow: lifecycle.change(uow, stage.admin, stage.school, person, Verb.SUSPEND))

    async def compare() -> None:
        for _ in range(10):
            await RoleComparisonWorker(world.database).compare()
            await deliver_due(stage.delivery())

    await asyncio.gather(*(suspend(one) for one in MEMBERS[::2]), compare(), compare())
    await stage.settle()
    assert stage.platform.has["staff"] == set(MEMBERS[1::2])


def _person(uow: UnitOfWork, account: str) -> str:
    marks = uow.people.by_account(AccountKey("discord", account))
    assert marks is not None
    return marks.id


async def test_who_is_marked_twice_at_once_is_marked_once(world: World) -> None:
    stage = await _stage(world)
    staff = await stage.follow("Staff", "staff")
    await asyncio.gather(*(RoleComparisonWorker(world.database).compare() for _ in range(6)))
    number = await stage.do(lambda uow: uow.follow_marks.count_by_state(staff.id))
    assert number == {(True, MarkState.QUEUED): len(MEMBERS)}
    assert await stage.do(lambda uow: uow.outbox.count_waiting()) == len(MEMBERS)

"""A plan is applied or undone twice at once, or has two workers: each item is done once, and none is lost."""

import asyncio
from functools import partial

import pytest

from bot.core.bulk import planning as bulk
from bot.core.bulk import work as bulk_work
from bot.core.bulk.acts import Act
from bot.core.bulk.planning import BulkRequest
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.jobs.bulk import BulkWorker
from tests.storage import build
from tests.storage.rounds import (
    ROUNDS,
    Database,
    Ground,
    Unit,
    actions,
    as_,
    check_audit_chains,
    ground,
    grounds,
    race,
    refused,
    somebody,
)
from tests.world import FakeClock


def _plan(uow: UnitOfWork, actor: Actor, of: Ground, *, text: str = "nia") -> str:
    wish = BulkRequest(Act.SUSPEND, PeopleFilter(of.school.id, text=text))
    job = bulk.store_plan(uow, actor, of.school, bulk.make_plan(uow, actor, of.school, wish)).job
    assert job is not None
    return job.id


def _apply(uow: UnitOfWork, actor: Actor, of: Ground, job: str) -> object:
    planned = bulk.find(uow, job)
    now = bulk_work.current_plan(uow, actor, of.school, planned)
    return bulk_work.apply(uow, actor, of.school, planned, now)


def _undo(uow: UnitOfWork, actor: Actor, of: Ground, job: str) -> object:
    return bulk_work.undo(uow, actor, of.school, bulk.find(uow, job))


async def test_a_plan_applied_and_undone_twice_at_once_happens_once(database: Database) -> None:
    land = await grounds(database)
    jobs = await database.run(lambda uow: [as_("ada", of, partial(_plan, of=of))(uow) for of in land])
    for act, done, each in (
        (_apply, "bulk.applied", "member.suspended"),
        (_undo, "bulk.undone", "member.reinstated"),
    ):
        rounds = [
            [as_(name, of, partial(act, of=of, job=job)) for name in ("ada", "omar")]
            for of, job in zip(land, jobs, strict=True)
        ]
        assert not any(refused(one) for one in await race(database, rounds))
        found = await actions(database)
        assert found.count(done) == found.count(each) == ROUNDS
    await check_audit_chains(database)


async def test_two_workers_in_one_job_do_each_item_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They race for each item, one at a time."""
    monkeypatch.setattr(bulk_work, "CHUNK", 1)

    def prepare(uow: UnitOfWork) -> tuple[Ground, str]:
        of = ground(uow, 0)
        for number in range(ROUNDS):
            who = somebody(uow, "many", number)
            build.membership(uow, of.school, who)
        return of, as_("ada", of, partial(_plan, of=of, text="many"))(uow)

    of, job = await database.run(prepare)
    await database.run(as_("ada", of, partial(_apply, of=of, job=job)))
    workers = [BulkWorker(database, FakeClock()) for _ in range(2)]
    while any(await asyncio.gather(*(worker.round() for worker in workers))):
        pass
    assert (await actions(database)).count("member.suspended") == ROUNDS


async def test_a_plan_that_is_applied_as_old_plans_are_dropped_is_kept(database: Database) -> None:
    land = await grounds(database)
    jobs = await database.run(lambda uow: [as_("ada", of, partial(_plan, of=of))(uow) for of in land])

    def drops(of: Ground) -> Unit:
        return lambda uow: uow.bulk.drop_plans_for([of.nia.id])

    rounds = [
        [as_("ada", of, partial(_apply, of=of, job=job)), drops(of)]
        for of, job in zip(land, jobs, strict=True)
    ]
    await race(database, rounds, later=range(0, 120, 4))
    kept = await database.read(lambda uow: [job for job in jobs if uow.bulk.by_id(job) is not None])
    assert len(kept) == (await actions(database)).count("bulk.applied")

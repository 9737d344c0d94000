"""The contract of every store for bulk jobs."""

from datetime import timedelta

from bot.core.bulk.acts import Act
from bot.core.bulk.planning import Item, ItemState, Job, JobState
from bot.core.bulk.reasons import KeptOutReason
from bot.core.ports import UnitOfWork
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store

SPAN = timedelta(seconds=60)


def _job(uow: UnitOfWork, **changes: object) -> tuple[Job, list[Item]]:
    school = build.school(uow)
    job = Job(
        build.fresh_id(),
        school.id,
        Act.ARCHIVE,
        "--s\nnia",
        "digest",
        JobState.PLANNED,
        uow.now,
        schools=("a", "b"),
    )
    people = [build.person(uow, name) for name in ("Nia", "Leo", "Mia")]
    items = [Item(place, school.id, one.id, Act.ARCHIVE, "listed") for place, one in enumerate(people, 1)]
    items[2] = replace(items[2], state=ItemState.KEPT, why=KeptOutReason.PRIMARY)
    return replace(job, **changes), items  # type: ignore[arg-type]  # the caller names fields


async def test_a_job_is_stored_with_its_items_and_settled_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        job, items = _job(uow)
        assert uow.bulk.add(job, items)
        assert uow.bulk.by_id(job.id) == job
        assert uow.bulk.by_id("nothing") is None
        assert list(uow.bulk.items(job.id, None, after=0, limit=9)) == items
        assert list(uow.bulk.items(job.id, None, after=1, limit=1)) == items[1:2]
        done = replace(items[0], state=ItemState.DONE, made="something")
        assert uow.bulk.settle(job.id, done)
        assert not uow.bulk.settle(job.id, replace(items[0], state=ItemState.KEPT, why=KeptOutReason.GONE))
        assert not uow.bulk.settle(job.id, replace(items[2], state=ItemState.DONE, why=None))
        assert list(uow.bulk.items(job.id, ItemState.DONE, after=0, limit=9)) == [done]
        assert dict(uow.bulk.counts(job.id)) == {
            (ItemState.DONE, None): 1,
            (ItemState.PLANNED, None): 1,
            (ItemState.KEPT, KeptOutReason.PRIMARY): 1,
        }

    await store.run(unit)


async def test_a_plan_is_started_once_and_forgets_its_search(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        job, items = _job(uow)
        uow.bulk.add(job, items)
        by = items[0].person_id
        assert uow.bulk.start(job.id, by=by, front="web")
        assert not uow.bulk.start(job.id, by=items[1].person_id, front="slack")
        started = replace(job, state=JobState.APPLYING, wanted="", started_by=by, front="web")
        assert uow.bulk.by_id(job.id) == started
        uow.bulk.finish(job.id)
        assert uow.bulk.by_id(job.id) == replace(started, state=JobState.DONE)

    await store.run(unit)


async def test_one_worker_has_a_job_until_its_claim_ends(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        planned, items = _job(uow)
        uow.bulk.add(planned, items)
        assert uow.bulk.next_unclaimed("one", uow.now) is None
        assert not uow.bulk.claim(planned.id, "one", uow.now, until=uow.now + SPAN)
        job, items = _job(uow, state=JobState.APPLYING)
        uow.bulk.add(job, items)
        assert uow.bulk.next_unclaimed("one", uow.now) == job.id
        assert uow.bulk.claim(job.id, "one", uow.now, until=uow.now + SPAN)
        assert uow.bulk.next_unclaimed("two", uow.now) is None
        assert not uow.bulk.claim(job.id, "two", uow.now, until=uow.now + SPAN)
        assert uow.bulk.next_unclaimed("one", uow.now) == job.id
        assert uow.bulk.claim(job.id, "one", uow.now, until=uow.now + SPAN)
        later = uow.now + SPAN
        assert uow.bulk.next_unclaimed("two", later) == job.id
        assert uow.bulk.claim(job.id, "two", later, until=later + SPAN)
        uow.bulk.finish(job.id)
        assert uow.bulk.next_unclaimed("two", later) is None
        assert not uow.bulk.claim(job.id, "two", later, until=later + SPAN)

    await store.run(unit)


async def test_a_job_is_undone_by_one_other(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        job, items = _job(uow)
        uow.bulk.add(job, items)
        assert uow.bulk.undone_by(job.id) is None
        reverse, others = _job(uow, undoes=job.id, act=Act.RESTORE)
        assert uow.bulk.add(reverse, others)
        again, others = _job(uow, undoes=job.id, act=Act.RESTORE)
        assert not uow.bulk.add(again, others)
        assert uow.bulk.undone_by(job.id) == reverse
        assert list(uow.bulk.items(again.id, None, after=0, limit=9)) == []

    await store.run(unit)


async def test_old_plans_are_dropped_and_jobs_stay(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        kept = []
        for state in JobState:
            job, items = _job(uow, state=state)
            uow.bulk.add(job, items)
            kept.append(job)
        uow.bulk.drop_plans(uow.now)
        assert all(uow.bulk.by_id(job.id) for job in kept)
        uow.bulk.drop_plans(uow.now + timedelta(seconds=1))
        assert [uow.bulk.by_id(job.id) is None for job in kept] == [
            job.state is JobState.PLANNED for job in kept
        ]
        assert list(uow.bulk.items(kept[0].id, None, after=0, limit=9)) == []

    await store.run(unit)


async def test_plans_about_somebody_are_dropped_and_jobs_stay(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = []
        for state in JobState:
            job, items = _job(uow, state=state)
            uow.bulk.add(job, items)
            made.append((job, items))
        uow.bulk.drop_plans_for([build.fresh_id()])
        assert all(uow.bulk.by_id(job.id) for job, _ in made)
        uow.bulk.drop_plans_for([build.fresh_id(), *(items[2].person_id for _, items in made)])
        left = {job.state for job, _ in made if uow.bulk.by_id(job.id)}
        assert left == set(JobState) - {JobState.PLANNED}
        for job, items in made:
            kept = [] if job.state is JobState.PLANNED else items
            assert list(uow.bulk.items(job.id, None, after=0, limit=9)) == kept

    await store.run(unit)

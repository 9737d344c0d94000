"""The contract of every store for the states of background jobs."""

from datetime import timedelta

from bot.core.jobs import after
from bot.core.ports import UnitOfWork
from bot.jobs.sweeps import record_run
from tests.storage.conftest import Store
from tests.world import START, FakeClock


async def test_a_job_that_never_ran_is_unknown(store: Store) -> None:
    assert await store.read(lambda uow: uow.jobs.of("digests")) is None
    assert await store.read(lambda uow: uow.jobs.all()) == []


async def test_failures_add_up_until_it_succeeds(store: Store, clock: FakeClock) -> None:
    await record_run(store, "digests", 0.5)
    for _ in range(2):
        clock.forward(timedelta(minutes=1))
        await record_run(store, "digests", 1.5, "OSError")
    await record_run(store, "codes", 0.25)
    codes, digests = await store.read(lambda uow: uow.jobs.all())
    assert (codes.name, codes.failures, codes.error) == ("codes", 0, "")
    assert (digests.succeeded_at, digests.ran_at) == (START, START + timedelta(minutes=2))
    assert (digests.failures, digests.error, digests.seconds) == (2, "OSError", 1.5)
    clock.forward(timedelta(minutes=1))
    await record_run(store, "digests", 0.5)

    def fresh(uow: UnitOfWork) -> None:
        assert uow.jobs.of("digests") == after(None, "digests", uow.now, 0.5, "")

    await store.read(fresh)

"""The contract of every store for what replicas coordinate."""

from datetime import timedelta

from bot.core.ports import UnitOfWork
from tests.storage.conftest import Store
from tests.world import START, FakeClock

A_WHILE = timedelta(seconds=30)


async def test_what_arrives_again_is_known(store: Store, clock: FakeClock) -> None:
    assert await store.run(lambda uow: uow.arrivals.record("one", uow.now))
    assert not await store.run(lambda uow: uow.arrivals.record("one", uow.now))
    clock.forward(A_WHILE)
    assert not await store.run(lambda uow: uow.arrivals.record("one", uow.now))
    assert await store.run(lambda uow: uow.arrivals.record("another", uow.now))


async def test_only_one_has_a_lease_and_another_gets_it_when_it_ends(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        def hold(who: str, seconds: int, name: str = "shard 0") -> bool:
            now = START + timedelta(seconds=seconds)
            return uow.leases.hold(name, who, now, until=now + A_WHILE)

        assert hold("a", 0)
        assert not hold("b", 1)
        assert hold("b", 1, "shard 1")
        assert hold("a", 20)
        assert not hold("b", 49)
        assert hold("b", 50)
        assert not hold("a", 51)

    await store.run(unit)


async def test_only_whoever_has_a_lease_gives_it_back(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        assert uow.leases.hold("shard 0", "a", START, until=START + A_WHILE)
        uow.leases.release("shard 0", "b")
        assert (uow.leases.holder("shard 0"), uow.leases.holder("shard 1")) == ("a", None)
        assert not uow.leases.hold("shard 0", "b", START, until=START + A_WHILE)
        uow.leases.release("shard 0", "a")
        assert uow.leases.hold("shard 0", "b", START, until=START + A_WHILE)

    await store.run(unit)

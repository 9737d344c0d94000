"""The contract of every store for secret keys and the replicas in service; see `test_key_rotation`."""

from datetime import timedelta

from bot.core.ports import UnitOfWork
from tests.storage.conftest import Store
from tests.world import START

A_WHILE = timedelta(minutes=1)


async def test_an_installation_begins_with_the_key_of_its_settings(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        (key,) = uow.secret_keys.needed()
        assert (key.name, key.since, key.replaced_at) == (uow.secret_keys.configured[0], START, None)
        assert uow.secret_keys.count_sealed(key.name) == 0
        assert list(uow.secret_keys.to_reseal(uow.now, 9)) == []

    await store.read(unit)


async def test_a_replica_serves_until_it_leaves_or_says_nothing_more(store: Store) -> None:
    def serves(uow: UnitOfWork, seconds: int) -> list[int]:
        now = START + timedelta(seconds=seconds)
        found = uow.secret_keys.replicas(now, now + A_WHILE)
        assert all(one.keys == uow.secret_keys.configured for one in found)
        return [int((one.until - START).total_seconds()) for one in found]

    def unit(uow: UnitOfWork) -> None:
        keys = uow.secret_keys
        keys.hold()
        keys.serve(START, START + A_WHILE)
        assert (serves(uow, 0), serves(uow, 59), serves(uow, 60)) == ([60], [60], [])
        assert serves(uow, -1) == []  # this cannot be in the future, unless a clock was put back
        for seconds, until in ((30, 60), (31, 91)):
            now = START + timedelta(seconds=seconds)
            keys.serve(now, now + A_WHILE)
            assert serves(uow, seconds) == [until]
        keys.leave()
        keys.leave()
        assert serves(uow, 31) == []

    await store.run(unit)

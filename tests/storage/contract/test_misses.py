"""The contract of every store for wrong guesses of codes."""

from datetime import datetime, timedelta

from sqlalchemy import select

from bot.core.ports import UnitOfWork
from bot.storage.tables import misses
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.storage.conftest import Store
from tests.world import START, FakeClock, World

MINUTE = timedelta(minutes=1)


async def _miss(store: Store, whose: str, times: int = 1) -> None:
    await store.run(lambda uow: uow.misses.add(whose, times))


async def _newest(store: Store, **wanted: int) -> dict[str, datetime]:
    return dict(await store.read(lambda uow: uow.misses.nth_newest(wanted)))


async def test_the_nth_newest_of_each_is_told(store: Store, clock: FakeClock) -> None:
    for whose in ("ada", "bob", "ada", "ada"):
        await _miss(store, whose)
        clock.forward(MINUTE)
    assert await _newest(store, ada=1) == {"ada": START + 3 * MINUTE}
    assert await _newest(store, ada=3, bob=1) == {"ada": START, "bob": START + MINUTE}
    assert await _newest(store, ada=4, bob=2, eve=1) == {}


async def test_a_miss_can_count_several_times(store: Store) -> None:
    await _miss(store, "ada", 3)
    assert await _newest(store, ada=3) == {"ada": START}
    assert await _newest(store, ada=4) == {}


async def test_old_ones_are_forgotten(store: Store, clock: FakeClock) -> None:
    await _miss(store, "ada")
    clock.forward(MINUTE)
    await _miss(store, "ada")
    await store.run(lambda uow: uow.misses.drop(START + MINUTE))
    assert await _newest(store, ada=1) == {"ada": START + MINUTE}
    assert await _newest(store, ada=2) == {}


async def test_nobody_is_named_in_the_database(world: World) -> None:
    whose = "account discord:1234567"

    def unit(uow: UnitOfWork) -> list[str]:
        assert isinstance(uow, SqlUnitOfWork)
        uow.misses.add(whose, 1)
        return [repr(row) for row in uow.members.connection.execute(select(misses))]

    (row,) = await world.database.run(unit)
    assert "1234567" not in row
    assert "discord" not in row

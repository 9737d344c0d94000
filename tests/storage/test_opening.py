"""How databases are opened."""

from tests.world import World


async def test_the_database_answers(world: World) -> None:
    assert await world.database.read(lambda uow: uow.outbox.waiting()) == 0

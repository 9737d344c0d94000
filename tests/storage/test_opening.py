"""How databases are opened."""

from pathlib import Path

from tests.world import World, open_world, sqlite_url


async def test_the_database_answers(world: World) -> None:
    assert await world.database.read(lambda uow: uow.outbox.waiting()) == 0


async def test_nobody_else_reads_the_file(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        await world.database.run(lambda uow: uow.outbox.waiting())
        modes = _modes(tmp_path)
    assert "homeroom.db" in modes
    assert set(modes.values()) == {0o600}


def _modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}

"""How databases are opened."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool

from bot.storage import engines
from bot.storage.addresses import Unusable, asyncpg_url
from bot.storage.database import SqliteDatabase, open_database
from bot.storage.vault import Vault
from tests.world import KEY, FakeClock, World, open_world, sqlite_url


async def test_the_database_answers(world: World) -> None:
    assert await world.database.read(lambda uow: uow.outbox.count_waiting()) == 0


async def test_nobody_else_reads_the_file(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        await world.database.run(lambda uow: uow.outbox.count_waiting())
        assert isinstance(world.database, SqliteDatabase)
        assert world.database.file.claim()  # whoever may read the lock could lock the next bot out
        modes = _modes(tmp_path)
    assert {"homeroom.db", "homeroom.db.lock"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def _modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_what_somebody_has_counted_in_the_file_does_not_mislead_it(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)):
        pass
    with closing(sqlite3.connect(tmp_path / "homeroom.db")) as connection:
        connection.execute("ANALYZE")
        connection.execute("INSERT INTO sqlite_stat1 VALUES ('persons', NULL, '3')")
        connection.commit()
    async with open_world(sqlite_url(tmp_path)) as world:
        await world.database.run(lambda uow: uow.outbox.count_waiting())
    with closing(sqlite3.connect(tmp_path / "homeroom.db")) as connection:
        assert connection.execute("SELECT * FROM sqlite_stat1").fetchall() == []


async def test_a_pooler_that_hands_sessions_on_is_refused(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another connection or replica would find prepared statements of a session as its own."""
    one_for_all = create_async_engine(asyncpg_url(postgres_url), poolclass=StaticPool)
    monkeypatch.setattr(engines, "open_engine", lambda *_, **__: one_for_all)
    with pytest.raises(Unusable, match="pool_mode=session"):
        await open_database(postgres_url, FakeClock(), Vault(KEY))
    await one_for_all.dispose()

"""The migrations: up, down, and equal to the tables in the code."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, MetaData, Text, create_engine, inspect, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.storage import migrate
from bot.storage.database import open_database
from bot.storage.migrations import searching
from bot.storage.tables import metadata
from bot.storage.vault import Vault
from tests import migration
from tests.postgres import PostgresServer
from tests.storage.processes import another_process
from tests.world import KEY, FakeClock

PROGRAM = """
from bot.storage.database import open_database
from bot.storage.vault import Vault
from datetime import UTC, datetime

class Clock:
    def now(self):
        return datetime.now(UTC)

async def main(url):
    database = await open_database(url, Clock(), Vault(bytes(range(32))))
    assert await database.read(lambda uow: uow.outbox.count_waiting()) == 0
    await database.close()
"""


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection,
        opts={"compare_type": True, "compare_server_default": True, "include_name": searching.drawn},
    )
    return list(compare_metadata(context, metadata))


def _there_and_back(connection: Connection) -> None:
    migrate.upgrade(connection)
    assert _differences(connection) == []
    there = set(inspect(connection).get_table_names()).difference(searching.SHADOWS)
    assert there == {*metadata.tables, "alembic_version"}
    migrate.upgrade(connection)
    assert _differences(connection) == []
    migrate.downgrade(connection, "base")
    assert inspect(connection).get_table_names() == ["alembic_version"]
    migrate.upgrade(connection)
    assert _differences(connection) == []


def test_the_first_migration_is_what_the_tables_say(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parents[2] / "pyproject.toml", tmp_path)  # how long our lines are
    drawn = migration.draw(tmp_path)
    kept = migrate.VERSIONS / drawn.name
    assert drawn.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")


def test_a_later_migration_says_what_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in migrate.VERSIONS.glob("*.py"):
        shutil.copy(file, tmp_path)
    changed = MetaData()
    for one in metadata.tables.values():
        one.to_metadata(changed)
    changed.tables["schools"].append_column(Column("motto", Text))
    monkeypatch.setattr("bot.storage.tables.metadata", changed)
    drawn = migration.draw(tmp_path, "A motto")
    assert drawn.name == "0002_a_motto.py"
    text = drawn.read_text(encoding="utf-8")
    assert "add_column(sa.Column('motto'" in text.replace('"', "'")
    assert text.count("op.") == text.count("batch_op.") + 2, "nothing else has changed"


def test_there_and_back_on_sqlite(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'small.db'}")
    with engine.begin() as connection:
        _there_and_back(connection)
    engine.dispose()


async def test_there_and_back_on_postgresql(postgres: PostgresServer) -> None:
    async with postgres.empty_database() as url:
        engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
        async with engine.begin() as connection:
            await connection.run_sync(_there_and_back)
        await engine.dispose()


async def _open_at_once(url: str) -> None:
    """Open an empty database in this process and in another one at the same time."""
    async with another_process(PROGRAM, url) as other:
        other.go()
        database = await open_database(url, FakeClock(), Vault(KEY))
        await database.close()
        await other.ended_well()


async def test_processes_that_start_together_migrate_one_after_the_other_on_sqlite(tmp_path: Path) -> None:
    place = tmp_path / "new" / "homeroom.db"
    await _open_at_once(f"sqlite:///{place}")
    with sqlite3.connect(place) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


async def test_processes_that_start_together_migrate_one_after_the_other_on_postgresql(
    postgres: PostgresServer,
) -> None:
    async with postgres.empty_database() as url:
        await _open_at_once(url)


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "small.db"

    def breaks(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE half (x)")
        raise RuntimeError("no")

    monkeypatch.setattr(migrate, "upgrade", breaks)
    with pytest.raises(RuntimeError):
        migrate.migrate_file(str(place))
    monkeypatch.undo()
    with sqlite3.connect(place) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()
    migrate.migrate_file(str(place))


async def test_a_file_that_another_process_is_making_is_waited_for(tmp_path: Path) -> None:
    place = tmp_path / "small.db"
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("CREATE TABLE half (x)")
    other.execute("BEGIN IMMEDIATE")
    opening = asyncio.create_task(asyncio.to_thread(migrate.migrate_file, str(place)))
    done, _ = await asyncio.wait([opening], timeout=0.2)
    assert not done, "it waits"
    other.execute("ROLLBACK")
    other.close()
    await opening

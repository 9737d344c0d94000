"""The stores on which the contract tests run."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol, TypeVar

import pytest
from sqlalchemy import Engine, event

from bot.core.ports import UnitOfWork
from bot.storage.database import PostgresDatabase, SqliteDatabase, open_database
from bot.storage.tables import metadata
from bot.storage.vault import Vault
from tests.fakes.database import FakeDatabase
from tests.sqlite import with_tables
from tests.world import KEY, FakeClock, World, sqlite_url

T = TypeVar("T")
_UPDATE = re.compile(r"UPDATE (\w+) SET (.*?)(?: FROM | WHERE |$)", re.DOTALL)
# Columns to which foreign keys refer.
_REFERRED = {
    (key.column.table.name, key.column.name)
    for table in metadata.tables.values()
    for key in table.foreign_keys
}


@pytest.fixture(autouse=True)
def keys_are_not_written_again() -> Iterator[None]:
    """Check that no UPDATE sets a column that foreign keys refer to, which is slow on SQLite."""

    def look(_: object, __: object, statement: str, *___: object) -> None:
        for table, sets in _UPDATE.findall(statement):
            written = {(table, one.partition("=")[0].strip(' "')) for one in sets.split(", ")}
            assert not written & _REFERRED, statement

    event.listen(Engine, "before_cursor_execute", look)
    yield
    event.remove(Engine, "before_cursor_execute", look)


class Store(Protocol):
    """Anything that runs units of work."""

    async def run(self, unit: Callable[[UnitOfWork], T]) -> T: ...

    async def read(self, unit: Callable[[UnitOfWork], T]) -> T: ...


@pytest.fixture
def clock() -> FakeClock:
    """The clock of the store."""
    return FakeClock()


@pytest.fixture
def database(world: World) -> SqliteDatabase | PostgresDatabase:
    """The database behind a world."""
    return world.database


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def store(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgres_or_none: str | None,
    clock: FakeClock,
) -> AsyncIterator[Store]:
    """An empty store: the fake, SQLite and PostgreSQL."""
    if request.param == "fake":
        yield FakeDatabase(clock)
        return
    url = postgres_or_none or with_tables(sqlite_url(tmp_path_factory.mktemp("contract")))
    database = await open_database(url, clock, Vault(KEY))
    yield database
    await database.close()


@pytest.fixture
def postgres_or_none(request: pytest.FixtureRequest) -> str | None:
    """The URL of a fresh PostgreSQL database if the test is for that; None otherwise."""
    if request.node.callspec.params["store"] != "postgresql":
        return None
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def replica(world: World, database_url: str) -> AsyncIterator[SqliteDatabase | PostgresDatabase]:
    """Another replica's connection to the world's database."""
    opened = await open_database(database_url, world.clock, Vault(KEY))
    yield opened
    await opened.close()

"""The stores that the contract suite runs over."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol, TypeVar

import pytest

from bot.core.ports import UnitOfWork
from bot.storage.database import PostgresDatabase, SqliteDatabase, open_database
from bot.storage.vault import Vault
from tests.fakes.database import FakeDatabase
from tests.sqlite import with_tables
from tests.world import KEY, FakeClock, World, sqlite_url

T = TypeVar("T")


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
    """The URL of a fresh PostgreSQL database, where the test wants one."""
    if request.node.callspec.params["store"] != "postgresql":
        return None
    url: str = request.getfixturevalue("postgres_url")
    return url

"""Fixtures of a district with a OneRoster folder, over the fakes and over SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.ids import new_id
from bot.core.schools.districts import District
from bot.storage.database import open_database
from bot.storage.vault import Vault
from tests.core.oneroster.town import Town
from tests.fakes.database import FakeDatabase
from tests.sqlite import with_tables
from tests.world import KEY, START, FakeClock, sqlite_url


@pytest.fixture(params=["fake", "sqlite"])
async def unopened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """A town whose district is not stored yet."""
    clock = FakeClock()
    root = tmp_path / "oneroster"
    root.mkdir()
    district = District(new_id(START), "North", START)
    if request.param == "fake":
        yield Town(FakeDatabase(clock), clock, root, district)
        return
    database = await open_database(with_tables(sqlite_url(tmp_path)), clock, Vault(KEY))
    yield Town(database, clock, root, district)
    await database.close()


@pytest.fixture
async def town(unopened: Town) -> Town:
    """A district with two schools, whose folder is read only when an admin asks for it."""
    await unopened.open()
    return unopened

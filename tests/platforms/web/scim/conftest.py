from collections.abc import AsyncIterator

import pytest

from tests.platforms.web.scim.provider import Provider, providers
from tests.world import World, open_world, sqlite_url


@pytest.fixture
async def small_world(tmp_path) -> AsyncIterator[World]:
    """A world on SQLite, since these tests do not depend on the database."""
    async with open_world(sqlite_url(tmp_path)) as world:
        yield world


@pytest.fixture
async def pair(small_world) -> AsyncIterator[list[Provider]]:
    """Two districts and their identity providers."""
    async with providers(small_world, "North", "South") as made:
        yield made


@pytest.fixture
def north(pair: list[Provider]) -> Provider:
    """The first of the two districts' identity providers."""
    return pair[0]

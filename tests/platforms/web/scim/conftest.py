from collections.abc import AsyncIterator

import pytest

from tests.platforms.web.scim.provider import Provider, providers


@pytest.fixture
async def pair(small_world) -> AsyncIterator[list[Provider]]:
    """Two districts and their identity providers."""
    async with providers(small_world, "North", "South") as made:
        yield made


@pytest.fixture
def north(pair: list[Provider]) -> Provider:
    """The first of the two districts' identity providers."""
    return pair[0]

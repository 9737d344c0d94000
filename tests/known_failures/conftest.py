"""A front door on SQLite, and the pages with sign-in before it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.core.door import Door, door_of
from tests.platforms.web.sign_in.conftest import (  # noqa: F401 - fixtures
    OUTSIDE,
    address,
    browser,
    provider,
    sign_in,
)
from tests.world import World, open_world, sqlite_url

NAMED_ADMINISTRATORS = frozenset({"web:root"})


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A world on SQLite; `root` is a System Administrator by the settings."""
    async with open_world(
        sqlite_url(tmp_path), base_url=OUTSIDE, system_administrators=NAMED_ADMINISTRATORS
    ) as opened:
        yield opened


@pytest.fixture
def door(world: World) -> Door:
    """Its front door."""
    return door_of(world)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """The provider by which people sign in."""
    return str(getattr(request, "param", "google"))

"""A front door, in memory and on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.core.door import Door, door_of, open_door
from tests.world import open_world, sqlite_url


@pytest.fixture(params=["fake", "sqlite"])
async def door(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Door]:
    """A door behind which nobody is yet; `root` is a System Administrator by the settings."""
    if request.param == "fake":
        yield open_door("web:root")
        return
    async with open_world(sqlite_url(tmp_path), system_administrators=frozenset({"web:root"})) as world:
        yield door_of(world)

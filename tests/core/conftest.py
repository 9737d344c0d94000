"""Fixtures of doors, rosters and followed roles, in memory and on SQLite."""

from collections.abc import AsyncIterator

import pytest

from tests.core.deeds import make_maple_and_oak
from tests.core.door import Door, door_of, open_door
from tests.core.following_stage import Stage
from tests.core.rostering import Office, maple_and_oak
from tests.fakes.database import FakeDatabase
from tests.world import FakeClock, open_world, sqlite_url


@pytest.fixture(params=["fake", "sqlite"])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    """A door to an empty database; `root` is a System Administrator by the settings."""
    if request.param == "fake":
        yield open_door("web:root")
        return
    url = sqlite_url(request.getfixturevalue("tmp_path"))
    async with open_world(url, system_administrators=frozenset({"web:root"})) as world:
        yield door_of(world)


@pytest.fixture
async def both(door: Door) -> Door:
    """Two schools with an admin in common; a code lets people in without approval."""
    await make_maple_and_oak(door)
    return door


@pytest.fixture
async def maple(door: Door) -> Office:
    """An office that imports rosters for Maple, one of two schools in a district."""
    return await maple_and_oak(door)


@pytest.fixture(params=["fake", "sqlite"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A school whose roles can be followed, in memory and on SQLite."""
    if request.param == "fake":
        clock = FakeClock()
        yield await Stage(FakeDatabase(clock), clock).open()
        return
    async with open_world(sqlite_url(request.getfixturevalue("tmp_path"))) as world:
        yield await Stage(world.database, world.clock).open()

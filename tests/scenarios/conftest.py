"""The stage of tests that are about Slack alone; others make their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.fronts.slack import WAYS, Driver
from tests.scenarios.stage import Stage
from tests.world import open_world, sqlite_url


@pytest.fixture(params=WAYS)
async def stage(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A stage on Slack, by each way in which it can be connected."""
    async with open_world(sqlite_url(tmp_path)) as world, Driver(world, request.param) as driver:
        yield Stage(world, driver)

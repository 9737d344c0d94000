"""Every story on every front."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.fronts import discord, slack, web
from tests.scenarios.mails import mails_of
from tests.scenarios.stage import Stage, ways_of
from tests.world import open_world, sqlite_url

STORIES = {path.stem: path.read_text() for path in sorted((Path(__file__).parent / "stories").glob("*.txt"))}
FRONTS: dict[str, Callable[..., Any]] = {
    "discord": discord.Driver,
    "slack": slack.Driver,
    "web": web.Driver,
}


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("story", STORIES)
async def test_story(front: str, story: str, tmp_path: Path) -> None:
    # Not a fixture: the Discord simulation must be left in the context that entered it.
    async with (
        open_world(sqlite_url(tmp_path), ways=ways_of(STORIES[story])) as world,
        mails_of(world) as mails,
        FRONTS[front](world) as driver,
    ):
        await Stage(world, driver, mails).play(STORIES[story])

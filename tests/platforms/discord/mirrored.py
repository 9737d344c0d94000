"""A school that mirrors the requests that people file on its guild's own form."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.platforms.discord.connected import Connected, connected

NIA, BEN = "400000000000000071", "400000000000000072"

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Connected]:
    async with connected(tmp_path) as one:
        assert "are decided only there" not in await one.types("admin", "school mirror", on=True)
        yield one


async def again(scene: Connected, span: timedelta = MINUTE) -> None:
    scene.world.clock.forward(span)
    await scene.pass_time()


def decisions(scene: Connected) -> list[object]:
    return [one.body for one in scene.asked("PATCH", "/requests/")]

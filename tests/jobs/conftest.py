"""Platforms that show numbered messages."""

import pytest

from bot.core.rights.actors import Platform
from tests.jobs.delivering import Chat, numbered
from tests.world import World


@pytest.fixture
def chat(world: World, monkeypatch: pytest.MonkeyPatch) -> Chat:
    numbered(monkeypatch)
    made = Chat()
    world.notifiers[Platform.SLACK] = made
    world.notifiers[Platform.DISCORD] = made
    return made

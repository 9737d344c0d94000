"""A guild with a front that catches up without delay, and a count of how often it has looked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
from discord.state import ConnectionState

from bot.core.ports import UnitOfWork
from bot.core.rights.actors import WorkspaceKey
from bot.platforms.discord.servers import catching_up
from bot.platforms.discord.servers.catching_up import CatchUp
from tests.platforms.discord.connected import WITHIN, Connected, connected
from tests.world import START

NIA, BEN = "400000000000000071", "400000000000000072"
MEMBERS = discord.ApplicationFlags(gateway_guild_members_limited=True).value
LATER = (START + timedelta(hours=1)).isoformat()
EARLIER = (START - timedelta(hours=1)).isoformat()


class Looks:
    """Counts how often the front has looked for what it missed, and whether each look was complete."""

    def __init__(self) -> None:
        self.done: list[bool] = []
        self.changed = asyncio.Event()

    async def number(self, wanted: int) -> None:
        async with asyncio.timeout(WITHIN):
            while len(self.done) < wanted:
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """Remove all waits, and count the looks."""
    for name in ("PAUSE", "LOOK_EVERY", "RECORD_EVERY"):
        monkeypatch.setattr(catching_up, name, 0.001)

    async def at_once(*_: object, **__: object) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)
    begins, looked, found = ConnectionState.__init__, CatchUp._look, Looks()

    def begin(self: ConnectionState[Any], *args: Any, **more: Any) -> None:
        begins(self, *args, **more)
        self.guild_ready_timeout = 0.01

    async def look(self: CatchUp) -> bool:
        found.done.append(await looked(self))
        found.changed.set()
        return found.done[-1]

    monkeypatch.setattr(ConnectionState, "__init__", begin)
    monkeypatch.setattr(CatchUp, "_look", look)
    return found


@pytest.fixture
async def scene(tmp_path: Path, looks: Looks) -> AsyncIterator[Connected]:
    async with connected(tmp_path, MEMBERS) as one:
        await looks.number(1)
        for member in one.server.place.members.values():
            member["joined_at"] = EARLIER
        yield one


async def new_session(scene: Connected, looks: Looks) -> None:
    before = len(looks.done)
    scene.server.gateway.no_resume = [False]
    await scene.server.gateway.drop()
    await looks.number(before + 1)
    await scene.world.deliver()


def linked(uow: UnitOfWork, key: WorkspaceKey) -> bool:
    return bool(uow.schools.linked_to(key))

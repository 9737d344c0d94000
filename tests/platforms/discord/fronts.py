"""The whole Discord front, and a local Discord that it runs against."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from bot.chat.replies import Card
from bot.chat.text import say
from bot.core.notices.notices import Destination
from bot.core.rights.actors import Platform
from bot.platforms.discord.front import DiscordFront
from tests.patience import PATIENCE
from tests.platforms.discord import specification
from tests.platforms.discord.small import Nothing, small_runner
from tests.servers.discord import payloads
from tests.servers.discord.server import DiscordServer

HELLO = Card(say("Hello"))
TO_GENERAL = Destination(Platform.DISCORD, payloads.GUILD, payloads.GENERAL)


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """Run a local Discord; at the end, all requests must have conformed to Discord's description."""
    async with DiscordServer() as server:
        yield server
        if specification.SPECIFICATION.exists():
            sent = [(one.method, one.path, one.body) for one in server.requests]
            assert specification.problems(sent) == []


def front_for(
    server: DiscordServer, *, database: Nothing | None = None, token: str = "", **more: Any
) -> DiscordFront:
    more = {
        "patience": PATIENCE,
        "api_base": server.api_base,
        "gateway_url": server.gateway_url,
        **more,
    }
    return DiscordFront(small_runner(database), token or server.token, **more)


@asynccontextmanager
async def running(server: DiscordServer, front: DiscordFront) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(front.run())
    task.add_done_callback(lambda _: server.notify())
    try:
        await server.until(lambda: server.gateway.identified or task.done())
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

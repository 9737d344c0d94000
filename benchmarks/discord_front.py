"""A redemption by an interaction through the whole Discord front, beside a bare discord.py handler.

The interaction is sent over the gateway's socket; it counts as answered when the answer has arrived.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
from aiohttp import web
from discord import app_commands
from pydantic import SecretStr

from benchmarks.door import school_database
from benchmarks.homeroom import fronts
from benchmarks.served import Serving, served
from benchmarks.waiting import MeasuredFront, Report, compared, with_single_calls
from benchmarks.windows import Size
from bot.platforms.discord.front import point_the_sdk
from bot.settings.sections import DiscordSettings
from tests.servers.discord import payloads
from tests.servers.discord.answering import Interaction
from tests.servers.discord.server import DiscordServer

HOMEROOM, BARE = "Homeroom", "a bare handler"
_CONNECTS_WITHIN = 30.0
_PROMISE = 5


class Discord(DiscordServer):
    """A local Discord in which those who type a command can wait for its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.later: dict[str, asyncio.Future[str]] = {}

    def _call_back(self, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        answer = super()._call_back(request, body)
        if body["type"] != _PROMISE:
            self.later[request.match_info["number"]].set_result(str(body["data"]))
        return answer

    def _follow_up(self, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        made = super()._follow_up(request, body)
        number = self._by_token(request).payload["id"]
        self.later[number].set_result(str(body))
        return made

    async def typed(self, person: str, data: Mapping[str, Any]) -> str:
        """Type a command as a person; return the answer."""
        number = next(self._ids)
        later: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.later[number] = later
        payload = payloads.interaction(number, payloads.COMMAND, "alice", data)
        payload["member"]["user"]["id"] = person
        self.interactions[number] = Interaction(payload)
        await self.gateway.tell("INTERACTION_CREATE", payload)
        return await later


@dataclass(frozen=True)
class Typing:
    """Types a slash command, each time as a person whom the bot has not met."""

    discord: Discord
    code: str
    people: Iterator[int] = field(default_factory=lambda: itertools.count(10**17))

    async def __call__(self) -> None:
        """Type the command and wait for its answer, even if the bot defers that."""
        said = await self.discord.typed(str(next(self.people)), self._joining())
        if "Maple" not in said:
            raise TypeError(f"Not redeemed: {said}")

    def _joining(self) -> dict[str, Any]:
        return payloads.command("join", [{"type": 3, "name": "code", "value": self.code}])


async def measured(folder: Path, size: Size) -> Report:
    """Measure both in turns; Discord and those who type are in this process, each bot in its own."""
    url, code = await school_database(folder / "discord.db")
    async with AsyncExitStack() as stack:
        ours = await start_front(stack, HOMEROOM, code, homeroom, database=url)
        bare = await start_front(stack, BARE, code, handler)
        return await with_single_calls(await compared([ours, bare], size))


async def start_front(
    stack: AsyncExitStack, name: str, code: str, serving: Serving, **given: str
) -> MeasuredFront:
    """Start a bot on a local Discord of its own; return it as a contender."""
    there = await stack.enter_async_context(Discord())
    addresses = {"api_base": there.api_base, "gateway_url": there.gateway_url, "token": there.token}
    by = await stack.enter_async_context(served(serving, **addresses, **given))
    await there.until(lambda: there.gateway.identified, within=_CONNECTS_WITHIN)
    return MeasuredFront(name, Typing(there, code), by.processor)


@asynccontextmanager
async def homeroom(
    database: str, api_base: str, gateway_url: str, token: str, command: str = ""
) -> AsyncIterator[Mapping[str, str]]:
    """Run Homeroom on a local Discord."""
    ours = DiscordSettings(token=SecretStr(token), api_base=api_base, gateway_url=gateway_url)
    async with fronts(database, command, discord=ours):
        yield {}


@asynccontextmanager
async def handler(api_base: str, gateway_url: str, token: str) -> AsyncIterator[Mapping[str, str]]:
    """Run a bot whose only command answers at once."""
    point_the_sdk(api_base, gateway_url)
    client = discord.Client(intents=discord.Intents(guilds=True), max_messages=None)
    tree = app_commands.CommandTree(client)

    @tree.command(name="join", description="Join")
    async def _join(interaction: discord.Interaction, code: str) -> None:
        del code
        await interaction.response.send_message("Maple", ephemeral=True)

    task = asyncio.create_task(client.start(token))
    try:
        yield {}
    finally:
        await client.close()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

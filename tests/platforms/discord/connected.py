"""A whole Homeroom that is connected to a local Discord, in this process but over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import JoinRequest
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.schools.schools import School
from bot.platforms.discord.front import DiscordFront
from tests.platforms.discord import specification
from tests.servers.discord import payloads
from tests.servers.discord.hand import Hand, words
from tests.servers.discord.server import DiscordServer, Request
from tests.world import World, open_world, sqlite_url

GUILD = WorkspaceKey(Platform.DISCORD, payloads.GUILD)
WITHIN = 30.0


@dataclass
class Connected:
    """The local Discord, the front, and the world behind it."""

    server: DiscordServer
    front: DiscordFront
    world: World
    hand: Hand = field(init=False)

    def __post_init__(self) -> None:
        self.hand = Hand(self.server)

    async def types(self, who: str, path: str, **options: object) -> str:
        """Type a command; return the text of the answer."""
        done = await self.hand.slash(who, path, **options)
        return words((await self.hand.answered(done, within=WITHIN))["data"])

    async def presses(self, who: str, label: str) -> str:
        """Press the newest button with that label; return the text of all that it shows."""
        done = await self.hand.press(who, label)
        shown = (await self.hand.answered(done, within=WITHIN)).get("data") or {}
        private = [words(self.server.messages[one]) for one in done.messages]
        return "\n".join([words(shown), *private])

    async def pass_time(self) -> None:
        """Run the sweeps and deliver."""
        await self.world.sweep()
        await self.world.deliver()

    def cards(self) -> str:
        """Return the text of all messages in the approvals channel."""
        found = (one for one in self.server.messages.values() if one["channel_id"] == payloads.APPROVALS)
        return "\n".join(map(words, found))

    def asked(self, method: str, part: str) -> list[Request]:
        """List the bot's requests with this method whose path has this part."""
        return [one for one in self.server.requests if one.method == method and part in one.path]

    async def school(self) -> School:
        """Return the only school."""
        (found,) = await self.world.database.read(lambda uow: uow.schools.linked_to(GUILD))
        return found

    async def requests(self) -> list[JoinRequest]:
        """List the school's join requests in all states."""
        school = await self.school()

        def unit(uow: UnitOfWork) -> list[JoinRequest]:
            return list(uow.join_requests.listed(school.id, None, after=None, limit=1000))

        return await self.world.database.read(unit)

    async def audited(self) -> list[str]:
        """List the actions in the school's audit log."""
        school = await self.school()

        def unit(uow: UnitOfWork) -> list[str]:
            found = uow.audit.listed(school.id, action="", person_id=None, after=None, limit=1000)
            return [one.action for one in found]

        return await self.world.database.read(unit)


@asynccontextmanager
async def connected(folder: Path, flags: int = 0) -> AsyncIterator[Connected]:
    """Connect, and make a school with an approvals channel; in the end check the requests to Discord."""
    async with DiscordServer() as server, open_world(sqlite_url(folder)) as world:
        server.application["flags"] = flags
        front = DiscordFront(
            world.runner,
            server.token,
            api_base=server.api_base,
            gateway_url=server.gateway_url,
            patience=WITHIN,
        )
        world.notifiers[Platform.DISCORD] = front.notifier
        world.inboxes[Platform.DISCORD] = front.requests
        world.runner.native_syncs[Platform.DISCORD] = front.roles
        task = asyncio.create_task(front.run())
        try:
            await server.until(lambda: server.gateway.identified, within=WITHIN)
            one = Connected(server, front, world)
            assert "Maple is ready" in await one.types("admin", "school create", name="Maple")
            await one.types("admin", "school approvals", channel=payloads.APPROVALS)
            yield one
            assert not task.done()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if specification.SPECIFICATION.exists():
            sent = [(each.method, each.path, each.body) for each in server.requests]
            assert specification.problems(sent) == []

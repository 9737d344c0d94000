"""Whatever becomes of the connection to Discord, nothing is done twice and no session is thrown away.

The real SDK against a small Discord: 20 troubles in a usual run, 500 in `make soak`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import discord
import pytest
from sqlalchemy import func, select

from bot.core.ports import UnitOfWork
from bot.platforms.discord.front import DiscordFront
from bot.storage.tables import metadata
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.servers.discord.hand import Hand, words
from tests.servers.discord.server import DiscordServer
from tests.soak import size
from tests.world import World, open_world, sqlite_url

_BEAT, _LIMIT = 50, 0.4  # milliseconds, seconds
_WITHIN = 30.0


@pytest.fixture(autouse=True)
def _sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the 5 s that the SDK waits before it identifies again."""

    async def at_once(*_: object, **__: object) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)


@dataclass
class Scene:
    """A bot that is connected, and what goes wrong; each trouble says whether a new session is needed."""

    server: DiscordServer
    front: DiscordFront
    world: World

    async def dropped(self) -> bool:
        await self.server.gateway.drop()
        return False

    async def closed(self) -> bool:
        await self.server.gateway.drop(1000)
        return False

    async def gone_away(self) -> bool:
        await self.server.gateway.drop(1001)
        return False

    async def asked_to_reconnect(self) -> bool:
        await self.server.gateway.ask_to_reconnect()
        return False

    async def told_to_resume(self) -> bool:
        await self.server.gateway.invalidate(resumable=True)
        return False

    async def resume_put_off(self) -> bool:
        self.server.gateway.no_resume = [True, True]
        await self.server.gateway.drop()
        return False

    async def unheard(self) -> bool:
        """Leave its heartbeats unacknowledged, so that it reconnects by itself."""
        gateway, client = self.server.gateway, self.front._clients[0]
        state = client._connection
        usual, beats = state.heartbeat_timeout, gateway.heartbeat_every
        gateway.heartbeat_every, gateway.acknowledges, state.heartbeat_timeout = _BEAT, False, _LIMIT
        resumed = gateway.resumed
        await gateway.drop()
        await self.server.until(lambda: gateway.resumed > resumed, within=_WITHIN)
        gateway.heartbeat_every, state.heartbeat_timeout = beats, usual
        await self.server.until(lambda: gateway.resumed > resumed + 1, within=_WITHIN)
        gateway.acknowledges = True
        return False

    async def session_gone(self) -> bool:
        await self.server.gateway.invalidate(resumable=False)
        return True

    async def session_gone_at_resume(self) -> bool:
        self.server.gateway.no_resume = [False]
        await self.server.gateway.drop()
        return True

    async def counted(self, table: str) -> int:
        """Count the rows of a table."""

        def unit(uow: UnitOfWork) -> int:
            assert isinstance(uow, SqlUnitOfWork)
            found = uow.members.connection.execute(select(func.count()).select_from(metadata.tables[table]))
            return int(found.scalar_one())

        return await self.world.database.read(unit)


TROUBLES: tuple[Callable[[Scene], Awaitable[bool]], ...] = (
    Scene.dropped,
    Scene.session_gone,
    Scene.closed,
    Scene.gone_away,
    Scene.unheard,
    Scene.asked_to_reconnect,
    Scene.session_gone_at_resume,
    Scene.told_to_resume,
    Scene.resume_put_off,
)


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[Scene]:
    async with DiscordServer() as server, open_world(sqlite_url(folder)) as world:
        front = DiscordFront(
            world.runner,
            server.token,
            api_base=server.api_base,
            gateway_url=server.gateway_url,
            patience=_WITHIN,
        )
        task = asyncio.create_task(front.run())
        try:
            await server.until(lambda: server.gateway.identified, within=_WITHIN)
            yield Scene(server, front, world)
            assert not task.done()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_a_connection_in_trouble_doubles_and_loses_nothing(tmp_path: Path) -> None:
    async with connected(tmp_path) as scene:
        server, gateway, hand = scene.server, scene.server.gateway, Hand(scene.server)
        made = await hand.slash("admin", "school create", name="Maple")
        assert "Maple is ready" in words((await hand.answered(made, within=_WITHIN))["data"])
        asked, sessions = 0, 1
        for turn in range(size(usual=20, soaking=500)):
            trouble = TROUBLES[turn % len(TROUBLES)]
            before = gateway.resumed + gateway.identified
            commands = [await hand.slash("admin", "invite create", uses=1)]
            if await trouble(scene):
                sessions += 1
            elif not gateway.connected:
                commands.append(await hand.slash("admin", "invite create", uses=2))  # waits for the resume
            await server.until(lambda: gateway.resumed + gateway.identified > before, within=_WITHIN)  # noqa: B023
            for one in commands:
                assert "Invitation to Maple" in words((await hand.answered(one, within=_WITHIN))["data"])
            asked += len(commands)
            await gateway.repeat()
            again = await hand.slash("admin", "help")  # what was repeated is behind us when this is answered
            await hand.answered(again, within=_WITHIN)
            assert gateway.identified == sessions, f"{turn}: {trouble.__name__}"
            assert await scene.counted("invitations") == asked, f"{turn}: {trouble.__name__}"
        assert await scene.counted("audit_entries") == asked + 1
        assert [one.method for one in server.requests if one.path.endswith("/commands")] == ["GET", "PUT"]

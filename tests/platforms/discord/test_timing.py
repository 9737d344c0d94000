"""If the database stalls, the real SDK still acknowledges in time, and answers in the end."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from bot.platforms.discord.front import DiscordFront
from tests.patience import PATIENCE
from tests.platforms.discord.small import Nothing, small_runner
from tests.servers.discord import payloads
from tests.servers.discord.answering import Interaction
from tests.servers.discord.hand import Hand
from tests.servers.discord.server import DiscordServer
from tests.soak import SOAKING, size

LINES = 30
# How long the database stalls while people go on, in seconds.
STALL = size(0, 5)
# Looked at in `make soak` alone: in the usual run others are busy too.
P99 = 1.0


@dataclass
class Scene:
    """A bot that is connected to a local Discord, and whose Runner waits for a gate."""

    server: DiscordServer
    gate: asyncio.Event
    took: list[float] = field(default_factory=list)

    @property
    def hand(self) -> Hand:
        return Hand(self.server)

    async def timed(self, doing: Awaitable[Interaction]) -> Interaction:
        begun = time.monotonic()
        done = await doing
        await self.hand.answered(done, within=PATIENCE)
        self.took.append(time.monotonic() - begun)
        return done

    async def suggest(self, typed: str) -> Interaction:
        option = {"type": 3, "name": "room", "value": typed, "focused": True}
        data = payloads.command("desk say_it", [option])
        return await self.server.happen(payloads.AUTOCOMPLETE, "alice", data)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    gate = asyncio.Event()
    gate.set()
    async with DiscordServer() as server:
        runner = small_runner(Nothing(slow=gate.wait))
        front = DiscordFront(runner, server.token, api_base=server.api_base, gateway_url=server.gateway_url)
        task = asyncio.create_task(front.run())
        try:
            await server.until(lambda: server.gateway.identified, within=PATIENCE)
            yield Scene(server, gate)
        finally:
            gate.set()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_all_is_acknowledged_within_a_second_while_the_database_stalls(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    hand, server = scene.hand, scene.server
    await hand.answered(await hand.slash("alice", "desk show_bell"))
    form = await hand.press("alice", "Write")
    await hand.answered(form)
    scene.gate.clear()
    several: list[Awaitable[Interaction]]
    several = [hand.press("alice", "Ring"), scene.suggest("L"), hand.submit("alice", form, words="Hi")]
    stalled_since, said = time.monotonic(), list[Interaction]()
    while not said or time.monotonic() - stalled_since < STALL:
        lines = [hand.slash("alice", "desk whoami") for _ in range(LINES)]
        done = await asyncio.gather(*(scene.timed(one) for one in [*several, *lines]))
        said += done[len(several) :]
        several = []
    # The gate is still shut: nothing waited for the database.
    assert not scene.gate.is_set()
    assert "Autocomplete took too long" in caplog.text
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []
    scene.took.sort()
    assert not SOAKING or scene.took[int(0.99 * len(scene.took))] < P99, scene.took[-5:]
    scene.gate.set()
    await server.until(
        lambda: all(server.messages[one.messages[0]]["components"] for one in said), within=PATIENCE
    )

"""A deleted approvals channel is no longer used, even if it was deleted while the bot was away."""

import asyncio
from typing import Any

import pytest

from bot.core.workspaces import unlinking
from bot.platforms.discord.servers.workspace_events import WorkspaceEvents
from tests.platforms.discord.connected import GUILD, WITHIN, Connected
from tests.platforms.discord.missing.conftest import Looks, new_session
from tests.servers.discord import payloads
from tests.servers.discord.hand import words


async def channels(scene: Connected) -> list[str]:
    return await scene.world.database.read(lambda uow: unlinking.approvals_channels(uow, GUILD))


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("CHANNEL_DELETE", {"id": payloads.APPROVALS, "guild_id": payloads.GUILD, "type": 0}),
        (
            "THREAD_DELETE",
            {"id": payloads.APPROVALS, "guild_id": payloads.GUILD, "type": 11, "parent_id": payloads.GENERAL},
        ),
    ],
)
async def test_an_approvals_channel_that_is_deleted(
    scene: Connected, monkeypatch: pytest.MonkeyPatch, event: str, told: dict[str, Any]
) -> None:
    closed, done = WorkspaceEvents.channel_closed, asyncio.Event()

    async def noted(self: WorkspaceEvents, guild: int, channel: int) -> None:
        await closed(self, guild, channel)
        if str(channel) == payloads.APPROVALS:
            done.set()

    monkeypatch.setattr(WorkspaceEvents, "channel_closed", noted)
    assert await channels(scene) == [payloads.APPROVALS]
    await scene.server.gateway.tell(event, {**told, "id": "700000000000000009"})  # another one
    await scene.server.gateway.tell(event, told)
    await asyncio.wait_for(done.wait(), WITHIN)
    assert await channels(scene) == []
    await scene.world.deliver()
    lost = [words(one) for one in scene.server.messages.values() if "I cannot write to" in words(one)]
    assert len(lost) == 1
    assert "school.approvals_channel_closed" in await scene.audited()


async def test_an_approvals_channel_that_was_deleted_meanwhile(scene: Connected, looks: Looks) -> None:
    await new_session(scene, looks)
    assert await channels(scene) == [payloads.APPROVALS]
    resting, gone = "700000000000000008", "700000000000000009"  # two threads
    scene.server.guild["channels"].append(
        {"id": resting, "type": 11, "name": "a", "guild_id": payloads.GUILD}
    )
    await scene.types("admin", "school approvals", channel=gone)
    await new_session(scene, looks)
    assert await channels(scene) == []
    await scene.types("admin", "school approvals", channel=resting)
    await new_session(scene, looks)
    assert await channels(scene) == [resting]

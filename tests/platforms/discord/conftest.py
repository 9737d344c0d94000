"""A simulated Discord with the real client in it; every request is checked when the test ends."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import discord
import pytest
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle
from simcord.results import InteractionResult

from bot.platforms.discord.client import HomeroomClient
from tests.patience import PATIENCE
from tests.platforms.discord import specification
from tests.platforms.discord.small import Nothing, small_runner


@dataclass
class Stage:
    """A guild with a few people in it, and the bot."""

    env: Any
    guild: GuildHandle
    general: ChannelHandle
    owner: MemberActor
    admin: MemberActor
    alice: MemberActor
    bob: MemberActor
    database: Nothing

    @property
    def requests(self) -> list[tuple[str, str, Any]]:
        return [(one.method, one.path, one.json) for one in self.env.http_requests]

    def callbacks(self) -> list[dict[str, Any]]:
        return [body for method, path, body in self.requests if path.endswith("/callback")]

    async def restart(self) -> None:
        await self.env.restart_bot(HomeroomClient(small_runner(self.database)))


@pytest.fixture
def database() -> Nothing:
    return Nothing()


@pytest.fixture
def simcord_bot(database: Nothing) -> HomeroomClient:
    return HomeroomClient(small_runner(database))


@pytest.fixture
async def stage(simcord_env: Any, database: Nothing) -> AsyncIterator[Stage]:
    env = simcord_env
    env.settle_timeout = PATIENCE
    owner = env.create_user("owner")
    guild = env.create_guild("Riverside *School*", owner=owner)
    general = guild.create_text_channel("general")
    admins = guild.create_role("Admins", permissions=discord.Permissions(administrator=True))
    stage = Stage(
        env,
        guild,
        general,
        guild.add_member(owner),
        guild.add_member(env.create_user("ada", global_name="Ada"), roles=[admins]),
        guild.add_member(env.create_user("alice", global_name="Alice")),
        guild.add_member(env.create_user("bob")),
        database,
    )
    yield stage
    if specification.SPECIFICATION.exists():
        assert specification.problems(stage.requests) == []


def texts(message: Any) -> str:
    """Return the text of a message, one component per line."""
    return "\n".join(shown(message.components))


def shown(components: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for component in components:
        match component["type"]:
            case 10:
                found.append(component["content"])
            case 2:
                found.append(f"[{component.get('label')}]")
            case 3:
                found.append(f"<{component.get('placeholder')}>")
        found += shown(component.get("components", []))
    return found


def answer(result: InteractionResult) -> Any:
    """Return the only message that answered an interaction."""
    messages = [*([result.response] if result.response else []), *result.followups]
    assert len(messages) == 1, messages
    return messages[0]

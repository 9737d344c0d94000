"""From a web page into a Discord server: by a permission granted before, an invite, or its address."""

import asyncio
from collections.abc import AsyncIterator

import discord
import pytest

from bot.core.rights.actors import AccountKey
from bot.platforms.discord import needs
from bot.platforms.discord.front import DiscordFront
from tests.platforms.discord import fronts
from tests.platforms.discord.fronts import front_for, running
from tests.servers.discord import payloads
from tests.servers.discord.server import DiscordServer

NIA = AccountKey("discord", "600000000000000077")
SERVER = f"https://discord.com/channels/{payloads.GUILD}"
INVITE = "https://discord.gg/onceonly"

outside = fronts.server


@pytest.fixture
def server(outside: DiscordServer) -> DiscordServer:
    """Give the bot the rights that the guides ask for."""
    outside.guild["roles"][0]["permissions"] = str(needs.IN_A_SERVER.value)
    return outside


@pytest.fixture
def hidden(server: DiscordServer) -> str:
    """Put a channel first that the bot cannot see."""
    made = payloads.channel("300000000000000009", "staff")
    view = str(discord.Permissions(view_channel=True).value)
    closed = {"id": payloads.GUILD, "type": 0, "allow": "0", "deny": view}
    server.guild["channels"].insert(0, {**made, "permission_overwrites": [closed]})
    return str(made["id"])


@pytest.fixture
async def front(server: DiscordServer) -> AsyncIterator[DiscordFront]:
    front = front_for(server)
    async with running(server, front):
        client = front.server_invites._client()
        assert client is not None
        await client.wait_until_ready()
        yield front


async def test_whoever_granted_it_is_brought_in(server: DiscordServer, front: DiscordFront):
    for _ in range(2):  # the second time they are in already
        assert await front.server_invites(payloads.GUILD, NIA, "granted") == SERVER
    assert server.joined == {NIA.subject: "granted"}


@pytest.mark.parametrize(
    ("account", "key"), [(NIA, ""), (AccountKey("google", "1045"), ""), (AccountKey("google", "1045"), "odd")]
)
async def test_others_get_an_invite_for_one(server: DiscordServer, front: DiscordFront, account, key):
    assert await front.server_invites(payloads.GUILD, account, key) == INVITE
    made = server.requests[-1]
    assert (made.body["max_uses"], made.body["max_age"], made.body["unique"]) == (1, 3600, True)
    assert server.joined == {}


async def test_people_whom_discord_does_not_add_get_an_invite(server, front, caplog):
    server.refuse("PUT", "/guilds/*", 403)
    assert await front.server_invites(payloads.GUILD, NIA, "granted-key") == INVITE
    assert "granted-key" not in caplog.text


async def test_if_nothing_works_people_get_the_servers_address(server, front):
    server.refuse("PUT", "/guilds/*", 403)
    server.refuse("POST", "/channels/*", 403)
    assert await front.server_invites(payloads.GUILD, NIA, "granted") == SERVER
    assert await front.server_invites("699999999999999999", AccountKey("google", "1"), "") == SERVER.replace(
        payloads.GUILD, "699999999999999999"
    )


async def test_without_a_connection_they_get_the_address(server: DiscordServer):
    assert await front_for(server).server_invites(payloads.GUILD, NIA, "granted") == SERVER


async def test_without_the_right_to_invite_people_get_the_servers_address(outside: DiscordServer):
    front = front_for(outside)
    async with running(outside, front):
        client = front.server_invites._client()
        assert client is not None
        await client.wait_until_ready()
        assert await front.server_invites(payloads.GUILD, NIA, "") == SERVER
    assert not [one for one in outside.requests if one.path.endswith("/invites")], "it is known beforehand"


async def test_a_process_without_the_gateway_asks_for_the_channels(server: DiscordServer, hidden: str):
    waits = asyncio.Event()

    async def waiting(_: str, __: object) -> None:
        waits.set()
        await asyncio.Event().wait()

    front = front_for(server, exclusively=waiting)
    task = asyncio.create_task(front.run())
    await waits.wait()
    assert await front.server_invites(payloads.GUILD, AccountKey("google", "1045"), "") == INVITE
    assert [one.path for one in server.requests if hidden in one.path] == []
    assert server.gateway.identified == 0
    task.cancel()
    await asyncio.wait({task})

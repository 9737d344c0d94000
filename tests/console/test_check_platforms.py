"""`homeroom check` of Discord and Slack, with the real answers of local servers for each failure."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.console.checks.findings import State
from bot.core.following.ports import Follower, NativeKind
from bot.core.ports import UnitOfWork
from bot.core.requests.mirror_ports import Mirror
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.platforms.discord import needs
from bot.settings import load
from tests.console.looking import done, found, linked, wrong
from tests.servers.discord import payloads
from tests.servers.discord.server import DiscordServer
from tests.servers.mail.server import self_made_certificate
from tests.servers.slack.server import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, SlackServer, Trouble
from tests.servers.slack.workspace import TEAM
from tests.storage import build

GUILD = WorkspaceKey(Platform.DISCORD, payloads.GUILD)
WORKSPACE = WorkspaceKey(Platform.SLACK, TEAM)
RIGHTS = (needs.IN_A_SERVER | needs.TO_HEAR_OF_BANS).value


@pytest.fixture
async def guild() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        server.guild["roles"] = [payloads.role(payloads.GUILD, "@everyone", 0, RIGHTS)]
        yield server


def of(server: DiscordServer, token: str = "", **given: Any) -> dict[str, Any]:
    return {"discord": {"token": token or server.token, "api_base": server.api_base, **given}}


def on(server: SlackServer, **given: Any) -> dict[str, Any]:
    tokens = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "api_base": server.api_base}
    return {"slack": {**tokens, **given}}


async def test_discord_as_it_should_be(guild: DiscordServer) -> None:
    await done(load(), linked(GUILD, payloads.APPROVALS))
    assert {one.state for one in await found("discord", **of(guild))} == {State.FINE}
    told = await found("discord server", **of(guild))
    assert [one.state for one in told] == [State.FINE, State.FINE]
    assert "Maple Grove go to #approvals in Maple" in told[1].told
    assert [one.method for one in guild.requests if one.method != "GET"] == [], "nothing is changed"


async def test_a_token_that_discord_does_not_take(guild: DiscordServer) -> None:
    bad = await wrong("discord", **of(guild, token="not.the.token"))
    assert "Reset Token" in bad.mend
    assert "not.the.token" not in f"{bad}"


async def test_an_area_whose_check_breaks_hides_no_other(guild: DiscordServer) -> None:
    bad = await wrong("discord", **of(guild, token="two\nlines"))
    assert "line breaks" in bad.mend
    assert "two" not in f"{bad}"
    assert await found("clock", **of(guild, token="two\nlines")) != []


async def test_discord_that_is_not_there(unused_tcp_port: int) -> None:
    nowhere = {"token": "x.y.z", "api_base": f"http://127.0.0.1:{unused_tcp_port}/api"}
    bad = await wrong("discord", within=2.0, discord=nowhere)
    # Whether a name, a firewall or a certificate is in the way.
    assert "it refuses the connection" in bad.told or bad.told == "No answer within 2 seconds."


async def test_a_filter_that_puts_its_own_certificate_in_between(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_made_certificate(tmp_path))
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context)
    async with server:
        base = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"
        bad = await wrong("discord", discord={"token": "x.y.z", "api_base": base})
    assert ("self-signed certificate" in bad.told, "trust" in bad.mend) == (True, True), bad


async def test_discord_that_fails(guild: DiscordServer) -> None:
    guild.refuse("GET", "/gateway/bot", 403)
    assert "403" in (await wrong("discord", **of(guild))).told


async def test_intents_that_are_not_switched_on(
    guild: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs, "INTENTS", discord.Intents(guilds=True, members=True))
    bad = await wrong("discord", **of(guild))
    assert ("Server Members Intent" in bad.told, "Privileged Gateway Intents" in bad.mend) == (True, True)
    guild.application["flags"] = discord.ApplicationFlags(gateway_guild_members_limited=True).value
    assert {one.state for one in await found("discord", **of(guild))} == {State.FINE}


async def test_interactions_that_go_elsewhere(guild: DiscordServer) -> None:
    guild.application["interactions_endpoint_url"] = "https://elsewhere.example.org"
    assert "Interactions Endpoint URL" in (await wrong("discord", **of(guild))).mend


async def test_shards(guild: DiscordServer) -> None:
    guild.recommended_shards = 4
    (told,) = [one for one in await found("discord", **of(guild)) if "shard_count" in one.told]
    assert (told.state, "HOMEROOM_DISCORD__SHARD_COUNT=4" in told.mend) == (State.NOTE, True)
    guild.recommended_shards, guild.session_start_limit["remaining"] = 1, 1
    assert "2.0 hours" in (await wrong("discord", **of(guild, shard_count=2))).mend


async def test_a_server_that_the_bot_has_left(guild: DiscordServer) -> None:
    await done(load(), linked(WorkspaceKey(Platform.DISCORD, "299"), payloads.APPROVALS))
    bad = await wrong("discord server", **of(guild))
    assert f"client_id={payloads.APPLICATION}" in bad.mend
    assert "guild_id=299" in bad.mend
    assert f"permissions={RIGHTS}" in bad.mend


async def test_rights_in_a_channel(guild: DiscordServer) -> None:
    await done(load(), linked(GUILD, payloads.APPROVALS))
    denied = discord.Permissions(attach_files=True, view_channel=True).value
    (channel,) = [one for one in guild.guild["channels"] if one["id"] == payloads.APPROVALS]
    channel["permission_overwrites"] = [
        {"id": payloads.GUILD, "type": 0, "allow": "0", "deny": str(denied)},
    ]
    bad = await wrong("discord server", **of(guild))
    assert "Maple Grove cannot go to #approvals in Maple" in bad.told
    assert "View Channels" in bad.told
    assert "Edit #approvals → Permissions" in bad.mend


async def test_rights_in_a_server(guild: DiscordServer) -> None:
    await done(load(), linked(GUILD, payloads.APPROVALS))
    guild.guild["roles"] = [payloads.role(payloads.GUILD, "@everyone", 0, RIGHTS & ~1)]
    (told, _) = await found("discord server", **of(guild))
    assert (told.state, "Create Invite" in told.told) == (State.NOTE, True)


async def test_who_may_not_hear_of_bans_is_told_so(guild: DiscordServer) -> None:
    await done(load(), linked(GUILD, payloads.APPROVALS))
    without = RIGHTS & ~discord.Permissions(view_audit_log=True).value
    guild.guild["roles"] = [payloads.role(payloads.GUILD, "@everyone", 0, without)]
    (told, _) = await found("discord server", **of(guild))
    assert (told.state, "View Audit Log" in told.told) == (State.NOTE, True)
    bans = without | discord.Permissions(ban_members=True).value
    guild.guild["roles"] = [payloads.role(payloads.GUILD, "@everyone", 0, bans)]
    assert {one.state for one in await found("discord server", **of(guild))} == {State.FINE}


async def test_rights_where_a_school_decides_who_comes_in(guild: DiscordServer) -> None:
    def decide(uow: UnitOfWork) -> None:
        (school,) = uow.schools.linked_to(GUILD)
        uow.mirrors.put(Mirror(GUILD, school.id, school.created_at))

    await done(load(), linked(GUILD, payloads.APPROVALS))
    assert {one.state for one in await found("discord server", **of(guild))} == {State.FINE}
    await done(load(), decide)
    (told, _) = await found("discord server", **of(guild))
    assert (told.state, "Kick, Approve, and Reject Members, Ban Members" in told.told) == (State.NOTE, True)


async def test_a_channel_that_is_gone(guild: DiscordServer) -> None:
    await done(load(), linked(GUILD, "300000000000000099"))
    assert "/school approvals" in (await wrong("discord server", **of(guild))).mend


async def test_roles_that_follow(guild: DiscordServer) -> None:
    """The same role: deleted, not assignable, above the bot's own role, and below it."""
    await done(load(), linked(GUILD, payloads.APPROVALS))
    await done(load(), _teachers_follow)
    assert "no longer exists in Maple" in (await wrong("discord server", **of(guild))).told
    teachers, own = payloads.role("91", "Teachers", 2), payloads.role("92", "homeroom", 1)
    guild.guild["roles"] += [teachers, own]
    guild.own_roles = ["92"]
    assert "homeroom → Permissions" in (await wrong("discord server", **of(guild))).mend
    own["permissions"] = str(discord.Permissions(manage_roles=True).value)
    bad = await wrong("discord server", **of(guild))
    assert ("cannot give Teachers" in bad.told, "drag homeroom above Teachers" in bad.mend) == (True, True)
    own["position"] = 3
    told = await found("discord server", **of(guild))
    assert {one.state for one in told} == {State.FINE}
    assert any("can give Teachers" in one.told for one in told)
    (intent,) = [one for one in await found("discord", **of(guild)) if one.state is State.NOTE]
    assert "Server Members Intent" in intent.told
    guild.application["flags"] = discord.ApplicationFlags(gateway_guild_members=True).value
    assert {one.state for one in await found("discord", **of(guild))} == {State.FINE}


def _teachers_follow(uow: UnitOfWork) -> None:
    (school,) = uow.schools.linked_to(GUILD)
    follower = Follower(
        build.fresh_id(), school.id, GUILD, NativeKind.ROLE, "91", "Teachers", uow.now, look_at=uow.now
    )
    assert uow.followings.add(follower)


async def test_slack_as_it_should_be(workspace: SlackServer) -> None:
    await done(load(), linked(WORKSPACE, workspace.workspace.named("approvals").id))
    assert {one.state for one in await found("slack", **on(workspace))} == {State.FINE}
    (told,) = await found("slack channel", **on(workspace))
    assert told.state is State.FINE
    assert (workspace.workspace.messages, workspace.problems) == ([], []), "nothing is sent"


async def test_a_token_that_slack_does_not_take(workspace: SlackServer) -> None:
    bad = await wrong("slack", **on(workspace, bot_token="xoxb-canary"))
    assert ("invalid_auth" in bad.told, "Bot User OAuth Token" in bad.mend) == (True, True)
    assert "canary" not in f"{bad}"


async def test_slack_that_is_not_there(unused_tcp_port: int) -> None:
    nowhere = {"bot_token": BOT_TOKEN, "api_base": f"http://127.0.0.1:{unused_tcp_port}/api/"}
    assert (await wrong("slack", slack=nowhere)).told == "Slack cannot be reached: it refuses the connection."


async def test_scopes_that_are_lacking_and_others_that_nobody_uses(workspace: SlackServer) -> None:
    workspace.scopes.remove("im:write")
    workspace.scopes.append("channels:history")
    bad = await wrong("slack", **on(workspace))
    assert "im:write (direct messages" in bad.told
    assert "reinstall" in bad.mend
    (more,) = [one for one in await found("slack", **on(workspace)) if one.state is State.NOTE]
    assert "channels:history" in more.told


async def test_an_app_token_that_slack_does_not_take(workspace: SlackServer) -> None:
    bad = await wrong("slack", **on(workspace, app_token="xapp-canary"))
    assert "connections:write" in bad.mend
    assert "canary" not in f"{bad}"


async def test_slack_over_http(workspace: SlackServer) -> None:
    over_http = on(workspace, public_http=True)
    assert "Basic Information" in (await wrong("slack", **over_http)).mend
    over_http["slack"]["signing_secret"] = SIGNING_SECRET
    assert "base_url" in (await wrong("slack", **over_http)).told
    over_http["base_url"] = "https://door.example.org"
    assert {one.state for one in await found("slack", **over_http)} == {State.FINE}


async def test_a_channel_that_slack_does_not_show_us(workspace: SlackServer) -> None:
    await done(load(), linked(WORKSPACE, "C9999999"))
    bad = await wrong("slack channel", **on(workspace))
    assert ("channel_not_found" in bad.told, "/invite @homeroom" in bad.mend) == (True, True)


async def test_a_workspace_that_the_token_is_not_for(workspace: SlackServer) -> None:
    await done(load(), linked(WorkspaceKey(Platform.SLACK, "T999"), "C1"))
    assert "for another one" in (await wrong("slack channel", **on(workspace))).told


async def test_slack_asks_to_wait(workspace: SlackServer) -> None:
    workspace.fail("auth.test", Trouble("ratelimited", 429, {"Retry-After": "9"}))
    assert "ratelimited" in (await wrong("slack", **on(workspace))).told

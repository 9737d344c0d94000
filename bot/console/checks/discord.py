"""Checks of Discord: the token, the application, the shards, and the bot's rights in each linked server."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import discord
from discord.http import Route

from bot.console.checks.findings import Area, Finding
from bot.platforms.discord import needs, outbound
from bot.platforms.discord.front import point_the_sdk
from bot.settings import Settings
from bot.storage.probe import Follows, Linked
from bot.unreachable import why_unreachable

_AREA, _SERVER = Area("discord"), Area("discord server")
_PORTAL = "Open discord.com/developers/applications → your application"
_TRUST = (
    "If a filter in this network puts its own certificate in place of Discord's, let this machine trust it "
    "(update-ca-certificates), or let the filter pass discord.com."
)
_SERVERS_A_SHARD = 2_500
# For each privileged intent: the name of its switch in Discord's portal, and of its flag in the application.
_PRIVILEGED = {
    "members": ("Server Members Intent", "gateway_guild_members"),
    "presences": ("Presence Intent", "gateway_presence"),
    "message_content": ("Message Content Intent", "gateway_message_content"),
}
# Permissions that Discord's pages call otherwise than its library does.
_SHOWN = {
    "read_messages": "View Channels",
    "view_channel": "View Channels",
    "create_instant_invite": "Create Invite",
    "kick_members": "Kick, Approve, and Reject Members",
}
Channel = discord.abc.GuildChannel | discord.Thread


async def check(
    settings: Settings, linked: Sequence[Linked], following: Sequence[Follows] = ()
) -> list[Finding]:
    """Log in without connecting to the gateway, and check the application and each linked server."""
    wanted = settings.discord
    if not (token := wanted.token.get_secret_value()):
        return [_AREA.skipped("discord.token is empty: Discord is not used.")]
    point_the_sdk(wanted.api_base or None, wanted.gateway_url or None)
    client = discord.Client(intents=needs.INTENTS, proxy=outbound.proxy(wanted.api_base or None))
    try:
        await client.login(token)
        roles = [one for one in following if one.platform == "discord"]
        found = [
            *await _application(client, follows=bool(roles)),
            *await _shards(client, wanted.shard_count),
        ]
        for guild_id, schools in _by_guild(linked).items():
            here = [one for one in roles if one.workspace == str(guild_id)]
            found += await _guild(client, guild_id, schools, here)
    except discord.LoginFailure:
        return [
            _AREA.wrong(
                "Discord rejects the token.",
                f"{_PORTAL} → Bot → Reset Token, and copy it into HOMEROOM_DISCORD__TOKEN.",
            )
        ]
    except discord.HTTPException as refused:
        return [
            _AREA.wrong(
                f"Discord answers {refused.status} (code {refused.code}).", "Try again in a few minutes."
            )
        ]
    except (aiohttp.ClientError, OSError) as broken:
        return [
            _AREA.wrong(
                f"Discord cannot be reached: {why_unreachable(broken)}.",
                _TRUST
                if isinstance(broken, aiohttp.ClientConnectorCertificateError)
                else "Check that this machine can reach discord.com over HTTPS.",
            )
        ]
    else:
        return found
    finally:
        await client.close()


async def _application(client: discord.Client, *, follows: bool) -> list[Finding]:
    application = await client.application_info()
    found = []
    if application.interactions_endpoint_url:
        found.append(
            _AREA.wrong(
                "The application has an Interactions Endpoint URL: commands and clicks go there, not here.",
                f"{_PORTAL} → General Information, and clear the Interactions Endpoint URL.",
            )
        )
    for intent, (switch, flag) in _PRIVILEGED.items():
        granted = getattr(application.flags, flag) or getattr(application.flags, f"{flag}_limited")
        if getattr(needs.INTENTS, intent) and not granted:
            found.append(
                _AREA.wrong(
                    f"The {switch} is switched off: Discord does not let Homeroom connect.",
                    f"{_PORTAL} → Bot → Privileged Gateway Intents, and switch it on.",
                )
            )
    if follows and not needs.has_members_intent(application.flags):
        found.append(
            _AREA.note(
                "The Server Members Intent is switched off: people who join a server do not get their roles "
                "at once, and changes that are made there by hand are not noticed.",
                f"{_PORTAL} → Bot → Privileged Gateway Intents, switch it on, and restart Homeroom.",
            )
        )
    return found or [
        _AREA.fine(f"The token is for {application.name}, which has all intents that Homeroom uses.")
    ]


async def _shards(client: discord.Client, ours: int) -> list[Finding]:
    told: Mapping[str, Any] = await client.http.request(Route("GET", "/gateway/bot"))
    advised = int(told.get("shards", 1))
    left = told.get("session_start_limit", {})
    found = []
    if left and left["remaining"] < ours:
        hours = left.get("reset_after", 0) / 3_600_000
        found.append(
            _AREA.wrong(
                f"Discord allows only {left['remaining']} more connections, for {ours} shards.",
                f"Find out what keeps restarting Homeroom; Discord resets the limit in {hours:.1f} hours.",
            )
        )
    if ours < advised:
        found.append(
            _AREA.note(
                f"discord.shard_count is {ours}; Discord recommends {advised}, and allows at most "
                f"{_SERVERS_A_SHARD:,} servers per shard.",
                f"Set HOMEROOM_DISCORD__SHARD_COUNT={advised} in all replicas, and restart them.",
            )
        )
    return found or [_AREA.fine(f"discord.shard_count is {ours}, which is enough.")]


def _by_guild(linked: Sequence[Linked]) -> Mapping[int, Sequence[Linked]]:
    guilds: dict[int, list[Linked]] = defaultdict(list)
    for one in linked:
        if one.platform == "discord" and one.workspace.isdecimal():
            guilds[int(one.workspace)].append(one)
    return guilds


async def _guild(
    client: discord.Client, guild_id: int, schools: Sequence[Linked], following: Sequence[Follows]
) -> list[Finding]:
    name = schools[0].workspace_name
    try:
        guild = await client.fetch_guild(guild_id, with_counts=False)
        me = await guild.fetch_member(client.user.id if client.user else 0)
        channels = {one.id: one for one in await guild.fetch_channels()}
    except (discord.NotFound, discord.Forbidden):
        address = needs.install_url(client.application_id or 0)
        told = f"The bot is not in {name}."
        return [_SERVER.wrong(told, f"Add it with this link: {address}&guild_id={guild_id}")]
    return [
        _rights(guild, me, decides=any(one.decides for one in schools)),
        *[_role(guild, me, one) for one in following],
        *[
            await _channel(client, guild, channels.get(int(one.channel)), me, one)
            for one in schools
            if one.channel is not None and one.channel.isdecimal()
        ],
    ]


def _rights(guild: discord.Guild, me: discord.Member, *, decides: bool) -> Finding:
    has = me.guild_permissions
    hears = needs.IN_A_SERVER if has.ban_members else needs.IN_A_SERVER | needs.TO_HEAR_OF_BANS
    if lacking := _lacking(has, needs.IN_A_SERVER | needs.TO_LET_IN if decides else hears):
        return _SERVER.note(
            f"In {guild.name} the bot's roles lack {lacking}.",
            f"Server Settings → Roles → {me.top_role.name}, and allow them there or in single channels.",
        )
    return _SERVER.fine(f"In {guild.name} the bot has all permissions that it uses.")


def _role(guild: discord.Guild, me: discord.Member, follows: Follows) -> Finding:
    """Check whether the bot can give a role: only roles below the bot's own can be given."""
    role = discord.utils.get(guild.roles, id=int(follows.external_id))
    if role is None:
        return _SERVER.wrong(
            f"The role {follows.name}, which follows a school's roles, no longer exists in {guild.name}.",
            "Use /role following to see what follows, and remove it with /role unfollow.",
        )
    settings = "Server Settings → Roles"
    if not me.guild_permissions.manage_roles:
        return _SERVER.wrong(
            f"The bot cannot give {role.name} in {guild.name}: it lacks Manage Roles.",
            f"{settings} → {me.top_role.name} → Permissions, and allow Manage Roles.",
        )
    if role >= me.top_role:
        return _SERVER.wrong(
            f"The bot cannot give {role.name} in {guild.name}: it is not below the bot's own role.",
            f"{settings}, and drag {me.top_role.name} above {role.name}.",
        )
    return _SERVER.fine(f"The bot can give {role.name} in {guild.name}.")


async def _channel(
    client: discord.Client,
    guild: discord.Guild,
    known: Channel | None,
    me: discord.Member,
    one: Linked,
) -> Finding:
    where = f"in {guild.name}"
    if known is None:
        return await _elsewhere(client, one, where)
    wanted = needs.IN_A_CHANNEL
    if lacking := _lacking(known.permissions_for(me), wanted):
        return _SERVER.wrong(
            f"The approval cards of {one.school} cannot go to #{known.name} {where}: it lacks {lacking}.",
            f"Edit #{known.name} → Permissions → Add the bot ({me.display_name}), and allow them; or use "
            "/school approvals in another channel.",
        )
    return _SERVER.fine(f"The approval cards of {one.school} go to #{known.name} {where}.")


async def _elsewhere(client: discord.Client, one: Linked, where: str) -> Finding:
    """Check a channel that is not in the server's list: it is a thread, hidden from the bot, or gone."""
    try:
        thread = await client.fetch_channel(int(one.channel or 0))
    except (discord.NotFound, discord.Forbidden, discord.InvalidData):
        return _SERVER.wrong(
            f"The channel for the approval cards of {one.school} {where} is gone, or hidden from the bot.",
            "Use /school approvals in the channel where the cards should go.",
        )
    return _SERVER.fine(f"The approval cards of {one.school} go to the thread {thread} {where}.")


def _lacking(has: discord.Permissions, wanted: discord.Permissions) -> str:
    """Return the names of the missing permissions, as Discord's pages show them."""
    names = [name for name, needed in wanted if needed and not getattr(has, name)]
    return ", ".join(_SHOWN.get(name, name.replace("_", " ").title()) for name in names)

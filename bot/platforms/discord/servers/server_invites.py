"""Lets people from a web page into a Discord server."""

import asyncio
import logging
from collections.abc import Callable, Sequence

import aiohttp
import discord
from discord.http import Route

from bot.core.rights.actors import AccountKey, Platform

_log = logging.getLogger(__name__)
_WITHIN = 8.0  # seconds, while a person looks at their browser
_AN_HOUR = 3600


class ServerInvites:
    """Lets people into servers, by whichever client is logged in."""

    def __init__(self, client: Callable[[], discord.Client | None]) -> None:
        """Take a function that returns the current client; a new login replaces it."""
        self._client = client

    async def __call__(self, guild_id: str, account: AccountKey, key: str) -> str:
        """Return the URL to send a person to: the server's after we added them to it, or else an invite's.

        We can add people who granted us that at sign-in (`key` is their access token). Where neither works,
        the URL of the server is returned, which opens for those who are in it already.
        """
        server = f"https://discord.com/channels/{guild_id}"
        client = self._client()
        if client is None or not guild_id.isdecimal():
            return server
        try:
            async with asyncio.timeout(_WITHIN):
                if account.issuer == Platform.DISCORD and key and await _add(client, guild_id, account, key):
                    return server
                return await _invite(client, int(guild_id)) or server
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as failure:
            _log.warning(
                "A person could not be added to a server, nor get an invite",
                extra={"failure": type(failure).__name__},
            )
            return server


async def _add(client: discord.Client, guild_id: str, account: AccountKey, key: str) -> bool:
    """Add an account to a server by its access token; return False where Discord does not let us."""
    route = Route(
        "PUT", "/guilds/{guild_id}/members/{user_id}", guild_id=int(guild_id), user_id=int(account.subject)
    )
    try:
        await client.http.request(route, json={"access_token": key})
    except discord.HTTPException as refused:
        _log.info(
            "Discord did not add a person to a server", extra={"status": refused.status, "code": refused.code}
        )
        return False
    return True


async def _invite(client: discord.Client, guild_id: int) -> str | None:
    """Create an invite for one person; return None where we may not create one in any channel."""
    for channel in await _channels(client, guild_id):
        made = await channel.create_invite(max_age=_AN_HOUR, max_uses=1, unique=True)
        return f"https://discord.gg/{made.code}"
    return None


async def _channels(client: discord.Client, guild_id: int) -> Sequence[discord.TextChannel]:
    """Return the channels in which we may create an invite, the most suitable first."""
    if (guild := client.get_guild(guild_id)) is not None:
        first = [one for one in (guild.rules_channel, guild.system_channel) if one]
        me, channels = guild.me, [*first, *guild.text_channels]
    else:  # another process has the shard of this server
        guild = await client.fetch_guild(guild_id, with_counts=False)
        me = await guild.fetch_member(client.user.id if client.user else 0)
        asked = [one for one in await guild.fetch_channels() if isinstance(one, discord.TextChannel)]
        channels = sorted(asked, key=lambda one: (one.position, one.id))
    return [one for one in channels if me is None or one.permissions_for(me).create_instant_invite]

"""Catches up on what happened in servers while we were disconnected, once a new session has begun.

A resumed session replays the missed events by itself; a new one does not. So we compare: who joined, left or
was banned meanwhile, and which servers removed the bot. The differences go through the same code as the
events.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import aiohttp
import discord

from bot.chat.ports import Database
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import JoinRequest
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.workspaces import unlinking
from bot.platforms.discord.servers.workspace_events import WorkspaceEvents
from bot.unreachable import why_unreachable

_log = logging.getLogger(__name__)
# Seconds between one server and the next, so that people's own calls are not slowed down.
PAUSE = 0.2
# Seconds that pass at least between two looks at all servers: many sessions may be lost in a row.
LOOK_EVERY = 60.0
# How often, in seconds, it is recorded that we have received all events until now.
RECORD_EVERY = 30.0
_SERVERS, _PAGE, _MOST_PAGES, _MOST_ASKED = 100, 1000, 10, 100
_MARGIN = timedelta(minutes=1)
# Discord's codes: no such server, or we are not in it; no such member or user; no such channel.
_NO_SERVER, _NO_MEMBER, _NO_CHANNEL = {10004, 50001}, {10007, 10013}, {10003}
_FORBIDDEN, _SERVER = 403, 500
_Json = Mapping[str, Any]


class CatchUp:
    """Catches up on one shard's servers, one after the other; only on those that serve a school."""

    def __init__(
        self, client: discord.Client, database: Database, events: WorkspaceEvents, shard: str
    ) -> None:
        """Take the client to look with; `shard` names what it listens to, the same in every process."""
        self._client = client
        self._database = database
        self._events = events
        self._shard = shard
        self._task: asyncio.Task[None] | None = None
        self._look_wanted = asyncio.Event()
        self._connected = False
        self._away: dict[int, datetime | None] = {}
        self._outage_lock = asyncio.Lock()

    def session_started(self) -> None:
        """Start catching up: a new session has begun."""
        self._connected = True
        self._look_wanted.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="what was missed on Discord")

    def set_connected(self, *, connected: bool) -> None:
        """Record whether the connection is up or lost."""
        self._connected = connected

    def look_again(self) -> None:
        """Look at all servers again: an event was received but could not be handled."""
        self._look_wanted.set()

    async def guild_unavailable(self, guild: int) -> None:
        """Record that a server is unavailable, so that no events of it are received."""
        async with self._outage_lock:
            self._away.setdefault(guild, await self._database.read(lambda uow: uow.now))

    async def guild_available(self, guild: int) -> None:
        """Catch up on a server that was unavailable; if that fails, on all servers."""
        async with self._outage_lock:  # `guild_unavailable` may not be done yet
            away = guild in self._away
        if away and not await self._try_server(_key(guild), self._away[guild]):
            self._look_wanted.set()
        else:
            self._away.pop(guild, None)

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while True:
            await self._look_wanted.wait()
            self._look_wanted.clear()
            try:
                done = await self._look()
            except Exception:  # noqa: BLE001 - whatever the error is, try again
                _log.exception("Homeroom could not check what it missed on Discord")
                done = False
            if not done:
                self._look_wanted.set()
                await asyncio.sleep(LOOK_EVERY)
                continue
            waited = 0.0
            while not self._look_wanted.is_set() or waited < LOOK_EVERY:
                await asyncio.sleep(min(RECORD_EVERY, LOOK_EVERY))
                waited += min(RECORD_EVERY, LOOK_EVERY)
                await self._record()

    async def _record(self) -> None:
        """Record that we have received all events until now, unless we still have to catch up."""
        if self._connected and not self._look_wanted.is_set():
            try:
                await self._database.run(
                    lambda uow: uow.workspace_events.set_heard_until(self._shard, uow.now)
                )
            except Exception as broken:  # noqa: BLE001 - the next record will do
                _log.warning("The time of the last Discord event was not stored: %s", type(broken).__name__)

    async def _look(self) -> bool:
        """Catch up on all servers; return whether Discord answered throughout."""
        now, since = await self._database.read(
            lambda uow: (uow.now, uow.workspace_events.heard_until(self._shard))
        )
        answered, served = True, [key async for key in self._served()]
        if len(served) > 1 and all(self._client.get_guild(int(key.external_id)) is None for key in served):
            # No link is suspended: this may be a copy of the data, started with another bot's token.
            _log.error(
                "The bot is in none of the %d servers that schools are linked to: check the token",
                len(served),
            )
            return True
        for key in served:
            guild_id = int(key.external_id)
            guild = self._client.get_guild(guild_id)
            if guild is not None and guild.unavailable:
                self._away.setdefault(guild_id, since)
                continue
            if await self._try_server(key, self._away.get(guild_id, since)):
                self._away.pop(guild_id, None)
            else:
                answered = False
            await asyncio.sleep(PAUSE)
        if answered:
            await self._database.run(lambda uow: uow.workspace_events.set_heard_until(self._shard, now))
        return answered

    async def _served(self) -> AsyncIterator[WorkspaceKey]:
        after, shards = "", self._client.shard_count or 1
        while True:
            found = await self._database.read(partial(_served, after=after))
            for key in found:
                is_id = key.external_id.isdecimal()
                if is_id and (int(key.external_id) >> 22) % shards == (self._client.shard_id or 0):
                    yield key
            if len(found) < _SERVERS:
                return
            after = found[-1].external_id

    async def _try_server(self, key: WorkspaceKey, since: datetime | None) -> bool:
        try:
            await self._server(key, since)
        except discord.HTTPException as refused:
            details = {"guild": key.external_id, "status": refused.status, "code": refused.code}
            _log.warning("Homeroom could not check what it missed in a server", extra=details)
            return refused.status < _SERVER
        except (aiohttp.ClientError, OSError, discord.RateLimited) as broken:
            _log.warning("Discord does not answer: %s", why_unreachable(broken))
            return False
        return True

    async def _server(self, key: WorkspaceKey, since: datetime | None) -> None:
        guild = int(key.external_id)
        place = self._client.get_guild(guild)
        if place is None:
            if await self._is_out(guild):
                await self._events.removed(guild)
            return
        await self._channels(key, place)
        await self._bans(key)
        await self._applicants(key)
        if since is not None and self._client.intents.members:
            await self._newcomers(guild, since - _MARGIN)

    async def _is_out(self, guild: int) -> bool:
        """Ask Discord whether the bot is really out of a server: that suspends the server's links."""
        try:
            await self._http.get_guild(guild, with_counts=False)
        except discord.HTTPException as refused:
            if refused.code in _NO_SERVER:
                return True
            raise
        return False

    async def _channels(self, key: WorkspaceKey, place: discord.Guild) -> None:
        """Check that the channels of approval cards exist; archived threads are in no cache, so ask."""
        for channel in await self._database.read(lambda uow: unlinking.approvals_channels(uow, key)):
            if not channel.isdecimal() or place.get_channel_or_thread(int(channel)) is not None:
                continue
            try:
                await self._http.get_channel(int(channel))
            except discord.HTTPException as refused:
                if refused.code in _NO_CHANNEL:
                    await self._events.channel_closed(place.id, int(channel))
                elif refused.status >= _SERVER:
                    raise

    async def _bans(self, key: WorkspaceKey) -> None:
        """Compare the bans; where we may not list them, we only learn of them by events."""
        guild = int(key.external_id)
        # The recorded bans are read first: what the gateway reports meanwhile is newer than the list.
        known = await self._database.read(lambda uow: uow.bans.of(key))
        found, whole = await self._all_pages(self._http.get_bans, guild)
        if found is None:
            return
        listed = {str(one["user"]["id"]) for one in found}
        for user in sorted(listed - known):
            await self._events.banned(guild, int(user))
        for user in sorted(known - listed) if whole else ():
            await self._events.unbanned(guild, int(user))

    async def _applicants(self, key: WorkspaceKey) -> None:
        """Check whether applicants with pending join requests have left the server, or are back."""
        guild = int(key.external_id)

        def unit(uow: UnitOfWork) -> Sequence[JoinRequest]:
            return uow.join_requests.pending_in_workspace(key)[:_MOST_ASKED]

        for request in await self._database.read(unit):
            present = await self._is_member(guild, request.account)
            if not present and request.gone_at is None:
                await self._events.left(guild, int(request.account.subject))
            elif present and request.gone_at is not None:
                await self._user_joined(guild, int(request.account.subject))

    async def _is_member(self, guild: int, account: AccountKey) -> bool:
        try:
            await self._http.get_member(guild, int(account.subject))
        except discord.HTTPException as refused:
            if refused.code in _NO_MEMBER:
                return False
            raise
        return True

    async def _newcomers(self, guild: int, since: datetime) -> None:
        found, _ = await self._all_pages(self._http.get_members, guild)
        for one in found or ():
            if not one["user"].get("bot") and _joined(one) > since:
                await self._user_joined(guild, int(one["user"]["id"]))

    async def _user_joined(self, guild: int, user: int) -> None:
        place = self._client.get_guild(guild)
        await self._events.user_joined(guild, user, place.system_channel if place else None)

    async def _all_pages(self, page: Any, guild: int) -> tuple[list[_Json] | None, bool]:
        """Return the items of all pages, and whether that is all; None where we may not see them."""
        found: list[_Json] = []
        after = None
        for _ in range(_MOST_PAGES):
            try:
                fresh = await page(guild, _PAGE, after=after)
            except discord.HTTPException as refused:
                if refused.status == _FORBIDDEN:
                    return None, False
                raise
            found += fresh
            if len(fresh) < _PAGE:
                return found, True
            after = int(fresh[-1]["user"]["id"])
        return found, False

    @property
    def _http(self) -> Any:
        return self._client.http


def _served(uow: UnitOfWork, *, after: str) -> Sequence[WorkspaceKey]:
    return uow.workspace_events.serving_workspaces(Platform.DISCORD, after=after, limit=_SERVERS)


def _key(guild: int) -> WorkspaceKey:
    return WorkspaceKey(Platform.DISCORD, str(guild))


def _joined(member: _Json) -> datetime:
    at = discord.utils.parse_time(member.get("joined_at"))
    return at or discord.utils.snowflake_time(0)

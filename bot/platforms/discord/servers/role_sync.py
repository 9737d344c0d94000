"""Roles of a Discord server that follow a school's roles: found, given, taken and compared."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass as mutable
from dataclasses import field
from datetime import timedelta
from typing import Any

import discord

from bot.cards.following import REASON
from bot.chat.native_sync import Unfollowable
from bot.chat.notifier import DeliveryFailed
from bot.chat.text import plain
from bot.core.following.drift import Seen
from bot.core.following.ports import Follower, Native, NativeKind, Problem
from bot.core.rights.actors import Caller
from bot.core.values import dataclass
from bot.platforms.discord import needs
from bot.platforms.discord.failures import connected, translated_errors

_PAGE = 1000  # members of a server that one request can list
# How many pages are read in one go: Discord lists about one a second, and a delivery has 50 seconds. Then the
# seconds until the next go, and the age in seconds at which an unfinished reading is discarded.
_PAGES, _GOES_ON, _READING = 20, 1.0, 7200.0
# Discord's codes: no such member or user; no such role; no such server, or we are not in it; not allowed.
_NO_MEMBER, _NO_ROLE, _NO_SERVER, _FORBIDDEN = {10007, 10013}, {10011}, {10004, 50001}, {50013}
_REFUSED = 403
_MAY_GIVE = (needs.TO_GIVE_ROLES | discord.Permissions(administrator=True)).value
_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Server:
    """A server with its roles, its owner, and the bot's own member in it."""

    guild: _Json
    me: _Json

    @property
    def roles(self) -> dict[str, _Json]:
        """The server's roles by id."""
        return {str(role["id"]): role for role in self.guild["roles"]}

    def top_position(self, member: _Json) -> tuple[int, int]:
        """Return the position of a member's highest role."""
        held = [role for role_id, role in self.roles.items() if role_id in map(str, member["roles"])]
        return max((_position(role) for role in held), default=(0, 0))

    def problem(self, role: _Json) -> Problem | None:
        """Return why we may not give a role; None if we may."""
        if str(role["id"]) == str(self.guild["id"]):
            return Problem.EVERYONE
        if role.get("managed"):
            return Problem.MANAGED
        mine = [str(self.guild["id"]), *map(str, self.me["roles"])]
        allowed = 0
        for role_id in mine:
            allowed |= int(self.roles[role_id]["permissions"]) if role_id in self.roles else 0
        if not allowed & _MAY_GIVE:
            return Problem.NO_RIGHT
        return Problem.ABOVE_US if _position(role) >= self.top_position(self.me) else None

    def is_above(self, role: _Json, member: _Json) -> bool:
        """Tell whether a role is not below a member's highest role; no role is above the owner."""
        owns = str(self.guild["owner_id"]) == str(member["user"]["id"])
        return not owns and _position(role) >= self.top_position(member)


def _position(role: _Json) -> tuple[int, int]:
    """Return a role's position as a sort key; of two roles at one position the older one is higher."""
    return int(role["position"]), -int(role["id"])


@mutable
class _Reading:
    """The members of a server read so far; a very large server is read in several goes."""

    began: float
    after: int | None = None
    present: set[str] = field(default_factory=set)
    has: dict[str, str] = field(default_factory=dict)

    def add(self, page: Sequence[_Json], role: str) -> None:
        """Add a page of members, without bots, which are no person's account."""
        for one in page:
            if not one["user"].get("bot"):
                user = str(one["user"]["id"])
                self.present.add(user)
                if role in map(str, one["roles"]):
                    self.has[user] = _name(one)
        self.after = int(page[-1]["user"]["id"]) if page else self.after


class RoleSync:
    """Gives and takes roles by whichever client is logged in; see `bot.chat.native_sync.NativeSync`."""

    def __init__(self, client: Callable[[], discord.Client | None]) -> None:
        """Take a function that returns the current client; a new login replaces it."""
        self._client = client
        self._readings: dict[str, _Reading] = {}

    async def find(self, caller: Caller, typed: str) -> Native:
        """Find a role by its mention, id or name; the result says if we or the caller may not give it."""
        assert caller.workspace is not None  # noqa: S101 - see `natives`
        wanted = typed.removeprefix("<@&").removesuffix(">").removeprefix("@").strip()
        try:
            async with translated_errors():
                server = await self._server(int(caller.workspace.external_id))
                actor = await self._http.get_member(
                    int(caller.workspace.external_id), int(caller.account.subject)
                )
        except DeliveryFailed:
            return Native(NativeKind.ROLE, "", wanted, Problem.SILENT)
        found = _named(list(server.roles.values()), wanted)
        if len(found) != 1:
            return Native(NativeKind.ROLE, "", wanted, Problem.UNCLEAR if found else Problem.UNKNOWN)
        (role,) = found
        problem = server.problem(role)
        if problem is None and server.is_above(role, actor):
            problem = Problem.ABOVE_YOU
        return Native(NativeKind.ROLE, str(role["id"]), str(role["name"]).removeprefix("@"), problem)

    async def change(
        self, follower: Follower, *, give: frozenset[str], take: frozenset[str]
    ) -> frozenset[str]:
        """Give a role and take it; return the users who are no longer in the server."""
        guild, role = int(follower.workspace.external_id), int(follower.external_id)
        absent = set()
        async with translated_errors():
            for user in sorted(give | take):
                call = self._http.add_role if user in give else self._http.remove_role
                try:
                    await call(guild, int(user), role, reason=plain(REASON))
                except discord.HTTPException as refused:
                    if refused.code not in _NO_MEMBER:
                        await self._raise_unfollowable(refused, follower)
                        raise
                    absent.add(user)
        return frozenset(absent)

    async def _raise_unfollowable(self, refused: discord.HTTPException, follower: Follower) -> None:
        """Raise `Unfollowable` for an error that affects the role or server rather than this one call."""
        if refused.code in _NO_ROLE | _NO_SERVER:
            raise Unfollowable(Problem.GONE) from refused
        if refused.code in _FORBIDDEN:
            server = await self._server(int(follower.workspace.external_id))
            role = server.roles.get(follower.external_id)
            problem = server.problem(role) if role else Problem.GONE
            raise Unfollowable(problem or Problem.NO_RIGHT) from refused

    async def look(self, follower: Follower) -> Seen:
        """Return who has a role; raise `DeliveryFailed` while a large server takes further calls to read."""
        guild = int(follower.workspace.external_id)
        async with translated_errors():
            try:
                server = await self._server(guild)
                role = server.roles.get(follower.external_id)
                if role is None:
                    raise Unfollowable(Problem.GONE)
                if (problem := server.problem(role)) is not None:
                    raise Unfollowable(problem)
                reading, whole = await self._read(follower)
            except discord.HTTPException as refused:
                if refused.code in _NO_SERVER:
                    raise Unfollowable(Problem.GONE) from refused
                raise
        if not whole:
            raise DeliveryFailed("A large server is being read", retry_after=_GOES_ON, ours=True)
        del self._readings[follower.id]
        if reading is None:
            return Seen(str(role["name"]), None)
        age = timedelta(seconds=asyncio.get_running_loop().time() - reading.began)
        present, has = frozenset(reading.present), frozenset(reading.has)
        return Seen(str(role["name"]), has, present, reading.has, age=age)

    async def _read(self, follower: Follower) -> tuple[_Reading | None, bool]:
        """Read on in the list of members, and return the reading and whether it is complete.

        The reading is None where the bot may not list members, for lack of the members intent. An unfinished
        reading that is too old is started again.
        """
        now = asyncio.get_running_loop().time()
        self._readings = {key: one for key, one in self._readings.items() if now < one.began + _READING}
        reading = self._readings.setdefault(follower.id, _Reading(now))
        guild = int(follower.workspace.external_id)
        for _ in range(_PAGES):
            try:
                page = await self._http.get_members(guild, _PAGE, reading.after)
            except discord.HTTPException as refused:
                if refused.status == _REFUSED:
                    return None, True
                raise
            reading.add(page, follower.external_id)
            if len(page) < _PAGE:
                return reading, True
        return reading, False

    async def _server(self, guild: int) -> _Server:
        facts = await self._http.get_guild(guild, with_counts=False)
        me = connected(self._client()).user
        assert me is not None  # noqa: S101 - we are logged in
        return _Server(facts, await self._http.get_member(guild, me.id))

    @property
    def _http(self) -> Any:
        return connected(self._client()).http


def _named(roles: Sequence[_Json], wanted: str) -> list[_Json]:
    """Find roles by id, else by exact name, else by name regardless of case."""
    by_id = [one for one in roles if str(one["id"]) == wanted]
    exact = [one for one in roles if one["name"].removeprefix("@") == wanted]
    similar = [one for one in roles if one["name"].removeprefix("@").casefold() == wanted.casefold()]
    return by_id or exact or similar


def _name(member: _Json) -> str:
    user = member["user"]
    return str(member.get("nick") or user.get("global_name") or user["username"])

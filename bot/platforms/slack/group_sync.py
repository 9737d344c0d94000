"""User groups and private channels of a Slack workspace that follow a school's roles."""

import re
from collections.abc import AsyncIterator, Awaitable, Collection, Iterable, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.native_sync import Unfollowable
from bot.chat.notifier import DeliveryFailed
from bot.core.following.drift import Seen
from bot.core.following.ports import Follower, Native, NativeKind, Problem
from bot.core.rights.actors import Caller
from bot.core.values import dataclass
from bot.platforms.slack.api import SlackRefused, call
from bot.platforms.slack.group_errors import INVITE_ERRORS, MEMBER_ERRORS, translated_errors
from bot.platforms.slack.installing.clients import Clients
from bot.platforms.slack.people.crowds import everyone
from bot.platforms.slack.people.facts import Facts

# Items a page, as Slack wants fewer than 1,000. A district may have thousands of channels, and Slack allows
# 20 pages a minute. Then how many people one call may invite.
_PAGE, _INVITED_AT_ONCE = 999, 100
# How many people's names are looked up: a card shows no more.
_NAMED = 15
# To ask about more people than this, all of the workspace are listed: Slack answers a hundred questions about
# single people a minute.
_ASKED_ABOUT = 20
_CHANNEL = re.compile(r"[CG][A-Z0-9]{6,}")
_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _GroupState:
    """The members of a user group; a disabled group still lists its former members."""

    group: str
    members: set[str]
    disabled: bool


@dataclass(frozen=True, slots=True)
class GroupSync:
    """Changes user groups and channels; see `bot.chat.native_sync.NativeSync`."""

    clients: Clients

    async def find(self, caller: Caller, typed: str) -> Native:
        """Find a user group by id, handle or name, or a private channel by id or name."""
        wanted = typed.strip()
        channel = wanted.startswith("#") or bool(_CHANNEL.fullmatch(wanted))
        try:
            async with translated_errors():
                team = caller.workspace.external_id if caller.workspace else ""
                workspace = await self._workspace(team)
                look = workspace.find_channel if channel else workspace.find_group
                return await look(wanted.removeprefix("#").removeprefix("@"))
        except Unfollowable as stuck:
            kind = NativeKind.CHANNEL if channel else NativeKind.GROUP
            return Native(kind, "", wanted, stuck.problem)
        except DeliveryFailed:
            return Native(NativeKind.GROUP, "", wanted, Problem.SILENT)

    async def change(
        self, follower: Follower, *, give: frozenset[str], take: frozenset[str]
    ) -> frozenset[str]:
        """Add accounts to a group or channel and remove others; return those not in the workspace."""
        team = follower.workspace.external_id
        async with translated_errors():
            workspace = await self._workspace(team)
            is_group = follower.kind is NativeKind.GROUP
            change = workspace.change_group if is_group else workspace.change_channel
            absent = await change(follower.external_id, _users(give), _users(take))
        return frozenset(f"{team}/{user}" for user in absent)

    async def look(self, follower: Follower) -> Seen:
        """Return who is in a group or channel."""
        team = follower.workspace.external_id
        async with translated_errors():
            workspace = await self._workspace(team)
            if follower.kind is NativeKind.GROUP:
                facts = await workspace.group(follower.external_id)
                disabled, name = bool(facts.get("date_delete")), facts["handle"]
                users = [] if disabled else await workspace.group_members(follower.external_id)
            else:
                channel = await workspace.channel(follower.external_id)
                disabled, name = False, channel["name"] if channel else follower.name
                users = await workspace.channel_members(follower.external_id)
            names = await workspace.names(users) if len(users) <= _NAMED else {}
        has = frozenset(f"{team}/{user}" for user in users)
        return Seen(
            name, has, names={f"{team}/{user}": called for user, called in names.items()}, disabled=disabled
        )

    async def _workspace(self, team: str) -> "_Workspace":
        organized = await self.clients.uses_organization_token(team)
        return _Workspace(await self.clients.of(team), team, organized)


@dataclass(frozen=True, slots=True)
class _Workspace:
    """The groups and channels of one workspace, which is always named because a token may cover several.

    `organized` says that the token is that of an organisation.
    """

    client: AsyncWebClient
    team: str
    organized: bool

    async def find_group(self, wanted: str) -> Native:
        word = wanted.casefold()
        found = [
            one
            for one in await self._groups()
            if word in {one["id"].casefold(), one["handle"].casefold(), one["name"].casefold()}
        ]
        if len(found) != 1:
            return Native(NativeKind.GROUP, "", wanted, Problem.UNCLEAR if found else Problem.UNKNOWN)
        managed = found[0].get("auto_type") or found[0].get("is_external")
        problem = Problem.MANAGED if managed else None
        return Native(NativeKind.GROUP, found[0]["id"], found[0]["handle"], problem)

    async def find_channel(self, wanted: str) -> Native:
        channel = await self.channel(wanted)
        if channel is None:
            return Native(NativeKind.CHANNEL, "", wanted, Problem.NOT_IN)
        problem = None
        if not channel.get("is_private"):
            problem = Problem.PUBLIC
        elif channel.get("is_archived"):
            problem = Problem.GONE
        elif not channel.get("is_member"):
            problem = Problem.NOT_IN
        return Native(NativeKind.CHANNEL, channel["id"], channel["name"], problem)

    async def channel(self, wanted: str) -> _Json | None:
        """Find a channel by its id, or by its name among those that the bot is in."""
        if _CHANNEL.fullmatch(wanted):
            answer = await call(self.client.conversations_info(channel=wanted))
            found: _Json = answer["channel"]
            return found
        async for one in self._pages(
            lambda cursor: self.client.conversations_list(
                types="private_channel,public_channel",
                exclude_archived=True,
                limit=_PAGE,
                cursor=cursor,
                team_id=self.team,
            ),
            "channels",
        ):
            if one["name"] == wanted.casefold():
                return one  # type: ignore[no-any-return]
        return None

    async def change_group(self, group: str, give: set[str], take: set[str]) -> set[str]:
        """Change a group's members and return those not in the workspace; Slack only takes a whole list."""
        disabled = bool((await self.group(group)).get("date_delete"))
        members = set(await self.group_members(group))
        now, added = _GroupState(group, members, disabled), give if disabled else give - members
        try:
            await self._replace(now, (members | give) - take, adds=bool(added))
        except SlackRefused as refused:
            if refused.error not in MEMBER_ERRORS or not (absent := await self._not_in_workspace(added)):
                raise
        else:
            return set()
        await self._replace(now, (members | (give - absent)) - take, adds=bool(added - absent))
        return absent

    async def _replace(self, now: _GroupState, wanted: set[str], *, adds: bool) -> None:
        """Set a group's members. None can be empty: it is disabled until somebody is added (`adds`)."""
        if now.disabled and not adds:
            return
        if not wanted:
            await self._switch(self.client.usergroups_disable(usergroup=now.group, team_id=self.team))
            return
        if now.disabled:
            await self._switch(self.client.usergroups_enable(usergroup=now.group, team_id=self.team))
        if wanted != now.members:
            update = self.client.usergroups_users_update
            await call(update(usergroup=now.group, users=sorted(wanted), team_id=self.team))

    @staticmethod
    async def _switch(asked: Awaitable[Any]) -> None:
        try:
            await call(asked)
        except SlackRefused as refused:
            if refused.error not in {"already_enabled", "already_disabled"}:
                raise

    async def _not_in_workspace(self, users: set[str]) -> set[str]:
        """Return those who are no longer in this workspace: a list with one of them is refused as a whole."""
        gone, unsure = await self._listed(users) if len(users) > _ASKED_ABOUT else (set(), users)
        for user in sorted(unsure):
            said = await self._user(user)
            if said.get("deleted") or Facts.of(said, self.team).home("", self.team) != self.team:
                gone.add(user)
        return gone

    async def _listed(self, users: set[str]) -> tuple[set[str], set[str]]:
        """Return those who are deactivated, by a list of the workspace, and those of whom it is not sure."""
        gone, unsure = set(), set(users)
        async for one in everyone(self.client, self.team):
            user = str(one["id"])
            if user in unsure and one.get("deleted"):
                gone.add(user)
            if user in gone or Facts.listed(one, self.team, organized=self.organized) is not None:
                unsure.discard(user)
        return gone, unsure

    async def _user(self, user: str) -> _Json:
        try:
            return (await call(self.client.users_info(user=user))).get("user") or {}
        except SlackRefused as refused:
            if refused.error not in MEMBER_ERRORS:
                raise
            return {"deleted": True}

    async def change_channel(self, channel: str, give: set[str], take: set[str]) -> set[str]:
        members = set(await self.channel_members(channel))
        for user in sorted(take & members):
            try:
                await call(self.client.conversations_kick(channel=channel, user=user))
            except SlackRefused as refused:
                if refused.error not in MEMBER_ERRORS | {"not_in_channel"}:
                    raise
        fresh = sorted(give - members)
        for first in range(0, len(fresh), _INVITED_AT_ONCE):
            some = fresh[first : first + _INVITED_AT_ONCE]
            try:
                await call(self.client.conversations_invite(channel=channel, users=some, force=True))
            except SlackRefused as refused:
                if refused.error not in INVITE_ERRORS:
                    raise
        return give - set(await self.channel_members(channel)) if fresh else set()

    async def names(self, users: Collection[str]) -> dict[str, str]:
        found = {}
        for user in users:
            said = await self._user(user)
            found[user] = Facts.of(said, self.team).name or user
        return found

    async def _groups(self) -> list[_Json]:
        answer = await call(self.client.usergroups_list(include_disabled=True, team_id=self.team))
        return list(answer["usergroups"])

    async def group(self, group: str) -> _Json:
        found = [one for one in await self._groups() if one["id"] == group]
        if not found:
            raise Unfollowable(Problem.GONE)
        return found[0]

    async def group_members(self, group: str) -> list[str]:
        users = self.client.usergroups_users_list
        answer = await call(users(usergroup=group, include_disabled=True, team_id=self.team))
        return [str(user) for user in answer["users"]]

    async def channel_members(self, channel: str) -> list[str]:
        """Return the people in a channel, without the bot."""
        me = (await call(self.client.auth_test()))["user_id"]
        members = self._pages(
            lambda cursor: self.client.conversations_members(channel=channel, limit=_PAGE, cursor=cursor),
            "members",
        )
        return [str(user) async for user in members if user != me]

    @staticmethod
    async def _pages(asks: Any, what: str) -> AsyncIterator[Any]:
        cursor = ""
        while True:
            answer = await call(asks(cursor or None))
            for one in answer[what]:
                yield one
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return


def _users(accounts: Iterable[str]) -> set[str]:
    """Return the Slack user ids of accounts."""
    return {account.rpartition("/")[2] for account in accounts}

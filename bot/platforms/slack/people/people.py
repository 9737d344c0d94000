"""Identifies the caller of a request by what Slack vouches for."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from bot.core.rights.actors import AccountKey, Caller, Platform, WorkspaceKey
from bot.core.values import dataclass
from bot.platforms.slack.api import UNREACHABLE, SlackRefused, get
from bot.platforms.slack.installing.clients import Clients
from bot.platforms.slack.installing.workspaces import enterprise_of, team_of
from bot.platforms.slack.people.cache import PeopleCache
from bot.platforms.slack.people.crowds import Crowds, everyone
from bot.platforms.slack.people.facts import Facts
from bot.platforms.slack.work import InFlight

_log = logging.getLogger(__name__)

_PATIENCE = 3.0
# Errors of a list that need nobody's attention; others may mean a missing scope.
_HARMLESS = {"rate_limited", "ratelimited", UNREACHABLE}


@dataclass(frozen=True, slots=True)
class SlackUser:
    """The person in Slack's payload; `team` is where the app is installed, `home` their own workspace.

    In an `enterprise`, an organisation of several workspaces, only Slack's answer about them tells which is
    their own.
    """

    user: str
    name: str
    team: str
    home: str
    domain: str = ""
    channel: str | None = None
    enterprise: str = ""

    @classmethod
    def of_command(cls, body: Mapping[str, Any]) -> "SlackUser":
        """Return who typed a command."""
        team = body["team_id"]
        name = body.get("user_name") or body["user_id"]
        return cls(body["user_id"], name, team, team, body.get("team_domain") or "", body.get("channel_id"))

    @classmethod
    def of_interaction(cls, body: Mapping[str, Any], channel: str | None) -> "SlackUser":
        """Return who clicked, chose or submitted something."""
        user, team = body["user"], team_of(body)
        home = Facts().home(user.get("team_id") or "", team)
        name = user.get("name") or user.get("username") or user["id"]
        domain = (body.get("team") or {}).get("domain") or ""
        return cls(user["id"], name, team, home, domain, channel, enterprise_of(body))

    @classmethod
    def of_event(cls, body: Mapping[str, Any], user: str) -> "SlackUser":
        """Return whom an event is about; events contain no names."""
        team = team_of(body)
        return cls(user, user, team, team)


class People:
    """Asks Slack about people, one by one, or by a list of all where many arrive; caches the answers."""

    def __init__(self, clients: Clients, work: InFlight, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the workspaces' clients; lists are read in the background by `work`."""
        self._clients = clients
        self._work = work
        self._clock = clock
        self._known = PeopleCache(clock)
        self._crowds = Crowds()
        # The lists being read, by workspace.
        self._lists: dict[str, asyncio.Task[None]] = {}

    async def caller(self, who: SlackUser) -> Caller:
        """Return the core's caller; where Slack does not answer, without administrator rights.

        Raises `SlackRefused` where the caller could then be taken for somebody else.
        """
        facts = await self.facts(who.team, who.user)
        if facts is None and who.enterprise and who.home != who.team:
            raise SlackRefused(UNREACHABLE)  # they might be taken for somebody else
        known = facts or Facts()
        home = known.home(who.home, who.team)
        return Caller(
            account=AccountKey(Platform.SLACK.value, f"{home}/{who.user}"),
            name=known.name or who.name,
            platform=Platform.SLACK,
            workspace=WorkspaceKey(Platform.SLACK, who.team),
            workspace_name=who.domain,
            channel=who.channel,
            # In a shared channel, an administrator of the other workspace administers nothing here.
            administers_workspace=known.is_admin and home == who.team,
            zone=known.zone or None,
        )

    def forget(self, user: Mapping[str, Any]) -> None:
        """Ask about somebody anew, in every workspace, because an event says that they have changed."""
        # The event does not list their former workspaces. In an organisation they may have a second id.
        second = (user.get("enterprise_user") or {}).get("id")
        self._known.forget({str(user["id"]), str(second or user["id"])})

    async def facts(self, team: str, user: str) -> Facts | None:
        """Return what Slack says of a user; None where it does not answer in time."""
        if (known := self._known.of(team, user)) is not None:
            return known
        self._count(team, user)
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                try:
                    return await self._ask(team, user)
                except SlackRefused:
                    if team in self._lists:
                        await asyncio.wait({self._lists[team]})
        return self._known.of(team, user)  # the list may have provided it by now

    async def _ask(self, team: str, user: str) -> Facts | None:
        with self._known.asking() as question:
            answer = await get(await self._clients.of(team), "users.info", user=user)
            if not (said := answer.get("user")):
                return None
            found = Facts.of(said, team)
            self._known.learn(question, team, user, found)
            return found

    def _count(self, team: str, user: str) -> None:
        """Count a lookup, and start to list the workspace where there are many.

        Administrators are not counted, because they are looked up every minute anyway.
        """
        if self._known.was_admin(team, user) or team in self._lists:
            return
        if self._crowds.count(team, self._clock()):
            self._lists[team] = self._work.spawn_disposable(self._list(team))

    async def _list(self, team: str) -> None:
        """Learn of all people in a workspace; what the cache already has is newer than the list."""
        try:
            with self._known.asking() as question:
                organized = await self._clients.uses_organization_token(team)
                async for user in everyone(await self._clients.of(team), team):
                    found = None if user.get("deleted") else Facts.listed(user, team, organized=organized)
                    if found is not None and self._known.of(team, str(user["id"])) is None:
                        self._known.learn(question, team, str(user["id"]), found)
        except SlackRefused as refused:
            level = logging.INFO if refused.error in _HARMLESS else logging.WARNING
            _log.log(level, "Slack did not list the people of a workspace: %s", refused.told)
        finally:
            del self._lists[team]

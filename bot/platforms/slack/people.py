"""What Slack vouches for about whoever acts."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from bot.core.actors import AccountKey, Caller, Platform, WorkspaceKey
from bot.core.values import dataclass
from bot.platforms.slack.api import SlackRefused, facts
from bot.platforms.slack.clients import Clients
from bot.platforms.slack.crowds import Crowds, everyone
from bot.platforms.slack.facts import Facts
from bot.platforms.slack.work import InFlight
from bot.platforms.slack.workspaces import enterprise_of, team_of

_log = logging.getLogger(__name__)

# How long it is taken as known what somebody is called, and that they administer nothing, in seconds.
# Slack tells of changes, but it tells only one of several replicas.
KNOWN_FOR = 600.0
# How long somebody is taken for an administrator.
RULING_FOR = 60.0
_REMEMBERED = 20_000
_PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts, as Slack's payload says; `team` is where the app is installed, `home` is theirs.

    In an `enterprise`, an organisation of several workspaces, only Slack's answer tells where they belong.
    """

    user: str
    name: str
    team: str
    home: str
    domain: str = ""
    channel: str | None = None
    enterprise: str = ""

    @classmethod
    def of_command(cls, body: Mapping[str, Any]) -> "Who":
        """Read who typed a command."""
        team = body["team_id"]
        name = body.get("user_name") or body["user_id"]
        return cls(body["user_id"], name, team, team, body.get("team_domain") or "", body.get("channel_id"))

    @classmethod
    def of_interaction(cls, body: Mapping[str, Any], channel: str | None) -> "Who":
        """Read who clicked, chose or submitted."""
        user, team = body["user"], team_of(body)
        home = Facts().home(user.get("team_id") or "", team)
        name = user.get("name") or user.get("username") or user["id"]
        domain = (body.get("team") or {}).get("domain") or ""
        return cls(user["id"], name, team, home, domain, channel, enterprise_of(body))

    @classmethod
    def of_event(cls, body: Mapping[str, Any], user: str, home: str = "") -> "Who":
        """Read whom an event is about; it has no names."""
        team = team_of(body)
        return cls(user, user, team, home or team)


class People:
    """Asks Slack about people, one by one or, where many come, by the list of all; remembers for a while."""

    def __init__(self, clients: Clients, work: InFlight, clock: Callable[[], float] = time.monotonic) -> None:
        """Ask through the workspaces' clients; lists are read while the rest goes on."""
        self._clients = clients
        self._work = work
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, Facts]] = {}
        self._crowds = Crowds()
        # Who has changed since the list of their workspace was asked for.
        self._changed: dict[str, set[str]] = {}

    async def caller(self, who: Who) -> Caller:
        """Tell the core who acts; where Slack does not answer, they get no rights by it."""
        told = await self._facts(who.team, who.user)
        if told is None and who.enterprise and who.home != who.team:
            raise SlackRefused("unreachable")  # they might be taken for somebody else
        known = told or Facts()
        home = known.home(who.home, who.team)
        return Caller(
            account=AccountKey(Platform.SLACK.value, f"{home}/{who.user}"),
            name=known.name or who.name,
            platform=Platform.SLACK,
            workspace=WorkspaceKey(Platform.SLACK, who.team),
            workspace_name=who.domain,
            channel=who.channel,
            # In a shared channel, an administrator of the other workspace administers nothing here.
            administers_workspace=known.rules and home == who.team,
            zone=known.zone or None,
        )

    async def name(self, team: str, user: str) -> str:
        """Tell what somebody is called; nothing where Slack does not say."""
        told = await self._facts(team, user)
        return told.name if told else ""

    def forget(self, team: str, user: str) -> None:
        """Ask about somebody anew: they have changed."""
        self._known.pop((team, user), None)
        if team in self._changed:
            self._changed[team].add(user)

    async def _facts(self, team: str, user: str) -> Facts | None:
        now = self._clock()
        known = self._known.get((team, user))
        if known is not None and known[0] > now:
            return known[1]
        if (known is None or not known[1].rules) and self._crowds.comes(team, now):
            self._work.spawn(self._list(team))
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await facts(await self._clients.of(team), "users.info", user=user)
        except (SlackRefused, TimeoutError):
            return None
        if not (said := answer.get("user")):
            return None
        found = Facts.of(said, team)
        self._remember(team, user, found)
        return found

    async def _list(self, team: str) -> None:
        """Learn of all in a workspace; what is known already was asked for later than the list."""
        changed = self._changed.setdefault(team, set())
        try:
            async for user in everyone(await self._clients.of(team), team):
                found, key = Facts.of(user, team), (team, str(user["id"]))
                known = self._known.get(key)
                fresh = known is not None and known[0] > self._clock()
                # Whoever seems to be of elsewhere is asked about: it decides whose account theirs is.
                if found.belongs(team) and key[1] not in changed and not fresh:
                    self._remember(*key, found)
        except SlackRefused as refused:
            _log.info("Slack did not list who is in a workspace: %s", refused.error)
        finally:
            self._changed.pop(team, None)

    def _remember(self, team: str, user: str, found: Facts) -> None:
        lives = RULING_FOR if found.rules else KNOWN_FOR
        self._known.pop((team, user), None)
        self._known[team, user] = (self._clock() + lives, found)
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]

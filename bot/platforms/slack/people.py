"""What Slack vouches for about whoever acts."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from bot.core.actors import AccountKey, Caller, Platform, WorkspaceKey
from bot.core.values import dataclass
from bot.platforms.slack.api import SlackRefused
from bot.platforms.slack.api import facts as facts_of
from bot.platforms.slack.clients import Clients
from bot.platforms.slack.workspaces import enterprise_of, home_of, team_of

# How long a person's name, zone and standing in the workspace are taken as known, in seconds.
KNOWN_FOR = 60.0
_REMEMBERED = 1_000
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
        home = home_of({}, user.get("team_id") or "", team)
        name = user.get("name") or user.get("username") or user["id"]
        domain = (body.get("team") or {}).get("domain") or ""
        return cls(user["id"], name, team, home, domain, channel, enterprise_of(body))

    @classmethod
    def of_event(cls, body: Mapping[str, Any], user: str, home: str = "") -> "Who":
        """Read whom an event is about; it has no names."""
        team = team_of(body)
        return cls(user, user, team, home or team)


class People:
    """Asks Slack about people, and remembers the answers for a minute."""

    def __init__(self, clients: Clients, clock: Callable[[], float] = time.monotonic) -> None:
        """Ask through the workspaces' clients."""
        self._clients = clients
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, Mapping[str, Any]]] = {}

    async def caller(self, who: Who) -> Caller:
        """Tell the core who acts; where Slack does not answer, they get no rights by it."""
        facts = await self._facts(who.team, who.user)
        if not facts and who.enterprise and who.home != who.team:
            raise SlackRefused("unreachable")  # they might be taken for somebody else
        profile = facts.get("profile") or {}
        home = home_of(facts, who.home, who.team)
        return Caller(
            account=AccountKey(Platform.SLACK.value, f"{home}/{who.user}"),
            name=profile.get("display_name")
            or profile.get("real_name")
            or facts.get("real_name")
            or who.name,
            platform=Platform.SLACK,
            workspace=WorkspaceKey(Platform.SLACK, who.team),
            workspace_name=who.domain,
            channel=who.channel,
            # In a shared channel, an administrator of the other workspace administers nothing here.
            administers_workspace=_rules(facts, who.team) and home == who.team,
            zone=facts.get("tz") or None,
        )

    async def name(self, team: str, user: str) -> str:
        """Tell what somebody is called; nothing where Slack does not say."""
        profile = (await self._facts(team, user)).get("profile") or {}
        return str(profile.get("display_name") or profile.get("real_name") or "")

    def forget(self, team: str, user: str) -> None:
        """Ask about somebody anew: they have changed."""
        self._known.pop((team, user), None)

    async def _facts(self, team: str, user: str) -> Mapping[str, Any]:
        now = self._clock()
        if (known := self._known.get((team, user))) and known[0] > now:
            return known[1]
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await facts_of(await self._clients.of(team), "users.info", user=user)
        except (SlackRefused, TimeoutError):
            return {}
        facts: Mapping[str, Any] = answer.get("user") or {}
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[team, user] = (now + KNOWN_FOR, facts)
        return facts


def _rules(facts: Mapping[str, Any], team: str) -> bool:
    """Tell whether somebody administers a workspace; in an organisation, that one or all of them."""
    in_all = facts.get("enterprise_user") or {}
    told = facts if not in_all or facts.get("team_id") == team else in_all
    rules = told.get("is_admin") or told.get("is_owner") or told.get("is_primary_owner")
    return bool(rules and not facts.get("deleted"))

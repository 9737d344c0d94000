"""What Slack vouches for about whoever acts."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.core.actors import AccountKey, Caller, Platform, WorkspaceKey
from bot.platforms.slack.api import SlackRefused, call

# How long a person's name, zone and standing in the workspace are taken as known, in seconds.
KNOWN_FOR = 60.0
_REMEMBERED = 1_000
_PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts, as Slack's payload says; `team` is where the app is installed, `home` is theirs."""

    user: str
    name: str
    team: str
    home: str
    domain: str = ""
    channel: str | None = None

    @classmethod
    def of_command(cls, body: Mapping[str, Any]) -> "Who":
        """Read who typed a command."""
        team = body["team_id"]
        name = body.get("user_name") or body["user_id"]
        return cls(body["user_id"], name, team, team, body.get("team_domain") or "", body.get("channel_id"))

    @classmethod
    def of_interaction(cls, body: Mapping[str, Any], channel: str | None) -> "Who":
        """Read who clicked, chose or submitted."""
        user, team = body["user"], body.get("team") or {}
        home = user.get("team_id") or team.get("id") or ""
        name = user.get("name") or user.get("username") or user["id"]
        return cls(user["id"], name, team.get("id") or home, home, team.get("domain") or "", channel)

    @classmethod
    def of_event(cls, body: Mapping[str, Any], user: str, home: str = "") -> "Who":
        """Read whom an event is about; it has no names."""
        team = str(body["team_id"])
        return cls(user, user, team, home or team)


class People:
    """Asks Slack about people, and remembers the answers for a minute."""

    def __init__(self, client: AsyncWebClient, clock: Callable[[], float] = time.monotonic) -> None:
        """Ask through this client."""
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[float, Mapping[str, Any]]] = {}

    async def caller(self, who: Who) -> Caller:
        """Tell the core who acts; where Slack does not answer, they get no rights by it."""
        facts = await self._facts(who.user)
        profile = facts.get("profile") or {}
        rules = bool(facts.get("is_admin") or facts.get("is_owner") or facts.get("is_primary_owner"))
        return Caller(
            account=AccountKey(Platform.SLACK.value, f"{who.home}/{who.user}"),
            name=profile.get("display_name")
            or profile.get("real_name")
            or facts.get("real_name")
            or who.name,
            platform=Platform.SLACK,
            workspace=WorkspaceKey(Platform.SLACK, who.team),
            workspace_name=who.domain,
            channel=who.channel,
            # In a shared channel, an administrator of the other workspace administers nothing here.
            administers_workspace=rules and who.home == who.team and not facts.get("deleted"),
            zone=facts.get("tz") or None,
        )

    async def name(self, user: str) -> str:
        """Tell what somebody is called; nothing where Slack does not say."""
        profile = (await self._facts(user)).get("profile") or {}
        return str(profile.get("display_name") or profile.get("real_name") or "")

    def forget(self, user: str) -> None:
        """Ask about somebody anew: they have changed."""
        self._known.pop(user, None)

    async def _facts(self, user: str) -> Mapping[str, Any]:
        now = self._clock()
        if (known := self._known.get(user)) and known[0] > now:
            return known[1]
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await call(self._client.users_info(user=user))
        except (SlackRefused, TimeoutError):
            return {}
        facts: Mapping[str, Any] = answer.get("user") or {}
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[user] = (now + KNOWN_FOR, facts)
        return facts

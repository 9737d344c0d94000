"""Crowds: where many people arrive at once, one list of the workspace replaces many single requests."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack import api

# This many people looked up within this many seconds are a crowd.
MANY = 10
WITHIN = 600.0
# People a page, and pages: Slack allows 20 a minute. In a larger workspace, the others are looked up one by
# one.
_PAGE = 500
_PAGES = 20
_WORKSPACES = 1_000  # workspaces counted at a time; the one counted least recently is dropped


class Crowds:
    """Counts how many people are looked up in each workspace."""

    def __init__(self) -> None:
        """Start with no workspace."""
        self._counted: dict[str, tuple[float, int]] = {}

    def count(self, team: str, now: float) -> bool:
        """Count a lookup; return True when it makes a crowd, at most once in that time."""
        until, number = self._counted.pop(team, (0.0, 0))
        if until <= now:
            until, number = now + WITHIN, 0
        crowd = number + 1 == MANY
        self._counted[team] = (now + WITHIN if crowd else until, number + 1)
        if len(self._counted) > _WORKSPACES:
            del self._counted[next(iter(self._counted))]
        return crowd


async def everyone(client: AsyncWebClient, team: str) -> AsyncIterator[Mapping[str, Any]]:
    """Yield the people of a workspace, those who were deactivated too, up to a limit of pages.

    Raises `SlackRefused`.
    """
    further: dict[str, str] = {}
    for _ in range(_PAGES):
        # An organisation's token is valid for several workspaces, so Slack must be told which one.
        said = await api.get(client, "users.list", limit=str(_PAGE), team_id=team, **further)
        for user in said.get("members") or ():
            if not user.get("is_bot"):
                yield user
        if not (cursor := (said.get("response_metadata") or {}).get("next_cursor")):
            return
        further = {"cursor": str(cursor)}

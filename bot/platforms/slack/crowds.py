"""Where many come, one list of a workspace says what many questions would: fewer calls, and no waiting."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack import api

# So many that are asked about, within so many seconds, are a crowd.
MANY = 10
WITHIN = 600.0
# Slack allows 20 pages a minute. Of a larger workspace this many people are known, the others asked about.
_PAGE = 500
_PAGES = 20
_WORKSPACES = 1_000


class Crowds:
    """Counts who is asked about one by one, in each workspace; the quietest one makes room."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._counted: dict[str, tuple[float, int]] = {}

    def comes(self, team: str, now: float) -> bool:
        """Count one more; tell whether they have become a crowd, and then not again for that long."""
        until, number = self._counted.pop(team, (0.0, 0))
        if until <= now:
            until, number = now + WITHIN, 0
        crowd = number + 1 == MANY
        self._counted[team] = (now + WITHIN if crowd else until, number + 1)
        if len(self._counted) > _WORKSPACES:
            del self._counted[next(iter(self._counted))]
        return crowd


async def everyone(client: AsyncWebClient, team: str) -> AsyncIterator[Mapping[str, Any]]:
    """List the people of a workspace who can act, as far as it is not too large; raises `SlackRefused`."""
    further: dict[str, str] = {}
    for _ in range(_PAGES):
        # An organisation's token opens several workspaces, so it is said which.
        said = await api.facts(client, "users.list", limit=str(_PAGE), team_id=team, **further)
        for user in said.get("members") or ():
            if not (user.get("deleted") or user.get("is_bot")):
                yield user
        if not (cursor := (said.get("response_metadata") or {}).get("next_cursor")):
            return
        further = {"cursor": str(cursor)}

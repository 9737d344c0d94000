"""Finds the token with which a request of Slack's is answered, and records where the request came from."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.core.workspaces.installation_ports import Installation
from bot.platforms.slack.api import NOT_INSTALLED, SlackRefused
from bot.platforms.slack.installing.installed import InstalledClients
from bot.platforms.slack.work import InFlight

# Seconds that each of the two may delay the acknowledgement, which must come within a second in all.
_PATIENCE = 0.2
Body = Mapping[str, Any]
Next = Callable[[], Awaitable[BoltResponse]]


class Authorize(AsyncAuthorize):
    """Finds the installation for Bolt; without one, the person is told how to install the app."""

    def __init__(self, clients: InstalledClients, work: InFlight) -> None:
        """Take the source of installations, and the tasks under way."""
        self._clients, self._work = clients, work

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        **_: str | None,
    ) -> AuthorizeResult | None:
        """Return the token for a request: its organisation's, or its workspace's.

        If that takes long, the request goes on without a token, and the token is looked up again when Slack
        is called.
        """
        place = enterprise_id if context.is_enterprise_install else team_id
        known = AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)
        asking = self._work.spawn_disposable(self._found(place or ""))
        if asking not in (await asyncio.wait({asking}, timeout=_PATIENCE))[0]:
            return known
        if (found := asking.result()) is None:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=found.bot_user,
            bot_id=found.bot,
            bot_token=found.token,
            user_id=user_id,
        )

    async def _found(self, place: str) -> Installation | None:
        try:
            return await self._clients.installation(place)
        except SlackRefused as refused:
            if refused.error not in {NOT_INSTALLED, "token_revoked"}:
                raise
            return None


def recording(clients: InstalledClients, work: InFlight) -> Callable[[Body, Next], Awaitable[BoltResponse]]:
    """Return a middleware that records the workspace of each request that Slack has signed."""

    async def note(body: Body, next_: Next) -> BoltResponse:
        await asyncio.wait({work.spawn(clients.record_workspace(body))}, timeout=_PATIENCE)
        return await next_()

    return note

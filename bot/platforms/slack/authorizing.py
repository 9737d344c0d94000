"""Whose token a request of Slack's is answered with, and what is noted of where it came from."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.core.installation_ports import Installation
from bot.platforms.slack.api import NOT_INSTALLED, SlackRefused
from bot.platforms.slack.installed import InstalledClients
from bot.platforms.slack.work import InFlight

# So long the acknowledgement waits for either; with the answer's patience it comes within a second.
_PATIENCE = 0.2
Body = Mapping[str, Any]
Next = Callable[[], Awaitable[BoltResponse]]


class Authorize(AsyncAuthorize):
    """Finds the installation for Bolt; with none, whoever asks is told how to come by one."""

    def __init__(self, clients: InstalledClients, work: InFlight) -> None:
        """Ask these."""
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
        """Find the token for a request: its organisation's, or its workspace's.

        Where that takes long, the request goes on: whoever speaks to Slack about it finds the token then.
        """
        place = enterprise_id if context.is_enterprise_install else team_id
        known = AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)
        asking = self._work.aside(self._found(place or ""))
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


def noting(clients: InstalledClients, work: InFlight) -> Callable[[Body, Next], Awaitable[BoltResponse]]:
    """Make what notes, of each request that Slack has signed, whose workspace it is of."""

    async def note(body: Body, next_: Next) -> BoltResponse:
        await asyncio.wait({work.spawn(clients.seen(body))}, timeout=_PATIENCE)
        return await next_()

    return note

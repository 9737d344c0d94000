"""Whose token a request of Slack's is answered with, and what is noted of where it came from."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.platforms.slack.api import NOT_INSTALLED, SlackRefused
from bot.platforms.slack.installed import InstalledClients

Next = Callable[[], Awaitable[BoltResponse]]


class Authorize(AsyncAuthorize):
    """Finds the installation for Bolt; with none, whoever asks is told how to come by one."""

    def __init__(self, clients: InstalledClients) -> None:
        """Ask these."""
        self._clients = clients

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        **_: str | None,
    ) -> AuthorizeResult | None:
        """Find the token for a request: its organisation's, or its workspace's."""
        place = enterprise_id if context.is_enterprise_install else team_id
        try:
            found = await self._clients.installation(place or "")
        except SlackRefused as refused:
            if refused.error not in {NOT_INSTALLED, "token_revoked"}:
                raise
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=found.bot_user,
            bot_id=found.bot,
            bot_token=found.token,
            user_id=user_id,
        )


def noting(clients: InstalledClients) -> Callable[[Mapping[str, Any], Next], Awaitable[BoltResponse]]:
    """Make what notes, of each request that Slack has signed, whose workspace it is of."""

    async def note(body: Mapping[str, Any], next_: Next) -> BoltResponse:
        await clients.seen(body)
        return await next_()

    return note

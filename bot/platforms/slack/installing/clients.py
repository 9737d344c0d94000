"""The client, and so the token, with which each workspace is called."""

import asyncio
import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack import api

_log = logging.getLogger(__name__)
# Seconds between checks that the token still works: Slack may not report a revoked token.
_CHECK_EVERY = 300.0


@dataclass
class Clients(ABC):
    """One client per workspace; all share one HTTP session."""

    session: aiohttp.ClientSession | None = field(default=None, kw_only=True)

    @abstractmethod
    async def of(self, team: str) -> AsyncWebClient:
        """Return a workspace's client; raises `SlackRefused` where the app is not installed."""

    async def uses_organization_token(self, team: str) -> bool:  # noqa: ARG002 - a workspace has its own token
        """Tell whether a workspace uses its organisation's token; raises `SlackRefused`."""
        return False

    @abstractmethod
    async def check(self) -> None:
        """Check the tokens with Slack; raises `SlackRefused`."""

    @abstractmethod
    async def revoked(self, place: str) -> None:
        """Handle a token that Slack reports as revoked; `place` is a workspace or an organisation."""

    @abstractmethod
    async def maintain(self) -> None:
        """Maintain the tokens until cancelled; raises `SlackRefused` if the only token is dead."""

    def open(self) -> None:
        """Create the session, which belongs to the running event loop."""
        if self.session is None or self.session.closed:
            self.session = api.session()

    async def close(self) -> None:
        """Close the session."""
        if self.session is not None:
            await self.session.close()


@dataclass
class OneClient(Clients):
    """The client of a single workspace, whose token is in the settings."""

    client: AsyncWebClient

    async def of(self, team: str) -> AsyncWebClient:  # noqa: ARG002 - there is no other
        """Return the only client, whatever the workspace: Slack refuses what its token may not see."""
        return self.client

    async def check(self) -> None:
        """Call `auth.test`, and log who we are."""
        who = await api.call(self.client.auth_test())
        _log.info("Signed in to Slack as %s in %s", who.get("user"), who.get("team"))

    async def maintain(self) -> None:
        """Check the token at intervals; not at once, so that events that Slack still sends are handled."""
        while True:
            await asyncio.sleep(_CHECK_EVERY)
            try:
                await api.call(self.client.auth_test())
            except api.SlackRefused as refused:
                if refused.error in api.LOCKED_OUT:
                    raise

    async def revoked(self, place: str) -> None:
        """Log an error for the operator."""
        _log.error(
            "Slack has revoked the bot's token in %s: install the app again, and set the new token", place
        )

    def open(self) -> None:
        """Create the session."""
        super().open()
        self.client.session = self.session

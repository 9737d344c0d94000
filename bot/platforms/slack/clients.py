"""By which client, and so by which token, a workspace is spoken to."""

import asyncio
import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack import api

_log = logging.getLogger(__name__)
# So often Slack is asked whether a token still works, in seconds: it may tell nobody, and people wait.
_LOOKED_EVERY = 300.0


@dataclass
class Clients(ABC):
    """One client a workspace; all share one HTTP session."""

    session: aiohttp.ClientSession | None = field(default=None, kw_only=True)

    @abstractmethod
    async def of(self, team: str) -> AsyncWebClient:
        """Return a workspace's client; raises `SlackRefused` where we are not taken in."""

    async def organized(self, team: str) -> bool:  # noqa: ARG002 - a workspace has its own token
        """Tell whether a workspace's token is its organisation's; raises `SlackRefused`."""
        return False

    @abstractmethod
    async def check(self) -> None:
        """Ask Slack who we are; raises `SlackRefused`."""

    @abstractmethod
    async def revoked(self, place: str) -> None:
        """See to a token that Slack says it has revoked: a workspace's, or an organisation's."""

    @abstractmethod
    async def tend(self) -> None:
        """See to the tokens until cancelled; raises `SlackRefused` where the only one is dead."""

    def open(self) -> None:
        """Make the session, which belongs to the running loop."""
        if self.session is None or self.session.closed:
            self.session = api.session()

    async def close(self) -> None:
        """Close the session."""
        if self.session is not None:
            await self.session.close()


@dataclass
class OneClient(Clients):
    """The client of the one workspace whose token the settings have."""

    client: AsyncWebClient

    async def of(self, team: str) -> AsyncWebClient:  # noqa: ARG002 - there is no other
        """Return the client, for whatever workspace: Slack says what it may not see."""
        return self.client

    async def check(self) -> None:
        """Ask Slack who we are."""
        who = await api.call(self.client.auth_test())
        _log.info("Signed in to Slack as %s in %s", who.get("user"), who.get("team"))

    async def tend(self) -> None:
        """Look now and then whether the token works. Not at once: what Slack tells besides is still heard."""
        while True:
            await asyncio.sleep(_LOOKED_EVERY)
            try:
                await api.call(self.client.auth_test())
            except api.SlackRefused as refused:
                if refused.error in api.LOCKED_OUT:
                    raise

    async def revoked(self, place: str) -> None:
        """Tell the operator."""
        _log.error("Slack has revoked the bot's token in %s: install the app again, set the new one", place)

    def open(self) -> None:
        """Make the session."""
        super().open()
        self.client.session = self.session

"""The Discord front: logs in, stays connected, and ends without leaving anyone unanswered."""

import logging

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.chat.runner import Runner
from bot.platforms.discord.client import Homeroom
from bot.platforms.discord.entrance import DiscordEntrance
from bot.platforms.discord.notifier import DiscordNotifier

_FINISH_WITHIN = 10.0  # seconds for answers under way when we are told to stop


class DiscordFront:
    """One bot account on Discord."""

    def __init__(
        self, runner: Runner, token: str, *, api_base: str | None = None, gateway_url: str | None = None
    ) -> None:
        """Take the Runner and the bot's token; other addresses than Discord's own are for tests."""
        self._runner = runner
        self._token = token
        self._api_base = api_base
        self._gateway_url = gateway_url
        self._client: Homeroom | None = None
        self.notifier = DiscordNotifier(lambda: self._client)
        self.entrance = DiscordEntrance(lambda: self._client)

    async def run(self) -> None:
        """Serve until cancelled; raises `discord.LoginFailure` when the token is not accepted."""
        self._point_the_sdk()
        client = self._client = Homeroom(self._runner)
        try:
            await client.start(self._token)
        except AttributeError as lost:
            if client.ws is not None:
                raise
            # discord.py stumbles over the websocket it does not have yet.
            raise ConnectionError("Discord's gateway cannot be reached") from lost
        finally:
            await client.finish(_FINISH_WITHIN)
            self._client = None
            await client.close()

    def _point_the_sdk(self) -> None:
        # discord.py keeps its addresses on the classes: they hold for the whole process.
        if self._api_base:
            Route.BASE = self._api_base.rstrip("/")
        if self._gateway_url:
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self._gateway_url)
        # At DEBUG it logs whole payloads, and with them tokens and codes.
        sdk = logging.getLogger(discord.__name__)
        sdk.setLevel(max(logging.INFO, sdk.getEffectiveLevel()))

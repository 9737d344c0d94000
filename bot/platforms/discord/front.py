"""The Discord front: logs in, stays connected, and shuts down without leaving anyone unanswered."""

import logging
from collections.abc import Awaitable, Callable

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.chat.runner import Runner
from bot.platforms.discord import outbound
from bot.platforms.discord.client import HomeroomClient
from bot.platforms.discord.notifier import DiscordNotifier
from bot.platforms.discord.servers.requests import DiscordRequests
from bot.platforms.discord.servers.role_sync import RoleSync
from bot.platforms.discord.servers.server_invites import ServerInvites
from bot.platforms.discord.turn import PATIENCE

_log = logging.getLogger(__name__)
_FINISH_WITHIN = 10.0  # seconds that answers under way may take when the process is told to stop

Work = Callable[[], Awaitable[None]]
Exclusively = Callable[[str, Work], Awaitable[None]]


async def _at_once(_: str, work: Work) -> None:
    await work()


class DiscordFront:
    """One bot account on Discord, whose servers are divided among a number of shards."""

    def __init__(
        self,
        runner: Runner,
        token: str,
        *,
        api_base: str | None = None,
        gateway_url: str | None = None,
        shards: int = 1,
        hide_commands: bool = True,
        exclusively: Exclusively = _at_once,
        patience: float = PATIENCE,
    ) -> None:
        """Take the Runner and the bot's token; addresses other than Discord's own are for tests.

        With `hide_commands`, commands that no role of a school allows are hidden from ordinary members of a
        server. An answer that takes longer than `patience` (seconds) is acknowledged first. `exclusively`
        runs the work of a shard only while no other process runs it.
        """
        self._runner = runner
        self._token = token
        self._api_base = api_base
        self._gateway_url = gateway_url
        self._shards = shards
        self._hide_commands = hide_commands
        self._exclusively = exclusively
        self._patience = patience
        self._members = True
        self._clients: dict[int, HomeroomClient] = {}
        self.notifier = DiscordNotifier(self._any_client)
        self.server_invites = ServerInvites(self._any_client)
        self.roles = RoleSync(self._any_client)
        self.requests = DiscordRequests(self._any_client)

    def _any_client(self) -> HomeroomClient | None:
        """Return a client that is logged in, or None; sending needs no gateway connection."""
        return next(iter(self._clients.values()), None)

    async def run(self, shard: int = 0) -> None:
        """Serve a shard until cancelled; raises `discord.LoginFailure` when the token is not accepted.

        While another process serves the shard, this one can send messages but receives no events.
        """
        point_the_sdk(self._api_base, self._gateway_url)
        client = self._clients[shard] = HomeroomClient(
            self._runner,
            patience=self._patience,
            shard=shard,
            shards=self._shards,
            hide_commands=self._hide_commands,
            members=self._members,
            proxy=outbound.proxy(self._api_base),
        )
        try:
            await client.login(self._token)
            await self._exclusively(f"discord shard {shard} of {self._shards}", client.connect)
        except discord.PrivilegedIntentsRequired:
            # The next start does not ask for the intent, so that the bot works without it.
            self._members = False
            _log.error(
                "Discord withholds the Server Members Intent, although it is switched on: above 10,000 "
                "people, apply for it at discord.com/developers/applications. Homeroom continues without it"
            )
            raise
        except AttributeError as lost:
            if client.ws is not None:
                raise
            # discord.py raises AttributeError when it has no websocket yet.
            raise ConnectionError("Discord's gateway cannot be reached") from lost
        finally:
            await client.finish(_FINISH_WITHIN)
            del self._clients[shard]
            await client.close()


def point_the_sdk(api_base: str | None, gateway_url: str | None) -> None:
    """Point discord.py to addresses other than Discord's own, and keep secrets out of its log."""
    # discord.py keeps its addresses on the classes, so they apply to the whole process.
    if api_base:
        Route.BASE = api_base.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    # At DEBUG it logs whole payloads, which contain tokens and codes.
    sdk = logging.getLogger(discord.__name__)
    sdk.setLevel(max(logging.INFO, sdk.getEffectiveLevel()))

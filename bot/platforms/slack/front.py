"""The Slack front: Socket Mode, or signed HTTP where the bot has a public URL."""

import asyncio
import re
from collections.abc import Coroutine
from functools import partial
from typing import Any

from slack_bolt.adapter.socket_mode.websockets import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.websockets import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.chat.ports import Database
from bot.chat.runner import Runner
from bot.platforms.slack import api, limits
from bot.platforms.slack.answers import Answers
from bot.platforms.slack.attached import Files
from bot.platforms.slack.dispatcher import PATIENCE, Dispatcher
from bot.platforms.slack.events import Events
from bot.platforms.slack.group_sync import GroupSync
from bot.platforms.slack.home import HomePages
from bot.platforms.slack.installing.clients import Clients, OneClient
from bot.platforms.slack.installing.installed import InstalledClients
from bot.platforms.slack.installing.manifest import INSTALL
from bot.platforms.slack.installing.oauth import App, InstallPages
from bot.platforms.slack.installing.token_rotation import TokenRotation
from bot.platforms.slack.installing.uninstalls import Uninstalls
from bot.platforms.slack.listeners import bolt
from bot.platforms.slack.notifier import SlackNotifier
from bot.platforms.slack.people.people import People
from bot.platforms.slack.rendering.pictures import Pictures
from bot.platforms.slack.reply_sender import ReplySender
from bot.platforms.slack.work import InFlight
from bot.platforms.slack.workspace_events import WorkspaceEvents

_FINISH_WITHIN = 10.0
# Seconds between checks of Slack's connection, and how long it may be down. The SDK reconnects by itself; if
# it cannot, as with a revoked token, it keeps trying and reports nothing.
_CHECK_EVERY, _MAX_DOWNTIME = 10.0, 60.0
_STAMP = re.compile(r"[0-9]{1,12}")


class SlackLoginFailed(Exception):
    """Slack refuses a token or cannot be reached; the message is for the operator."""


class SlackFront:
    """Connects the Runner to one Slack workspace, or to all workspaces that install the app."""

    def __init__(
        self,
        runner: Runner,
        *,
        bot_token: str = "",
        oauth: App | None = None,
        app_token: str = "",
        signing_secret: str = "",
        api_base: str | None = None,
        command: str = "/homeroom",
        patience: float = PATIENCE,
    ) -> None:
        """Build all parts; nothing is sent before `run` or `check`.

        The bot has one token (`bot_token`), or with `oauth` one for each workspace that installs the app.
        """
        self._app_token = app_token
        self._signing_secret = signing_secret
        self._work = InFlight()
        client = api.client(bot_token, api_base)
        self._clients = clients = _clients(runner.database, client, oauth, api_base)
        self._install_pages = InstallPages(oauth, runner.database, client) if oauth else None
        pictures = Pictures(clients)
        self.groups = GroupSync(clients)
        people, sender = People(clients, self._work), ReplySender(clients, pictures)
        home_pages = HomePages(runner, people, sender, self._work)
        self.notifier = SlackNotifier(clients, pictures, home_pages.changed)
        answers, files = Answers(sender, runner.words), Files(clients)
        workspace_events = WorkspaceEvents(runner, people)
        events = Events(home_pages, workspace_events, Uninstalls(runner, workspace_events, clients))
        dispatcher = Dispatcher(runner, people, answers, self._work, files, home_pages, events, patience)
        link = f"{oauth.base_url}{INSTALL}" if oauth and oauth.public else ""
        self._app: AsyncApp = bolt(
            dispatcher, clients, client, signing_secret=signing_secret, command=command, link=link
        )

    async def check(self) -> None:
        """Check the tokens with Slack; raises `SlackLoginFailed`."""
        self._clients.open()
        try:
            await self._clients.check()
        except api.SlackRefused as refused:
            raise _failed("bot token", refused) from None

    async def run(self) -> None:
        """Serve in Socket Mode until cancelled, then finish the work under way."""
        if not self._app_token:
            raise SlackLoginFailed("slack.app_token is empty: Socket Mode needs it, or set slack.public_http")
        try:
            await self.check()
            handler = _Handler(self._app, self._app_token, self._work)
            try:
                await self._connect(handler)
                await _first_to_fail(self._maintain(), _until_disconnected(handler.client))
            finally:
                await self._stop(handler)
        finally:
            await self.close()

    async def serve_http(self) -> None:
        """Maintain the tokens until cancelled, while signed HTTP requests arrive by `routes`."""
        try:
            await self.check()
            await self._maintain()
        finally:
            await self.close()

    def routes(self) -> list[Route]:
        """Return the route for signed HTTP requests; raises `ValueError` without a signing secret."""
        if not self._signing_secret:
            raise ValueError("slack.public_http needs slack.signing_secret")
        receive = partial(self._receive, SignatureVerifier(self._signing_secret))
        return [Route("/slack/events", receive, methods=["POST"])]

    def install_routes(self) -> list[Route]:
        """Return the routes by which workspaces install the app, with Socket Mode as with HTTP."""
        return self._install_pages.routes() if self._install_pages else []

    async def idle(self) -> None:
        """Wait until every answer is delivered."""
        await self._work.idle()

    async def close(self) -> None:
        """Finish the work under way, within some seconds, and close the connections."""
        await self._work.finish(_FINISH_WITHIN)
        await self._clients.close()

    async def _connect(self, handler: "_Handler") -> None:
        try:
            await api.call(handler.connect_async())  # type: ignore[no-untyped-call]
        except api.SlackRefused as refused:
            raise _failed("app token", refused) from None

    async def _maintain(self) -> None:
        try:
            await self._clients.maintain()
        except api.SlackRefused as refused:
            raise _failed("bot token", refused) from None

    async def _stop(self, handler: "_Handler") -> None:
        """Accept no more requests, acknowledge those that were accepted, then disconnect."""
        client = handler.client
        client.auto_reconnect_enabled = False
        if client.message_receiver is not None:
            client.message_receiver.cancel()
        await self._work.finish(_FINISH_WITHIN)
        await client.close()  # type: ignore[no-untyped-call]

    async def _receive(self, signed: SignatureVerifier, request: Request) -> Response:
        if _STAMP.fullmatch(request.headers.get("x-slack-request-timestamp", "0")) is None:
            return PlainTextResponse("No time", status_code=401)  # the SDK would raise an exception
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > limits.BODY:
                return PlainTextResponse("Too large", status_code=413)
        try:
            # Bolt parses a body before it verifies the signature, and a hostile body keeps it busy for long.
            if not signed.is_valid_request(bytes(body), request.headers):
                return PlainTextResponse("Not signed", status_code=401)
            wanted = to_async_bolt_request(request, bytes(body))
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            return PlainTextResponse("Not a request of Slack's", status_code=400)
        return to_starlette_response(await self._work.tracked(self._app.async_dispatch(wanted)))


async def _until_disconnected(client: SocketModeClient) -> None:
    """Check the connection at intervals; raise `SlackLoginFailed` when it has been down for too long."""
    downtime = 0.0
    while downtime < _MAX_DOWNTIME:
        await asyncio.sleep(_CHECK_EVERY)
        downtime = 0.0 if await client.is_connected() else downtime + _CHECK_EVERY
    raise SlackLoginFailed("The connection to Slack was lost, and could not be restored")


async def _first_to_fail(*works: Coroutine[Any, Any, None]) -> None:
    """Run several endless coroutines until the first of them fails, and raise its exception."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _failed(token: str, refused: api.SlackRefused) -> SlackLoginFailed:
    if refused.error == api.UNREACHABLE:
        return SlackLoginFailed(f"Slack cannot be reached: {refused.told}")
    return SlackLoginFailed(f"Slack rejects the {token}: {refused.error}")


def _clients(database: Database, client: AsyncWebClient, oauth: App | None, api_base: str | None) -> Clients:
    if oauth is None:
        return OneClient(client)
    rotation = TokenRotation(database, client, oauth.client_id, oauth.client_secret)
    return InstalledClients(database, rotation, api_base)


class _Handler(AsyncSocketModeHandler):
    """Bolt's Socket Mode handler; every request counts as work until it is acknowledged."""

    def __init__(self, app: AsyncApp, app_token: str, work: InFlight) -> None:
        super().__init__(app, app_token, logger=api.sdk_log, web_client=app.client)
        self._work = work

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        await self._work.spawn(super().handle(client, req))

"""A redemption by a signed slash command through the whole Slack front, beside a bare Bolt app."""

import asyncio
import hashlib
import hmac
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import uvicorn
from aiohttp import web
from pydantic import SecretStr
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.door import school_database
from benchmarks.homeroom import fronts
from benchmarks.served import Serving, served
from benchmarks.waiting import MeasuredFront, Report, compared, with_single_calls
from benchmarks.windows import Size
from bot.settings.sections import SlackSettings
from tests.servers.slack.server import BOT_TOKEN, SIGNING_SECRET, SlackServer
from tests.servers.slack.workspace import TEAM

HOMEROOM, BOLT = "Homeroom", "a bare Bolt ack"
WORKSPACE = 9_900


class Slack(SlackServer):
    """A local Slack in which those who type a command can wait for a later answer."""

    def __init__(self) -> None:
        super().__init__()
        self.later: dict[str, asyncio.Future[str]] = {}

    async def _response(self, request: web.Request) -> web.Response:
        said: dict[str, Any] = await request.json()
        self.later[request.match_info["name"]].set_result(said["text"])
        return web.Response(text="ok")


@dataclass(frozen=True)
class Typing:
    """Types a slash command over connections that stay open, each time as a person whom the bot has not met.

    The people are in the workspace from the beginning; if all have typed, further ones are added.
    """

    url: str
    text: str
    slack: Slack
    session: aiohttp.ClientSession
    people: list[str]

    async def __call__(self) -> None:
        """Type the command and wait for its answer, even if that comes after the acknowledgement."""
        person = self.people.pop() if self.people else self.slack.workspace.person("new").id
        later = self.slack.later[person] = asyncio.get_running_loop().create_future()
        body = urlencode(
            {
                "command": "/homeroom",
                "text": self.text,
                "team_id": TEAM,
                "team_domain": "maple",
                "channel_id": "C0000001",
                "channel_name": "general",
                "user_id": person,
                "user_name": "new",
                "response_url": self.slack.response_url(person),
                "trigger_id": f"1.2.{person}",
                "api_app_id": "A0000001",
            }
        )
        async with self.session.post(f"{self.url}/slack/events", data=body, headers=_signed(body)) as answer:
            said = await answer.text() or await later
        if answer.status != 200 or "Maple" not in said:  # noqa: PLR2004 - HTTP's own number
            raise TypeError(f"Not redeemed: {answer.status} {said}")


def _signed(body: str) -> dict[str, str]:
    stamp = str(int(time.time()))
    proof = hmac.new(SIGNING_SECRET.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={proof}",
    }


async def measured(folder: Path, size: Size) -> Report:
    """Measure both in turns; Slack and those who type are in this process, each app in its own."""
    url, code = await school_database(folder / "slack.db")
    async with AsyncExitStack() as stack:
        ours = await start_front(stack, HOMEROOM, code, homeroom, database=url)
        bare = await start_front(stack, BOLT, code, bolt)
        return await with_single_calls(await compared([ours, bare], size))


async def start_front(
    stack: AsyncExitStack, name: str, code: str, serving: Serving, **given: str
) -> MeasuredFront:
    """Start an app on a local Slack of its own; return it as a contender."""
    slack = await stack.enter_async_context(Slack())
    slack.workspace.channel("general")
    by = await stack.enter_async_context(served(serving, api_base=slack.api_base, **given))
    # Close idle connections before the servers do.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2)
    session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
    people = [slack.workspace.person("new").id for _ in range(WORKSPACE)]
    return MeasuredFront(
        name, Typing(by.said["url"], f"join code:{code}", slack, session, people), by.processor
    )


@asynccontextmanager
async def homeroom(database: str, api_base: str, command: str = "") -> AsyncIterator[Mapping[str, str]]:
    """Serve Homeroom to Slack by signed HTTP."""
    slack = SlackSettings(
        bot_token=SecretStr(BOT_TOKEN),
        signing_secret=SecretStr(SIGNING_SECRET),
        public_http=True,
        api_base=api_base,
    )
    async with fronts(database, command, slack=slack) as url:
        yield {"url": url}


@asynccontextmanager
async def bolt(api_base: str) -> AsyncIterator[Mapping[str, str]]:
    """Serve an app whose only listener acknowledges with an answer."""
    client = AsyncWebClient(token=BOT_TOKEN, base_url=api_base)
    app = AsyncApp(client=client, signing_secret=SIGNING_SECRET, process_before_response=True)

    @app.command("/homeroom")
    async def _ack(ack: AsyncAck) -> None:
        await ack("Maple")

    handler = AsyncSlackRequestHandler(app)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    routes = [Route("/slack/events", events, methods=["POST"])]
    listening = socket.create_server(("127.0.0.1", 0))
    # As in Homeroom: without this, small answers would wait for the client's TCP acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(Starlette(routes=routes), log_config=None, lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    host, port = listening.getsockname()
    try:
        yield {"url": f"http://{host}:{port}"}
    finally:
        server.should_exit = True
        await task

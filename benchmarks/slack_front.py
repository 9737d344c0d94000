"""A redemption as a signed slash command through the whole Slack front, beside a bare Bolt app."""

import asyncio
import hashlib
import hmac
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import aiohttp
import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.contenders import in_lanes
from benchmarks.door import furnish, open_door
from benchmarks.windows import Size, Times, measure
from tests.servers.slack.running import front_for, over_http
from tests.servers.slack.server import BOT_TOKEN, SIGNING_SECRET, SlackServer
from tests.servers.slack.workspace import TEAM

HOMEROOM, BOLT = "Homeroom's Slack front", "a bare Bolt ack"


@dataclass(frozen=True)
class Report:
    """The windows' times, and each contender's median latency in ms, by how many were at once."""

    times: Mapping[int, Times]
    half: Mapping[int, Mapping[str, float]]

    def shown(self) -> str:
        """Show a table."""
        lines = [f"  {'':<40}" + "".join(f"{number:>7} at once" for number in self.times)]
        slower = (f"{self.half[number][HOMEROOM] / self.half[number][BOLT]:>15.2f}" for number in self.times)
        faster = (f"{times.ratio(HOMEROOM, BOLT):>15.2f}" for times in self.times.values())
        lines += [f"  {'median wait : a bare ack':<40}" + "".join(slower)]
        lines += [f"  {'throughput : a bare ack':<40}" + "".join(faster)]
        return "\n".join(lines)


@dataclass
class Sender:
    """Sends signed slash commands over connections that stay open, each as somebody never met before."""

    name: str
    url: str
    text: str
    slack: SlackServer
    session: aiohttp.ClientSession
    waits: dict[int, list[float]] = field(default_factory=dict)
    at_once: int = 0

    async def redeem(self, operations: int, at_once: int) -> None:
        """Send as many at once."""
        self.at_once = at_once
        await in_lanes(operations, at_once, self._one)

    async def _one(self) -> None:
        person = self.slack.workspace.person("new").id
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
                "response_url": f"{self.slack.api_base}response/none",
                "trigger_id": f"1.2.{self.name}-{person}",
                "api_app_id": "A0000001",
            }
        )
        stamp = str(int(time.time()))
        proof = hmac.new(SIGNING_SECRET.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={proof}",
        }
        began = time.perf_counter()
        async with self.session.post(f"{self.url}/slack/events", data=body, headers=headers) as answer:
            said = await answer.text()
        self.waits.setdefault(self.at_once, []).append((time.perf_counter() - began) * 1000)
        if answer.status != 200 or "Maple" not in said:  # noqa: PLR2004 - HTTP's own number
            raise TypeError(f"Not redeemed: {answer.status} {said}")


async def measured(folder: Path, size: Size) -> Report:
    """Let both take turns, in one process with a local Slack."""
    url = f"sqlite:///{folder / 'slack.db'}"
    await furnish(url, "automatic")
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackServer())
        slack.workspace.channel("general")
        door = await stack.enter_async_context(open_door(url))
        # It acknowledges later than it would: what is measured is the redemption, not the promise of one.
        line = await stack.enter_async_context(over_http(front_for(door.runner, slack, patience=2.5)))
        bare = await stack.enter_async_context(_bolt(slack.api_base))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), trust_env=False)
        )
        senders = [
            Sender(HOMEROOM, line.url, f"join code:{door.code}", slack, session),  # type: ignore[attr-defined]
            Sender(BOLT, bare, "ok", slack, session),
        ]
        times = await measure(senders, size)
    half = {
        number: {sender.name: median(sender.waits[number]) for sender in senders} for number in size.at_once
    }
    return Report(times, half)


@asynccontextmanager
async def _bolt(api_base: str) -> AsyncIterator[str]:
    """Serve an app whose only listener acknowledges."""
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
    config = uvicorn.Config(Starlette(routes=routes), log_config=None, lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    host, port = listening.getsockname()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        await task

"""Fronts that run against the local Slack, over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette

from bot.chat.runner import Runner
from bot.platforms.slack.front import SlackFront
from tests import patience
from tests.servers.slack.lines import HttpLine, Line, SocketLine
from tests.servers.slack.server import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, SlackServer


def front_for(runner: Runner, server: SlackServer, *, patience: float = patience.PATIENCE) -> SlackFront:
    """Build a front that talks to the local Slack; its time limit is long unless a test gives another."""
    return SlackFront(
        runner,
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        signing_secret=SIGNING_SECRET,
        api_base=server.api_base,
        command="/homeroom",
        patience=patience,
    )


@asynccontextmanager
async def over_http(front: SlackFront) -> AsyncIterator[Line]:
    """Serve a front's routes; yield a line that reaches them by signed HTTP."""
    await front.check()
    listening = socket.create_server(("127.0.0.1", 0))
    host, port = listening.getsockname()
    app = Starlette(routes=[*front.install_routes(), *front.routes()])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", access_log=False))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield HttpLine(f"http://{host}:{port}")
    finally:
        server.should_exit = True
        await task
        await front.close()


@asynccontextmanager
async def over_socket(front: SlackFront, server: SlackServer) -> AsyncIterator[Line]:
    """Run a front in Socket Mode; yield a line that reaches it."""
    task = asyncio.create_task(front.run())
    try:
        async with asyncio.timeout(patience.PATIENCE):
            await server.connected.wait()
        yield SocketLine(server)
    finally:
        task.cancel()
        await asyncio.wait({task})

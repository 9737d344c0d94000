"""Slow and silent clients do not keep others out of the web pages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from math import inf

import pytest
import websockets
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from bot.platforms.web import limits
from bot.platforms.web.connection_timeouts import ConnectionTimeouts
from bot.platforms.web.server import serve
from tests.patience import PATIENCE

BODY = b"POST /body HTTP/1.1\r\nHost: door\r\nContent-Length: 9\r\n\r\na"
HEAD = b"GET /fine HTTP/1.1\r\nHost: door\r\n"
WHOLE = HEAD + b"\r\n"


@dataclass
class Site:
    """A small site that records what it has read, and waits until a test lets it answer."""

    port: int = 0
    read: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    def routes(self) -> list[Route | WebSocketRoute]:
        return [
            Route("/fine", self._fine),
            Route("/slow", self._slow),
            Route("/body", self._body, methods=["POST"]),
            Route("/long", self._long),
            WebSocketRoute("/echo", self._echo),
        ]

    async def _fine(self, _: Request) -> Response:
        return PlainTextResponse("fine")

    async def _slow(self, _: Request) -> Response:
        self.arrived.set()
        await self.go_on.wait()
        return PlainTextResponse("done")

    async def _body(self, request: Request) -> Response:
        with suppress(ClientDisconnect):
            async for part in request.stream():
                self.read.put_nowait(part)
            return PlainTextResponse("read")
        self.hung_up.set()
        return PlainTextResponse("nobody reads this")

    async def _long(self, _: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(200):
                yield b"." * 100_000

        return StreamingResponse(parts())

    async def _echo(self, websocket: WebSocket) -> None:
        await websocket.accept()
        while True:
            await websocket.send_text(await websocket.receive_text())

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@asynccontextmanager
async def _served(patience: ConnectionTimeouts) -> AsyncIterator[Site]:
    site = Site()
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    app = Starlette(routes=site.routes())
    task = asyncio.create_task(
        serve(app, "127.0.0.1", 0, listening=lambda _, port_: port.set_result(port_), patience=patience)
    )
    try:
        site.port = await asyncio.wait_for(port, PATIENCE)
        yield site
    finally:
        site.go_on.set()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, PATIENCE)


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """Read until the server closes the connection."""
    said = b""
    with suppress(ConnectionError):
        while part := await asyncio.wait_for(reader.read(100_000), PATIENCE):
            said += part
    return said


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - what the server knows tells nobody
            await asyncio.sleep(0)


def _now() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("said", [b"", HEAD, BODY])
async def test_who_does_not_ask_whole_is_hung_up_on(said: bytes) -> None:
    async with _served(ConnectionTimeouts(seconds=0)) as site:
        reader, writer = await site.connect()
        writer.write(said)
        await _rest(reader)
        writer.close()


async def test_a_body_that_drips_does_not_make_it_longer() -> None:
    patience = ConnectionTimeouts(seconds=1000)
    async with _served(patience) as site:
        reader, writer = await site.connect()
        writer.write(BODY)
        assert await asyncio.wait_for(site.read.get(), PATIENCE) == b"a"
        begun = _now()
        writer.write(b"b")
        assert await asyncio.wait_for(site.read.get(), PATIENCE) == b"b"
        patience.look(begun + 1000)
        assert await _rest(reader) == b""
        await asyncio.wait_for(site.hung_up.wait(), PATIENCE)
        writer.close()


async def test_the_next_request_has_its_own_time() -> None:
    patience = ConnectionTimeouts(seconds=1000)
    async with _served(patience) as site:
        reader, writer = await site.connect()
        await _until(lambda: len(patience.waiting) == 1)
        begun = _now()
        writer.write(WHOLE)
        await asyncio.wait_for(reader.readuntil(b"fine"), PATIENCE)
        await _until(lambda: len(patience.waiting) == 1)
        patience.look(begun + 1000)
        assert len(patience.waiting) == 1
        patience.look(inf)
        assert not patience.waiting
        writer.close()


async def test_what_is_worked_on_is_given_its_time() -> None:
    patience = ConnectionTimeouts(seconds=1000)
    async with _served(patience) as site:
        reader, writer = await site.connect()
        writer.write(WHOLE.replace(b"/fine", b"/slow"))
        await asyncio.wait_for(site.arrived.wait(), PATIENCE)
        patience.look(inf)
        site.go_on.set()
        assert await asyncio.wait_for(reader.readuntil(b"done"), PATIENCE)
        writer.close()


async def test_who_does_not_take_the_answer_is_hung_up_on() -> None:
    patience = ConnectionTimeouts(seconds=1000)
    async with _served(patience) as site:
        reader, writer = await site.connect()
        await _until(lambda: len(patience.waiting) == 1)
        waiting = next(iter(patience.waiting))
        writer.write(WHOLE.replace(b"/fine", b"/long"))
        await _until(lambda: waiting.cycle is not None and waiting.flow.write_paused)
        assert waiting in patience.waiting
        patience.look(inf)
        assert len(await _rest(reader)) < 20_000_000
        writer.close()


async def test_who_takes_a_long_answer_is_given_all_of_it() -> None:
    patience = ConnectionTimeouts(seconds=1000)
    async with _served(patience) as site:
        reader, writer = await site.connect()
        writer.write(WHOLE.replace(b"/fine", b"/long").replace(b"door", b"door\r\nConnection: close"))
        assert len(await _rest(reader)) > 20_000_000
        writer.close()
        await _until(lambda: not patience.waiting)


async def test_many_who_send_nothing_keep_nobody_out(caplog: pytest.LogCaptureFixture) -> None:
    patience = ConnectionTimeouts(seconds=1000, most=3)
    async with _served(patience) as site, AsyncExitStack() as stack:
        silent = []
        for _ in range(10):
            reader, writer = await site.connect()
            stack.callback(writer.close)
            silent.append(reader)
            asker, asking = await site.connect()
            asking.write(WHOLE)
            await asyncio.wait_for(asker.readuntil(b"fine"), PATIENCE)
            stack.callback(asking.close)
            assert len(patience.waiting) <= 3
        assert await _rest(silent[0]) == b""
    assert [one.getMessage() for one in caplog.records if one.name.endswith("web.connection_timeouts")] == [
        "More than 3 connections to the web pages send nothing"
    ]


async def test_a_websocket_has_limits_of_its_own() -> None:
    patience = ConnectionTimeouts(seconds=1000)
    async with _served(patience) as site, websockets.connect(f"ws://127.0.0.1:{site.port}/echo") as socket:
        assert not patience.waiting
        patience.look(inf)
        await socket.send("still there?")
        assert await asyncio.wait_for(socket.recv(), PATIENCE) == "still there?"


def test_the_limits_leave_room() -> None:
    assert limits.WAITING_CONNECTIONS < 1024 - 64, (
        "connections of the database and of the platforms are files, too"
    )
    assert limits.TRANSFER_SECONDS > 10

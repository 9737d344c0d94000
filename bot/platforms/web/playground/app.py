"""The routes of the playground: its page, its websocket, its uploads and its mails."""

import asyncio
import json
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote
from zoneinfo import available_timezones

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.chat.files import collect
from bot.chat.runner import Runner
from bot.chat.text import clean
from bot.core.files import BadFile
from bot.platforms.web import limits, pages
from bot.platforms.web.draw import Json
from bot.platforms.web.playground import mailbox, wire
from bot.platforms.web.playground.dispatcher import Dispatcher
from bot.platforms.web.playground.room import Room
from bot.platforms.web.playground.sign_in import SignIn
from bot.platforms.web.security import HEADERS
from bot.platforms.web.this_machine import comes_from_own_page, comes_from_this_machine

_log = logging.getLogger(__name__)
_POLICY, _TRY_LATER = 1008, 1013
# Mails are shown in frames.
_HEADERS = {"Content-Security-Policy": f"{HEADERS['Content-Security-Policy']}; frame-src 'self'"}


@dataclass(frozen=True)
class Playground:
    """The room that is served, and the password that it needs, if any."""

    room: Room
    password: str | None = None


def routes(runner: Runner, playground: Playground) -> list[BaseRoute]:
    """Return the routes of the playground, which serve only this machine."""
    dispatcher = Dispatcher(runner, playground.room)
    sign_in = SignIn(playground.password) if playground.password else None
    table: list[BaseRoute] = [
        Route("/playground", partial(_page, room=playground.room, sign_in=sign_in), methods=["GET"]),
        Route(
            "/playground/mail/{mail}", partial(_mail, room=playground.room, sign_in=sign_in), methods=["GET"]
        ),
        Route("/playground/files", partial(_file, dispatcher=dispatcher, sign_in=sign_in), methods=["POST"]),
        WebSocketRoute("/playground/socket", partial(_socket, dispatcher=dispatcher, sign_in=sign_in)),
    ]
    if sign_in is not None:
        table.append(Route("/playground/sign-in", sign_in.enter, methods=["POST"]))
    return table


async def _mail(request: Request, *, room: Room, sign_in: SignIn | None) -> Response:
    if not comes_from_this_machine(request) or (sign_in is not None and not sign_in.lets_in(request)):
        return PlainTextResponse("Mails are shown in the playground.\n", status_code=403)
    return mailbox.page(room.mail_page(str(request.path_params["mail"])))


async def _page(request: Request, *, room: Room, sign_in: SignIn | None) -> Response:
    if not comes_from_this_machine(request):
        return PlainTextResponse("The playground is served to this machine alone.\n", status_code=403)
    if sign_in is not None and not sign_in.lets_in(request):
        return sign_in.page()
    return HTMLResponse(pages.render("playground.html", name=room.name), headers=_HEADERS)


async def _file(request: Request, *, dispatcher: Dispatcher, sign_in: SignIn | None) -> Response:
    """Keep a file that somebody chose in a form; nothing is kept of one that is too large."""
    if not comes_from_own_page(request) or (sign_in is not None and not sign_in.lets_in(request)):
        return PlainTextResponse("Files are taken from the playground's own page.\n", status_code=403)
    # Names are in headers, because URLs are logged.
    who = dispatcher.room.people.get(unquote(request.headers.get("x-person", "")))
    name = clean(unquote(request.headers.get("x-file-name", "")))[: limits.FILE_NAME]
    if who is None:
        return PlainTextResponse("Nobody is called that here.\n", status_code=404)
    most = dispatcher.runner.bounds.bytes
    try:
        content = await collect(name, request.stream(), most)
    except BadFile:
        return JSONResponse({"most": most}, status_code=413)
    return JSONResponse({"file": dispatcher.room.uploads.keep(who.name, name, content)})


async def _socket(websocket: WebSocket, *, dispatcher: Dispatcher, sign_in: SignIn | None) -> None:
    if not comes_from_own_page(websocket) or (sign_in is not None and not sign_in.lets_in(websocket)):
        await websocket.close(_POLICY)
        return
    await websocket.accept()
    await _Visit(websocket, dispatcher).run()


class _Visit:
    """The connection of one open page: a reader, a writer, and the requests under way."""

    def __init__(self, websocket: WebSocket, dispatcher: Dispatcher) -> None:
        self._websocket = websocket
        self._dispatcher = dispatcher
        self._waiting: asyncio.Queue[Json] = asyncio.Queue(limits.FRAMES_WAITING)
        self._under_way: set[asyncio.Task[None]] = set()
        zone = websocket.query_params.get("zone")
        self._zone = zone if zone in available_timezones() else None

    async def run(self) -> None:
        """Serve the page until it is left; then wait a moment for the requests under way."""
        with self._dispatcher.room.watched_by(self._tell):
            self._tell(self._dispatcher.room.state())
            try:
                await _first_of(self._read(), self._write())
            finally:
                if self._under_way:
                    await asyncio.wait(self._under_way, timeout=limits.GRACE_SECONDS)

    def _tell(self, change: Json) -> None:
        try:
            self._waiting.put_nowait(change)
        except asyncio.QueueFull:
            # The browser is too far behind: the writer closes the connection, and the page reconnects.
            self._waiting = asyncio.Queue()
            self._waiting.put_nowait({"do": "behind"})

    async def _read(self) -> None:
        while True:
            try:
                request = wire.read(await self._websocket.receive_text())
            except WebSocketDisconnect:
                return
            except (wire.Unreadable, KeyError):
                await self._websocket.close(_POLICY)
                return
            if len(self._under_way) >= limits.REQUESTS_AT_ONCE:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            task = asyncio.create_task(self._serve(request))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _serve(self, request: wire.Request) -> None:
        result: Json = {}
        try:
            result = await self._dispatcher.serve(request, self._zone)
        except wire.Unreadable:
            result = {"unreadable": True}
        except Exception:  # noqa: BLE001 - it is logged, and the page goes on
            _log.exception("A request of the playground failed")
            result = {"failed": True}
        self._tell({"do": "done", "id": request.number, **result})

    async def _write(self) -> None:
        while True:
            change = await self._waiting.get()
            if change["do"] == "behind":
                await self._websocket.close(_TRY_LATER)
                return
            try:
                await self._websocket.send_text(json.dumps(change, ensure_ascii=False))
            except (WebSocketDisconnect, RuntimeError):
                return


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.create_task(one) for one in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

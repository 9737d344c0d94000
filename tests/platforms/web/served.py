"""The web front on a real server, and a page that stays connected to its playground."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Self
from urllib.parse import quote

import httpx2
import websockets
from starlette.applications import Starlette

from bot.platforms.web.server import serve
from tests.patience import PATIENCE

Json = dict[str, Any]


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    """Serve an application on a free loopback port; yield its address."""
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        serve(app, "127.0.0.1", 0, listening=lambda host, port: address.set_result(f"http://{host}:{port}"))
    )
    task.add_done_callback(lambda _: address.cancel())
    try:
        yield await asyncio.wait_for(address, PATIENCE)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, PATIENCE)


class Page:
    """What a browser knows: the state of the room, kept up to date over one websocket."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._asked = 0
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._changed = asyncio.Condition()
        self.people: dict[str, Json] = {}
        self.messages: dict[str, Json] = {}
        self.forms: dict[str, Json | None] = {}
        self.frames: list[str] = []

    async def __aenter__(self) -> Self:
        url = self._address.replace("http", "ws", 1) + "/playground/socket?zone=UTC"
        self._socket = await websockets.connect(url, origin=websockets.Origin(self._address))
        self._reader = asyncio.create_task(self._read())
        await self.until(lambda: bool(self.people))
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._socket.close()
        await asyncio.wait_for(self._reader, PATIENCE)

    async def _read(self) -> None:
        with suppress(websockets.ConnectionClosed):
            while True:
                frame = await self._socket.recv(decode=True)
                self.frames.append(frame)
                self._take(json.loads(frame))
                async with self._changed:
                    self._changed.notify_all()
        for answer in self._answers.values():
            answer.cancel()

    def _take(self, change: Json) -> None:
        match change["do"]:
            case "state":
                self.people = {one["name"]: one for one in change["people"]}
                self.messages = {one["id"]: one for one in change["messages"]}
                self.forms = change["forms"]
            case "message":
                self.messages[change["message"]["id"]] = change["message"]
            case "badges":
                self.people[change["who"]]["badges"] = change["badges"]
            case "form":
                self.forms[change["who"]] = change["form"]
            case "done":
                self._answers.pop(change["id"]).set_result(change)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until a condition on the state of the page holds."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(true)

    async def send(self, frame: str) -> None:
        """Send the text of a frame unchanged."""
        await self._socket.send(frame)

    async def ask(self, who: str, do: str, *, place: str = "#general", **wish: object) -> Json:
        """Send a request, and wait for its answer."""
        self._asked += 1
        answer = self._answers[self._asked] = asyncio.get_running_loop().create_future()
        await self.send(json.dumps({"id": self._asked, "who": who, "place": place, "do": do, **wish}))
        return await asyncio.wait_for(answer, PATIENCE)

    async def upload(self, who: str, name: str, content: bytes) -> str:
        """Choose a file in a form; return the value that the form has for it."""
        headers = {"Origin": self._address, "X-Person": quote(who), "X-File-Name": quote(name)}
        async with httpx2.AsyncClient(timeout=PATIENCE) as client:
            answer = await client.post(f"{self._address}/playground/files", content=content, headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["file"])

    async def type(self, who: str, line: str, place: str = "#general") -> None:
        """Send a typed line."""
        assert "failed" not in await self.ask(who, "type", place=place, line=line)

    def seen_by(self, who: str) -> list[Json]:
        """List the messages that a person sees, oldest first."""
        places = self.people[who]["places"]
        return [
            one for one in self.messages.values() if one["place"] in places and one["only"] in {None, who}
        ]

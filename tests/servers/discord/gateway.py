"""The gateway: the websocket over which Discord sends events."""

import itertools
from typing import Any

from aiohttp import WSMsgType, web

from tests.servers.discord import payloads
from tests.servers.discord.guild import Guild

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = (
    0,
    1,
    2,
    6,
    7,
    9,
    10,
    11,
)
_BAD_TOKEN, _ABNORMAL, _NOT_ALLOWED = 4004, 4000, 4014
_HEARTBEAT_EVERY = 41_250  # milliseconds


class Gateway:
    """One session: it outlives connections, and on a resume it sends again what the bot missed."""

    def __init__(self, token: str, changed: Any, place: Guild) -> None:
        self._token = token
        self._place = place
        self._changed = changed
        self._numbers = itertools.count(1)
        self._said: list[dict[str, Any]] = []
        self._socket: web.WebSocketResponse | None = None
        self.url = ""
        self.identified = 0
        self.shards: list[list[int] | None] = []
        self.resumed = 0
        self.beats = 0
        self.heartbeat_every = _HEARTBEAT_EVERY  # sent on each new connection
        self.acknowledges = True
        self.in_guild = True
        self.not_allowed = 0  # intents that Discord refuses, although the application has them enabled
        self.no_resume: list[bool] = []  # refuses the next resumes: may they be tried again?

    @property
    def connected(self) -> bool:
        """Tell whether the bot is connected and identified."""
        return self._socket is not None

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one websocket connection."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": self.heartbeat_every}})
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._hear(socket, frame.json())
        finally:
            if self._socket is socket:
                self._socket = None
            self._changed()
        return socket

    async def _hear(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> None:
        match said["op"]:
            case 1:
                self.beats += 1
                if self.acknowledges:
                    await socket.send_json({"op": HEARTBEAT_ACK})
            case 2 if said["d"]["token"] != self._token:
                await socket.close(code=_BAD_TOKEN)
            case 2 if said["d"]["intents"] & self.not_allowed:
                await socket.close(code=_NOT_ALLOWED)
            case 2:
                self._said.clear()
                self._socket = socket
                self.shards.append(said["d"].get("shard"))
                await self.tell("READY", self._ready())
                if self.in_guild:
                    await self.tell("GUILD_CREATE", self._place.whole())
                self.identified += 1
            case 6 if self.no_resume:
                await socket.send_json({"op": INVALID_SESSION, "d": self.no_resume.pop(0)})
            case 6:
                self._socket = socket
                for missed in [one for one in self._said if one["s"] > (said["d"]["seq"] or 0)]:
                    await socket.send_json(missed)
                await self.tell("RESUMED", {})
                self.resumed += 1
        self._changed()

    def _ready(self) -> dict[str, Any]:
        return {
            "v": 10,
            "user": payloads.BOT,
            "guilds": [{"id": payloads.GUILD, "unavailable": True}] if self.in_guild else [],
            "session_id": "session",
            "resume_gateway_url": self.url,
            "application": {"id": payloads.APPLICATION, "flags": 0},
        }

    async def tell(self, event: str, data: dict[str, Any]) -> None:
        """Send an event, if the bot may receive it; without a connection, it is kept for a resume."""
        if not self._place.tells(event):
            return
        frame = {"op": DISPATCH, "t": event, "s": next(self._numbers), "d": data}
        self._said.append(frame)
        if self._socket is not None:
            await self._socket.send_json(frame)

    async def drop(self, code: int = _ABNORMAL) -> None:
        """Close the connection, as Discord does now and then."""
        if self._socket is not None:
            socket, self._socket = self._socket, None
            await socket.close(code=code)

    async def ask_to_reconnect(self) -> None:
        """Tell the bot to reconnect and resume, as Discord does before it takes a gateway down."""
        await self._dismiss({"op": RECONNECT, "d": None})

    async def invalidate(self, *, resumable: bool) -> None:
        """Tell the bot that its session is invalid, and whether it may be resumed."""
        await self._dismiss({"op": INVALID_SESSION, "d": resumable})

    async def _dismiss(self, frame: dict[str, Any]) -> None:
        if self._socket is not None:
            socket, self._socket = self._socket, None
            await socket.send_json(frame)

    async def repeat(self) -> None:
        """Send the latest interaction once more."""
        told = [one for one in self._said if one["t"] == "INTERACTION_CREATE"][-1:]
        for one in told:
            await self.tell(one["t"], one["d"])

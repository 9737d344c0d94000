"""The REST half of the local Discord, and what people and tests do to it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import web

from tests.patience import PATIENCE
from tests.servers.discord import payloads
from tests.servers.discord.answering import Answering, Interaction
from tests.servers.discord.gateway import Gateway
from tests.servers.discord.guild import Guild, Refused
from tests.servers.discord.troubles import Troubles
from tests.servers.files import FileServer

PREFIX = "/api/v10"
_MAY_INVITE = 1 << 0
_OPEN = ("/interactions/", "/webhooks/")  # need no bot token: the token in the path is the secret
_Handler = Callable[[web.Request, Any], Any]


@dataclass(frozen=True)
class Request:
    """A REST request of the bot."""

    method: str
    path: str
    body: Any
    query: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


class DiscordServer(Answering, Troubles):
    """Serves on a loopback port; `async with` starts and stops it."""

    def __init__(self, token: str = "local.discord.token", port: int = 0) -> None:
        super().__init__()
        self.token = token
        self.requests: list[Request] = []
        self.commands: list[dict[str, Any]] = []
        # Archived threads: a message unarchives them, and until then nothing in them can be edited
        # (docs.discord.com/developers/topics/threads, "Active & Archived Threads").
        self.archived_threads: set[str] = set()
        self.fails_after: int | None = None  # how many more messages are accepted; None is no limit
        self._named: dict[str, str] = {}  # ids of messages by the nonce that they were created with
        self.joined: dict[str, str] = {}
        self.place = Guild()
        self.application = payloads.application()
        self.session_start_limit = {
            "total": 1000,
            "remaining": 999,
            "reset_after": 7_200_000,
            "max_concurrency": 1,
        }
        self.recommended_shards = 1
        self.files = FileServer()
        self.gateway = Gateway(token, self.notify, self.place)
        self.api_base = self.gateway_url = ""
        self._port = port
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_get("/gateway/", self.gateway.connect)
        for method, path, handler in self._routes():
            app.router.add_route(method, PREFIX + path, self._answering(handler))
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        address = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.api_base, self.gateway_url = f"http://{address}{PREFIX}", f"ws://{address}/gateway/"
        self.gateway.url = self.gateway_url
        await self.files.__aenter__()
        return self

    async def __aexit__(self, kind: object = None, *_: object) -> None:
        await self.gateway.drop()
        await self.files.__aexit__()
        if self._runner is not None:
            await self._runner.cleanup()
        assert kind is not None or self.deprecated == []

    def _routes(self) -> list[tuple[str, str, _Handler]]:
        webhook = "/webhooks/{application}/{token}"
        original = f"{webhook}/messages/@original"
        commands = "/applications/{application}/commands"
        return [
            ("GET", "/users/@me", lambda *_: payloads.BOT),
            ("GET", "/oauth2/applications/@me", lambda *_: self.application),
            ("GET", "/gateway/bot", self._gateway_bot),
            ("GET", commands, lambda *_: self.commands),
            ("PUT", commands, self._put_commands),
            ("POST", "/users/@me/channels", self._open_direct),
            ("POST", "/channels/{channel}/messages", self._post),
            ("PATCH", "/channels/{channel}/messages/{message}", self._edit),
            ("DELETE", "/channels/{channel}/messages/{message}", self._delete),
            ("PATCH", "/channels/{channel}", self._unarchive),
            *self.place.routes(),
            ("PUT", "/guilds/{guild}/members/{user}", self._add_member),
            ("GET", "/channels/{channel}", self._channel),
            ("POST", "/channels/{channel}/invites", self._invite),
            ("POST", "/interactions/{number}/{token}/callback", self._call_back),
            ("POST", webhook, self._follow_up),
            ("GET", original, lambda request, _: self.messages[self._original(request)]),
            ("PATCH", original, self._edit_original),
            ("DELETE", original, self._delete_original),
        ]

    def _answering(self, handler: _Handler) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            body = await _body(request)
            path = request.path.removeprefix(PREFIX)
            reason = unquote(request.headers.get("X-Audit-Log-Reason", ""))
            self.requests.append(Request(request.method, path, body, dict(request.query), reason))
            try:
                await self._held(request.method, path)
                if refusal := self._refused(request.method, path):
                    return _json(refusal.body, refusal.status)
                if not path.startswith(_OPEN) and request.headers.get("Authorization") != f"Bot {self.token}":
                    return _json({"message": "401: Unauthorized", "code": 0}, 401)
                result = handler(request, body)
                return _json(result) if result is not None else web.Response(status=204)
            except Refused as refused:
                return _json({"message": "refused", "code": refused.code}, refused.status)
            except KeyError:
                return _json({"message": "Unknown", "code": 10008}, 404)
            finally:
                self.notify()

        return answer

    # What the bot calls.

    @property
    def guild(self) -> dict[str, Any]:
        """The guild as Discord describes it."""
        return self.place.guild

    @property
    def own_roles(self) -> list[str]:
        """The ids of the bot's own roles in the guild."""
        return self.place.own_roles

    @own_roles.setter
    def own_roles(self, roles: list[str]) -> None:
        self.place.own_roles = roles

    def _channel(self, request: web.Request, _: object) -> dict[str, Any]:
        wanted = request.match_info["channel"]
        found: dict[str, Any] | None = {one["id"]: one for one in self.guild["channels"]}.get(wanted)
        if found is None:
            raise Refused(404, 10003)
        return found

    def _gateway_bot(self, *_: object) -> dict[str, Any]:
        limit = self.session_start_limit
        return {"url": self.gateway_url, "shards": self.recommended_shards, "session_start_limit": limit}

    def _put_commands(self, _: web.Request, body: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.commands = [
            {**one, "id": next(self._ids), "application_id": payloads.APPLICATION, "version": "1"}
            for one in body
        ]
        return self.commands

    def _open_direct(self, _: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        return payloads.direct(f"7{str(body['recipient_id'])[1:]}", str(body["recipient_id"]))

    def _post(self, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        if self.fails_after is not None:
            self.fails_after -= 1
            if self.fails_after < 0:
                raise Refused(403, 50001)
        named = body.get("nonce") if body.get("enforce_nonce") else None
        if named in self._named:
            return self.messages[self._named[named]]
        self.archived_threads.discard(request.match_info["channel"])
        made = self._store(request.match_info["channel"], body)
        if named is not None:
            self._named[named] = made["id"]
        return made

    def _unarchive(self, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        if body == {"archived": False}:
            self.archived_threads.discard(request.match_info["channel"])
        return payloads.channel(request.match_info["channel"], "a thread")

    def _edit(self, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        if request.match_info["channel"] in self.archived_threads:
            raise Refused(400, 50083)
        return self._change(request.match_info["message"], body)

    def _delete(self, request: web.Request, _: Any) -> None:
        del self.messages[request.match_info["message"]]

    def _add_member(self, request: web.Request, body: dict[str, Any]) -> dict[str, Any] | None:
        user = request.match_info["user"]
        if user in self.joined:
            return None
        self.joined[user] = body["access_token"]
        return {"user": {"id": user}, "roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "flags": 0}

    def _invite(self, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        if not self.place.has(_MAY_INVITE):
            raise Refused(403, 50013)
        channel = {"id": request.match_info["channel"], "name": "general", "type": 0}
        return {"code": "onceonly", "type": 0, "channel": channel, **body}

    def notify(self) -> None:
        """Wake up those who wait for a condition, so that they check it again."""
        self._changed.set()

    # What tests and people do.

    def attach(self, name: str, content: bytes) -> dict[str, Any]:
        """Keep a file that a person attaches; return its attachment object."""
        return self.files.attachment(next(self._ids), name, content)

    async def until(self, condition: Callable[[], Any], *, within: float = PATIENCE) -> Any:
        """Wait until a condition returns something true; return that."""
        async with asyncio.timeout(within):
            while not (held := condition()):
                self._changed.clear()
                await self._changed.wait()
        return held

    async def happen(
        self, kind: int, who: str, data: Mapping[str, Any], on: Mapping[str, Any] | None = None
    ) -> Interaction:
        """Create an interaction of a person, and send it to the bot."""
        happened = Interaction(payloads.interaction(next(self._ids), kind, who, data, on))
        self.interactions[happened.payload["id"]] = happened
        await self.tell(happened)
        return happened

    async def tell(self, happened: Interaction) -> None:
        """Send an interaction to the bot; tests also use this to send one twice."""
        await self.gateway.tell("INTERACTION_CREATE", happened.payload)


def _json(body: Any, status: int = 200) -> web.Response:
    # discord.py expects exactly this content type, and takes a 429 as Discord's only with a Via header.
    headers = {"Content-Type": "application/json", "Via": "local"}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=headers)


async def _body(request: web.Request) -> Any:
    if request.content_type == "multipart/form-data":
        form = await request.post()
        return json.loads(str(form["payload_json"]))
    return await request.json() if request.can_read_body else None

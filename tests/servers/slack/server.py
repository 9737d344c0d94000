"""A local Slack: its Web API, response URLs, file uploads and Socket Mode, on a loopback port."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import WSMsgType, web

from bot.platforms.slack.installing.manifest import SCOPES
from tests.patience import PATIENCE
from tests.servers.slack import rules
from tests.servers.slack.files import Call, Files
from tests.servers.slack.groups import Groups, SlackRefuses, decoded, page
from tests.servers.slack.installing import Installing
from tests.servers.slack.workspace import BOT, TEAM, Workspace
from tests.soak import size

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-bot", "xapp-app", "signing-secret"
TICKET = "ticket-for-one-connection"
# Three seconds for Slack itself; tests allow a busy machine more.
TRIGGER_LIVES = size(PATIENCE, 3)
RESPONSES = 5


@dataclass
class Trouble:
    """A failure of a coming call: Slack's error or an HTTP status; `body` is for response URLs."""

    error: str = "internal_error"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None


class SlackServer(Installing, Files, Groups):
    """Serves one or more workspaces; `problems` lists what the real Slack would have refused."""

    def __init__(self) -> None:
        super().__init__()
        self.resume(Workspace())
        self.tokens, self.dead = {BOT_TOKEN: TEAM}, {}
        self.problems: list[str] = []
        self.troubles: dict[str, list[Trouble]] = defaultdict(list)
        self.gates: dict[str, asyncio.Event] = {}
        self.acknowledged: dict[str, asyncio.Future[dict[str, Any] | None]] = {}
        self.sockets: list[web.WebSocketResponse] = []
        self.connected = asyncio.Event()
        self.changed = asyncio.Event()
        self.people_a_page = 999
        self.scopes = list(SCOPES)
        self._runner: web.AppRunner | None = None
        self.origin = ""

    def resume(self, workspace: Workspace) -> None:
        """Serve this workspace with all that it holds already."""
        self.workspace = workspace
        self.workspaces = {TEAM: workspace}

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/response/{name}", self._response)
        app.router.add_post("/upload/{file}", self._upload)
        app.router.add_get("/link", self._socket)
        app.router.add_get("/files-pri/{file}/{name}", self._download)
        self._runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.origin = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        for socket in self.sockets:
            await socket.close()
        await self._runner.cleanup()

    @property
    def api_base(self) -> str:
        """The base URL of the Web API, for the bot's settings."""
        return f"{self.origin}/api/"

    def fail(self, method: str, *troubles: Trouble) -> None:
        """Make the next calls of a method fail, each with one of the troubles."""
        self.troubles[method] += troubles

    def called(self, method: str) -> list[dict[str, Any]]:
        """List the arguments of all calls of a method."""
        return [call.body for call in self.calls if call.method == method]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until a condition that depends on Slack's state holds."""
        async with asyncio.timeout(PATIENCE):
            while not true():
                await self.changed.wait()
                self.changed.clear()

    def response_url(self, name: str) -> str:
        """Return the address of a response URL by its name."""
        return f"{self.origin}/response/{name}"

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        body = await _arguments(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.calls.append(Call(method, body, token))
        self.changed.set()
        if (gate := self.gates.get(method)) is not None:
            await gate.wait()
        if self.troubles[method]:
            trouble = self.troubles[method].pop(0)
            return _answer({"ok": False, "error": trouble.error}, trouble.status, trouble.headers)
        if wrong := self._refused(method, token, body):
            return _answer({"ok": False, "error": wrong})
        if found := rules.problems_of_call(method, body):
            self.problems += [f"{method}: {problem}" for problem in found]
            return _answer(
                {"ok": False, "error": "invalid_arguments", "response_metadata": {"messages": found}}
            )
        handler: Callable[[dict[str, Any]], dict[str, Any]] | None = getattr(
            self, f"_{method.replace('.', '_')}", None
        )
        if handler is None:
            self.problems.append(f"{method}: no such method")
            return _answer({"ok": False, "error": "unknown_method"})
        try:
            answer = handler(body)
            self.changed.set()
            return _answer({"ok": True, **answer}, headers={"x-oauth-scopes": ",".join(self.scopes)})
        except SlackRefuses as refused:
            return _answer({"ok": False, "error": str(refused)})

    def _refused(self, method: str, token: str, body: dict[str, Any]) -> str:
        """Return the error for an invalid token; for a valid one, select its workspace and return ""."""
        if method == "apps.connections.open":
            return "" if token == APP_TOKEN else "invalid_auth"
        if method == "oauth.v2.access":
            return "bad_client_secret" if self._client_refused(token) else ""
        if token not in self.tokens:
            return self.dead.get(token, "invalid_auth")
        self.workspace = self._place(token, body)
        return ""

    def _auth_test(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "user_id": BOT,
            "user": "homeroom",
            "team_id": self.workspace.team,
            "team": self.workspace.domain,
            "bot_id": "B0000001",
        }

    def _chat_getPermalink(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if body["channel"] not in self.workspace.channels:
            raise SlackRefuses("channel_not_found")
        raise SlackRefuses("message_not_found")

    def _users_info(self, body: dict[str, Any]) -> dict[str, Any]:
        person = self.workspace.people.get(body["user"])
        if person is None:
            raise SlackRefuses("user_not_found")
        return {"user": {**person.facts(), "deleted": person.id in self.workspace.deactivated}}

    def _users_list(self, body: dict[str, Any]) -> dict[str, Any]:
        return page(self.workspace.listed(), "members", body, min(body["limit"], self.people_a_page))

    def _conversations_open(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["users"] == BOT:
            raise SlackRefuses("cannot_dm_bot")
        if body["users"] not in self.workspace.people:
            raise SlackRefuses("user_not_found")
        if body["users"] in self.workspace.deactivated:
            raise SlackRefuses("user_disabled")
        return {"channel": {"id": self.workspace.direct(body["users"]).id}}

    def _chat_postMessage(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._writable(body["channel"])
        self._check_pictures(body)
        message = self.workspace.post(body["channel"], body)
        return {"channel": message.channel, "ts": message.ts}

    def _chat_postEphemeral(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._open_channel(body["channel"])
        self._check_pictures(body)
        if self.workspace.channels[body["channel"]].member is not None:
            return {"message_ts": "1.2"}  # not shown in direct conversations, without an error
        return {"message_ts": self.workspace.post(body["channel"], body, only_for=body["user"]).ts}

    def _chat_update(self, body: dict[str, Any]) -> dict[str, Any]:
        self._writable(body["channel"])
        self._check_pictures(body)
        message = self.workspace.find(body["channel"], body["ts"])
        if message is None:
            raise SlackRefuses("message_not_found")
        self.workspace.change(message, body)
        return {"channel": message.channel, "ts": message.ts}

    def _chat_delete(self, body: dict[str, Any]) -> dict[str, Any]:
        message = self.workspace.find(body["channel"], body["ts"])
        if message is None:
            raise SlackRefuses("message_not_found")
        self.workspace.messages.remove(message)
        return {}

    def _views_open(self, body: dict[str, Any]) -> dict[str, Any]:
        trigger = self.workspace.triggers[body["trigger_id"]]
        if asyncio.get_running_loop().time() - trigger.at > TRIGGER_LIVES:
            raise SlackRefuses("expired_trigger_id")
        if trigger.used:
            raise SlackRefuses("exchanged_trigger_id")
        trigger.used = True
        return {"view": {"id": self.workspace.open(trigger.user, body["view"]).id}}

    def _views_update(self, body: dict[str, Any]) -> dict[str, Any]:
        opened = next((one for one in self.workspace.views.values() if one.id == body["view_id"]), None)
        if opened is None:
            raise SlackRefuses("not_found")
        opened.view = body["view"]
        return {"view": {"id": opened.id}}

    def _views_publish(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["user_id"] not in self.workspace.people:
            raise SlackRefuses("user_not_found")
        return {"view": {"id": self.workspace.publish(body["user_id"], body["view"]).id}}

    def _apps_connections_open(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"url": f"{self.origin.replace('http', 'ws', 1)}/link?ticket={TICKET}"}

    async def _response(self, request: web.Request) -> web.Response:
        """Serve a response URL; like Slack, report invalid blocks in the body, with a status of success."""
        body = await request.json()
        self.calls.append(Call("response_url", body))
        if self.troubles["response_url"]:
            trouble = self.troubles["response_url"].pop(0)
            told = json.dumps({"ok": False, "error": trouble.error}) if trouble.body is None else trouble.body
            return web.Response(text=told, status=trouble.status, headers=trouble.headers)
        name = request.match_info["name"]
        self.workspace = next(
            (one for one in self.workspaces.values() if name in one.responses), self.workspace
        )
        known = self.workspace.responses.get(name)
        if known is None or known.expired:
            return _answer({"ok": False, "error": "expired_url"}, 404)
        if known.uses >= RESPONSES:
            return _answer({"ok": False, "error": "used_url"}, 404)
        if found := rules.problems_of_message(body):
            self.problems += [f"response_url: {problem}" for problem in found]
            return _answer({"ok": False, "error": "invalid_blocks"})
        try:
            self._check_pictures(body)
        except SlackRefuses as refused:
            return _answer({"ok": False, "error": str(refused)})
        known.uses += 1
        if body.get("replace_original") and known.message is not None:
            self.workspace.change(known.message, body)
        else:
            public = body.get("response_type") == "in_channel"
            self.workspace.post(known.channel, body, only_for=None if public else known.user)
        self.changed.set()
        return web.Response(text="ok")

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self.sockets) + 1})
        self.sockets.append(socket)
        self.connected.set()
        self.changed.set()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                answer = json.loads(message.data)
                self.acknowledged[answer["envelope_id"]].set_result(answer.get("payload"))
        self.sockets.remove(socket)
        self.changed.set()
        if not self.sockets:
            self.connected.clear()
        return socket

    async def send_envelope(self, kind: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """Send a request over Socket Mode and wait for its acknowledgement."""
        envelope = f"envelope-{next(self._numbers)}"
        self.acknowledged[envelope] = asyncio.get_running_loop().create_future()
        wanted = {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": True}
        await self.sockets[-1].send_json(wanted)
        async with asyncio.timeout(TRIGGER_LIVES):
            return await self.acknowledged[envelope]


async def _arguments(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    return decoded({**request.query, **dict(await request.post())})


def _answer(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(body, status=status, headers=headers)

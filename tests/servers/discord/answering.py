"""The bot's answers to interactions, immediate and deferred, and the messages that they create."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.discord import payloads
from tests.servers.discord.guild import Refused

_MESSAGE, _PROMISE, _UPDATE = 4, 5, 7
_LOADING = 1 << 7  # the answer is deferred
_COMPONENTS_V2 = 1 << 15  # a message with this flag consists of components and has no content


@dataclass
class Interaction:
    """One interaction of a person, and how the bot answered it."""

    payload: dict[str, Any]
    callback: dict[str, Any] | None = None
    messages: list[str] = field(default_factory=list)


class Answering:
    """All interactions and messages; `deprecated` lists calls of the bot that Discord advises against."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, dict[str, Any]] = {}
        self.interactions: dict[str, Interaction] = {}
        self.deprecated: list[str] = []
        self._ids = map(str, itertools.count(600000000000000001))

    def _call_back(self, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        done = self.interactions[request.match_info["number"]]
        if done.callback is not None:
            raise Refused(400, 40060)
        done.callback = body
        answer = {"interaction": {"id": done.payload["id"], "type": done.payload["type"]}}
        if body["type"] in {_MESSAGE, _PROMISE}:
            made = self._store(done.payload["channel_id"], body.get("data") or {})
            made["flags"] |= _LOADING if body["type"] == _PROMISE else 0
            done.messages.append(made["id"])
            return {**answer, "resource": {"type": body["type"], "message": made}}
        if body["type"] == _UPDATE:
            changed = self._change(done.payload["message"]["id"], body["data"])
            return {**answer, "resource": {"type": _UPDATE, "message": changed}}
        return answer

    def _follow_up(self, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        done = self._by_token(request)
        if (
            done.callback
            and done.callback["type"] == _PROMISE
            and not self.messages[done.messages[0]]["components"]
        ):
            # Works only for backwards compatibility: docs.discord.com/developers/interactions/
            # receiving-and-responding, "Create Followup Message", says that this is deprecated.
            self.deprecated.append("a follow-up in the place of an answer that was promised")
            return self._change(done.messages[0], body)
        made = self._store(done.payload["channel_id"], body)
        done.messages.append(made["id"])
        return made

    def _edit_original(self, request: web.Request, body: dict[str, Any]) -> dict[str, Any]:
        return self._change(self._original(request), body)

    def _delete_original(self, request: web.Request, _: Any) -> None:
        del self.messages[self._original(request)]

    def _original(self, request: web.Request) -> str:
        done = self._by_token(request)
        return done.messages[0] if done.messages else str(done.payload["message"]["id"])

    def _by_token(self, request: web.Request) -> Interaction:
        return self.interactions[request.match_info["token"].removeprefix("interaction-")]

    def _store(self, channel: str, body: Mapping[str, Any]) -> dict[str, Any]:
        made = payloads.message(next(self._ids), channel, body)
        self.messages[made["id"]] = made
        return made

    def _change(self, message: str, body: Mapping[str, Any]) -> dict[str, Any]:
        changed = self.messages[message]
        if (body.get("flags") or 0) & _COMPONENTS_V2 and body.get("content", changed.get("content")):
            raise Refused(400, 50035)
        if "content" in body:
            changed["content"] = body["content"]
        if "components" in body:
            changed["components"] = payloads.shown(body["components"] or ())
        changed["flags"] = (changed["flags"] | (body.get("flags") or 0)) & ~_LOADING
        return changed

"""How what people do in Slack reaches the app: over Socket Mode, or by signed requests."""

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp

from tests.patience import PATIENCE
from tests.servers.slack.server import SIGNING_SECRET, SlackServer
from tests.soak import size

# Slack itself gives up after three seconds; a busy machine is given more.
ACKNOWLEDGE = size(PATIENCE, 3)


class Line(Protocol):
    """How requests reach the app; returns the body of the acknowledgement."""

    async def send(self, kind: str, payload: dict[str, Any]) -> Any:
        """Send a slash command (`slash_commands`) or an interaction (`interactive`)."""
        ...


@dataclass
class SocketLine:
    """Over Socket Mode."""

    server: SlackServer

    async def send(self, kind: str, payload: dict[str, Any]) -> Any:
        """Send an envelope."""
        async with asyncio.timeout(ACKNOWLEDGE):
            await self.server.connected.wait()
        return await self.server.send_envelope(kind, payload)


@dataclass
class HttpLine:
    """By signed HTTP requests."""

    url: str
    secret: str = SIGNING_SECRET
    skew: int = 0
    status: int = 0

    async def send(self, kind: str, payload: dict[str, Any]) -> Any:
        """Send a signed request."""
        if kind == "events_api":
            status, answer = await self.post(json.dumps(payload), "application/json")
            assert status == 200, f"Slack got {status}: {answer}"
            return None
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        status, answer = await self.post(urlencode(form))
        assert status == 200, f"Slack got {status}: {answer}"
        return json.loads(answer) if answer.startswith("{") else answer or None

    async def post(self, body: str, content: str = "application/x-www-form-urlencoded") -> tuple[int, str]:
        """Post a body with its signature."""
        stamp = str(int(time.time()) + self.skew)
        signed = hmac.new(self.secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": content,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signed}",
        }
        timeout = aiohttp.ClientTimeout(total=ACKNOWLEDGE)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(f"{self.url}/slack/events", data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()

"""The ways in which Slack's requests reach the app: over Socket Mode, or by signed HTTP."""

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

# Slack itself gives up after three seconds; tests allow a busy machine more.
ACKNOWLEDGE = size(PATIENCE, 3)


class Line(Protocol):
    """A way to send requests to the app."""

    async def send(self, kind: str, payload: dict[str, Any]) -> Any:
        """Send a slash command, interaction or event of this kind; return the body of the acknowledgement."""
        ...


@dataclass
class SocketLine:
    """Sends requests over Socket Mode."""

    server: SlackServer

    async def send(self, kind: str, payload: dict[str, Any]) -> Any:
        """Send a request in an envelope; return the body of the acknowledgement."""
        async with asyncio.timeout(ACKNOWLEDGE):
            await self.server.connected.wait()
        return await self.server.send_envelope(kind, payload)


@dataclass
class HttpLine:
    """Sends signed HTTP requests."""

    url: str
    secret: str = SIGNING_SECRET
    skew: int = 0
    status: int = 0

    async def send(self, kind: str, payload: dict[str, Any]) -> Any:
        """Send a signed request; return the body of the acknowledgement."""
        if kind == "events_api":
            status, answer = await self.post(json.dumps(payload), "application/json")
            assert status == 200, f"Slack got {status}: {answer}"
            return None
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        status, answer = await self.post(urlencode(form))
        assert status == 200, f"Slack got {status}: {answer}"
        return json.loads(answer) if answer.startswith("{") else answer or None

    async def post(self, body: str, content: str = "application/x-www-form-urlencoded") -> tuple[int, str]:
        """Post a body with its signature; return the status and the body of the answer."""
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

"""A server that issues tokens by client credentials, as Microsoft's identity platform does."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

APP, SECRET, SCOPE = "11111111-2222-3333-4444-555555555555", "a~secret.of-ours", "mail/.default"


@dataclass
class TokenServer:
    """The requests that the server got, and the token, or the answer `instead` of it."""

    url: str = ""
    token: str = "token-1"
    lives: int = 3599
    asked: list[dict[str, str]] = field(default_factory=list)
    instead: web.Response | None = None

    async def give(self, request: web.Request) -> web.Response:
        """Answer a request with a token, if it has the right client id and secret."""
        asked = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(asked)
        if self.instead is not None:
            return self.instead
        right = {
            "client_id": APP,
            "client_secret": SECRET,
            "grant_type": "client_credentials",
            "scope": SCOPE,
        }
        if asked != right:
            return web.json_response(refusal(), status=401)
        return web.json_response(
            {"token_type": "Bearer", "expires_in": self.lives, "access_token": self.token}
        )


def refusal() -> dict[str, Any]:
    """Return a refusal in Microsoft's form, whose text repeats the client id that was sent."""
    return {
        "error": "invalid_client",
        "error_description": f"AADSTS7000215: Invalid client secret provided for '{APP}'. Trace ID: 1",
        "error_codes": [7000215],
    }


@contextlib.asynccontextmanager
async def token_server() -> AsyncIterator[TokenServer]:
    """Serve tokens on a loopback port."""
    shown = TokenServer()
    app = web.Application()
    app.router.add_post("/token", shown.give)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    shown.url = f"http://127.0.0.1:{runner.addresses[0][1]}/token"
    try:
        yield shown
    finally:
        await runner.cleanup()

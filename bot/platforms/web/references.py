"""Gives each request a reference, which is in its log lines, its response, and on the error page."""

from contextlib import suppress

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.chat import call_reference
from bot.platforms.web import pages
from bot.platforms.web.security import HEADERS

_HEADER = "X-Request-Id"
_RAW = _HEADER.lower().encode()


class References:
    """Middleware that begins a call for each request, and names its reference in the response's headers.

    It does not end the call: the server logs an exception only after the middleware has returned, in the same
    task.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an ASGI application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add the reference to its response."""
        reference = call_reference.begin()

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (_RAW, reference.encode())]
            await send(message)

        # A client that disconnects in the middle of a request is no error, and waits for no response.
        with suppress(ClientDisconnect):
            await self._app(scope, receive, named)


async def broken(_request: Request, _exception: Exception) -> Response:
    """Return the page for an error on our side; the server logs the exception, which is raised further."""
    page = pages.render("broken.html", reference=call_reference.current())
    return HTMLResponse(page, status_code=500, headers={**HEADERS, _HEADER: call_reference.current()})

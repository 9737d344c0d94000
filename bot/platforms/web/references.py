"""Each request is a call with a reference: in its log lines, its answer, and on the page when it breaks."""

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
    """Begins a call for each request, and names it in the answer's headers.

    It does not end it: the server logs what broke after all of this has been left, in the same task.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        reference = call_reference.begin()

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (_RAW, reference.encode())]
            await send(message)

        with suppress(
            ClientDisconnect
        ):  # whoever hangs up in the middle waits for no answer, and broke nothing
            await self._app(scope, receive, named)


async def broken(_request: Request, _exception: Exception) -> Response:
    """Say that something broke on our side; the exception goes on to the server, which logs it."""
    page = pages.render("broken.html", reference=call_reference.current())
    return HTMLResponse(page, status_code=500, headers={**HEADERS, _HEADER: call_reference.current()})

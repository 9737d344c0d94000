"""Security headers for all responses, and the refusal of ambiguous requests."""

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Pages load everything from this server; images may also be embedded in the page.
_CONTENT = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
_POLICY = "; ".join(_CONTENT)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}

_RAW = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


def with_forms(*elsewhere: str) -> dict[str, str]:
    """Return the headers of a page with forms; submitting one may also redirect to the given sites."""
    allowed = " ".join(("form-action 'self'", *elsewhere))
    return {"Content-Security-Policy": _POLICY.replace("form-action 'none'", allowed)}


class SecurityHeaders:
    """Middleware that adds `HEADERS` to every response, except those headers that it sets itself."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an ASGI application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add the headers to its response."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.get("headers", ())
                named = {name.lower() for name, _ in own}
                message["headers"] = [*own, *[one for one in _RAW if one[0] not in named]]
            await send(message)

        await self._app(scope, receive, with_headers)


class OneLength:
    """Middleware that refuses requests with both a Content-Length and a Transfer-Encoding.

    The server would go by the chunks, however many there are; our pages, and perhaps a proxy, by the number.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an ASGI application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless its length is ambiguous."""
        headers = Headers(scope=scope) if scope["type"] == "http" else ()
        if "content-length" in headers and "transfer-encoding" in headers:
            told = PlainTextResponse("Two lengths\n", status_code=400, headers={"Connection": "close"})
            await told(scope, receive, send)
            return
        await self._app(scope, receive, send)

"""Headers that every page has, and who may open the playground."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Everything a page uses comes from this server; pictures may also stand in the page itself.
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
HEADERS = {
    "Content-Security-Policy": "; ".join(_CONTENT),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class SecurityHeaders:
    """Adds `HEADERS` to every answer that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back with the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


def asks_for_loopback(headers: Headers) -> bool:
    """Tell whether the Host is a name of this machine, which no foreign site can be rebound to."""
    return _host_name(headers.get("host", "")) in _LOOPBACK


def comes_from_here(headers: Headers) -> bool:
    """Tell whether a websocket was opened by a page of this very server, and no other site."""
    origin = urlsplit(headers.get("origin", ""))
    here = headers.get("host", "")
    return asks_for_loopback(headers) and origin.scheme in {"http", "https"} and origin.netloc == here


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None

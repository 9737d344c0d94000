"""Headers that every page has, and who may open the playground."""

from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.platforms.web.addresses import is_this_machine

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
    """Return the headers of a page that has forms; what they lead to may also be on these sites."""
    allowed = " ".join(("form-action 'self'", *elsewhere))
    return {"Content-Security-Policy": _POLICY.replace("form-action 'none'", allowed)}


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
                own = message.get("headers", ())
                named = {name.lower() for name, _ in own}
                message["headers"] = [*own, *[one for one in _RAW if one[0] not in named]]
            await send(message)

        await self._app(scope, receive, with_headers)


class OneLength:
    """Refuses a request that tells its length in two ways.

    The server goes by its chunks, however many come; pages, and maybe a proxy, by the number that is told.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless nobody knows where it ends."""
        headers = Headers(scope=scope) if scope["type"] == "http" else ()
        if "content-length" in headers and "transfer-encoding" in headers:
            told = PlainTextResponse("Two lengths\n", status_code=400, headers={"Connection": "close"})
            await told(scope, receive, send)
            return
        await self._app(scope, receive, send)


# A proxy adds these: whoever asks through one may sit anywhere.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def comes_from_this_machine(connection: HTTPConnection) -> bool:
    """Tell whether a person at this machine asks, by a name that no foreign site can be rebound to."""
    headers = connection.headers
    return (
        _host_name(headers.get("host", "")) in _LOOPBACK
        and connection.client is not None
        and is_this_machine(connection.client.host)
        and not any(name in headers for name in _FORWARDED)
    )


def is_of_this_machine(url: str) -> bool:
    """Tell whether an address, if there is one, leads nobody here but who sits at this machine."""
    parts = _parts(url)
    return not url or (parts is not None and parts.scheme == "http" and parts.hostname in _LOOPBACK)


def comes_from_own_page(connection: HTTPConnection) -> bool:
    """Tell whether a websocket was opened by a page of this very server, and no other site."""
    origin = _parts(connection.headers.get("origin", ""))
    return (
        comes_from_this_machine(connection)
        and origin is not None
        and origin.scheme in {"http", "https"}
        and origin.netloc == connection.headers["host"]
    )


def _host_name(host: str) -> str | None:
    parts = _parts(f"//{host}")
    return parts.hostname if parts else None


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None

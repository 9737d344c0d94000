"""Recognizes requests from this machine, which may see pages that nobody else may."""

from urllib.parse import SplitResult, urlsplit

from starlette.requests import HTTPConnection

from bot.platforms.web.addresses import parsed

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# Proxies add these headers; a request through a proxy may come from anywhere.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def comes_from_this_machine(connection: HTTPConnection) -> bool:
    """Tell whether a request comes from this machine, without a proxy and under a loopback name.

    The name protects against DNS rebinding, by which another site's page could reach this server.
    """
    headers = connection.headers
    return (
        _host_name(headers.get("host", "")) in _LOOPBACK
        and connection.client is not None
        and _is_loopback(connection.client.host)
        and not any(name in headers for name in _FORWARDED)
    )


def is_of_this_machine(url: str) -> bool:
    """Tell whether a base URL is empty, or one that only this machine can reach."""
    parts = _parts(url)
    return not url or (parts is not None and parts.scheme == "http" and parts.hostname in _LOOPBACK)


def comes_from_own_page(connection: HTTPConnection) -> bool:
    """Tell whether a request, such as for a websocket, comes from a page of this server on this machine."""
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


def _is_loopback(told: str) -> bool:
    """Tell whether an address is a loopback address."""
    address = parsed(told)
    return address is not None and address.is_loopback

"""Who asks from this very machine, and may see what is shown there alone."""

from urllib.parse import SplitResult, urlsplit

from starlette.requests import HTTPConnection

from bot.platforms.web.addresses import parsed

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# A proxy adds these: whoever asks through one may sit anywhere.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def comes_from_this_machine(connection: HTTPConnection) -> bool:
    """Tell whether a person at this machine asks, by a name that no foreign site can be rebound to."""
    headers = connection.headers
    return (
        _host_name(headers.get("host", "")) in _LOOPBACK
        and connection.client is not None
        and _is_loopback(connection.client.host)
        and not any(name in headers for name in _FORWARDED)
    )


def is_of_this_machine(url: str) -> bool:
    """Tell whether an address, if there is one, leads nobody here but who sits at this machine."""
    parts = _parts(url)
    return not url or (parts is not None and parts.scheme == "http" and parts.hostname in _LOOPBACK)


def comes_from_own_page(connection: HTTPConnection) -> bool:
    """Tell whether a page of this very server asks, such as for a websocket, and no other site."""
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
    """Tell whether an address is the machine's own, which nobody else can ask from."""
    address = parsed(told)
    return address is not None and address.is_loopback

"""Why a server could not be reached, in a few words for an operator."""

import errno
import re
import socket
import ssl
from collections.abc import Iterator

_CLOSED = {errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, errno.ENOTCONN}
_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}
# If a server has several addresses, asyncio tells all that went wrong in the text of one error.
_NUMBER = re.compile(r"\[Errno (\d+)\]")
# What the clients raise without a cause if the server hangs up.
_HUNG_UP = {"RemoteProtocolError", "ServerDisconnectedError", "SMTPConnectError", "SMTPServerDisconnected"}


def why_unreachable(broken: BaseException) -> str:
    """Return why a connection failed, without addresses of people and without anything secret.

    The HTTP clients wrap what the system said, each in its own way. So everything that led to the error is
    looked at, and what nobody here knows is told by the name of its type.
    """
    chain = list(_chain(broken))
    said = next(filter(None, map(_words, chain)), "")
    name = type(broken).__name__
    if any("Proxy" in type(one).__name__ for one in chain):
        return f"the proxy: {said or _status(broken) or name}"
    return said or ("it closed the connection" if name in _HUNG_UP else name)


def _chain(broken: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it, the outermost first."""
    seen = set[int]()
    one: BaseException | None = broken
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        for attribute in ("certificate_error", "os_error"):  # where aiohttp keeps them
            if isinstance(inner := getattr(one, attribute, None), BaseException):
                yield inner
        one = one.__cause__ or one.__context__


def _words(one: BaseException) -> str:
    if isinstance(one, ssl.SSLCertVerificationError):  # aiohttp's has no message: that of its cause has
        message = getattr(one, "verify_message", "")
        return f"its certificate is not trusted ({message.rstrip('.')})" if message else ""
    if isinstance(one, ssl.SSLError):
        return f"TLS failed ({one.reason})" if one.reason else "TLS failed"
    if isinstance(one, socket.gaierror) or type(one).__name__ == "ClientConnectorDNSError":
        host = getattr(one, "host", "")  # aiohttp's, which may be the name of a proxy
        return f"the name {host} cannot be resolved" if host else "its name cannot be resolved"
    if isinstance(one, TimeoutError):
        return "it does not answer in time"
    return _by_number(one) if isinstance(one, OSError) else ""


def _by_number(one: OSError) -> str:
    found = _NUMBER.search(str(one))
    number = one.errno or (int(found[1]) if found else None)
    if number == errno.ECONNREFUSED:
        return "it refuses the connection"
    if number == errno.ETIMEDOUT:
        return "it does not answer in time"
    if number in _CLOSED:
        return "it closed the connection"
    return "there is no route to it" if number in _NO_WAY else ""


def _status(broken: BaseException) -> str:
    """Return with which status a proxy refuses: aiohttp stores it, httpx2 begins its text with it."""
    found = re.match(r"\d{3}\b", str(getattr(broken, "status", broken)))
    return f"it answers {found[0]}" if found else ""

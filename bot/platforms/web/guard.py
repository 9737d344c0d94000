"""Throttles guessing of links and passwords by network address, before any page is looked up."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.chat.runner import Runner
from bot.core.invitations import guessing
from bot.core.joining_errors import TooManyMisses
from bot.platforms.web import pages
from bot.platforms.web.addresses import parsed

_log = logging.getLogger(__name__)
# The prefix length of an IPv6 network that counts as one place: its user has all addresses in it.
_ONE_PLACE = 64
_FORWARDED = "x-forwarded-for"
_MISSED = 404
# The paths at which something can be guessed: invitation links, password links, and passwords.
_GUARDED = ("/i/", "/password/", "/me/sign-in/password")


class Proxies:
    """The proxies that are trusted to report the address of a client."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        """Take the addresses or networks of the trusted proxies."""
        self._trusted: list[IPv4Network | IPv6Network] = [ip_network(one) for one in trusted]
        self._warned = False

    def address(self, scope: Scope) -> str:
        """Return the network address that a request comes from; only trusted proxies may name another."""
        peer = scope["client"][0] if scope.get("client") else ""
        claimed = Headers(scope=scope).getlist(_FORWARDED)
        if not claimed:
            return _place(peer)
        if not self._trusts(peer):
            self._warn(peer)
            return _place(peer)
        # Each proxy appends the address that it was called from: the last one that is not a proxy's is the
        # client's.
        chain = [one.strip() for line in claimed for one in line.split(",")]
        asks = next((one for one in reversed(chain) if not self._trusts(one)), peer)
        return _place(asks) if parsed(asks) else _place(peer)

    def _trusts(self, told: str) -> bool:
        address = parsed(told)
        return address is not None and any(address in network for network in self._trusted)

    def _warn(self, peer: str) -> None:
        if not self._warned:
            self._warned = True
            _log.warning(
                "The proxy %s is not in web.trusted_proxies: everyone who comes through it counts as one",
                peer,
            )


def _place(told: str) -> str:
    """Return the address, or the network for IPv6, by which guesses are counted."""
    address = parsed(told)
    if address is None:
        return told
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address, _ONE_PLACE), strict=False))


class GuessGuard:
    """Middleware that counts wrong guesses by address, and refuses an address with too many of them.

    Pages find the address in `scope["state"]["address"]`.
    """

    def __init__(self, app: ASGIApp, runner: Runner, proxies: Proxies) -> None:
        """Wrap an ASGI application."""
        self._app = app
        self._runner = runner
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless it is for a guarded path and its address has guessed wrong too often."""
        if scope["type"] != "http" or not scope["path"].startswith(_GUARDED):
            await self._app(scope, receive, send)
            return
        address = self._proxies.address(scope)
        scope.setdefault("state", {})["address"] = address
        limits = self._runner.limits
        counted = {guessing.address_of(address): limits.address}
        try:
            await self._runner.database.read(partial(guessing.refuse, counted=counted))
        except TooManyMisses as too_many:
            await _wait(too_many)(scope, receive, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == _MISSED:
                with suppress(TooManyMisses):  # concurrent requests have reached the limit first
                    await self._runner.database.run(partial(guessing.record, counted=counted, limits=limits))
            await send(message)

        await self._app(scope, receive, counting)


def _wait(too_many: TooManyMisses) -> HTMLResponse:
    page = pages.render("too_many_misses.html", until=too_many.until)
    return HTMLResponse(page, status_code=429)

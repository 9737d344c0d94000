"""Guessing of links and passwords is throttled by address, before a page is looked for."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.chat.runner import Runner
from bot.core import guessing
from bot.core.joining_errors import TooManyMisses
from bot.platforms.web import pages
from bot.platforms.web.addresses import parsed

_log = logging.getLogger(__name__)
# Whoever has one address of IPv6 has all of its network.
_ONE_PLACE = 64
_FORWARDED = "x-forwarded-for"
_MISSED = 404
# What can be guessed: links of invitations, links that set a password, and passwords.
_GUARDED = ("/i/", "/password/", "/me/sign-in/password")


class Proxies:
    """The proxies whose word on who asks is believed."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        """Take their addresses or networks."""
        self._trusted: list[IPv4Network | IPv6Network] = [ip_network(one) for one in trusted]
        self._warned = False

    def address(self, scope: Scope) -> str:
        """Tell the network address that a request comes from; what others claim of themselves is nothing."""
        peer = scope["client"][0] if scope.get("client") else ""
        claimed = Headers(scope=scope).getlist(_FORWARDED)
        if not claimed:
            return _place(peer)
        if not self._trusts(peer):
            self._warn(peer)
            return _place(peer)
        # Each proxy adds whom it was asked by, at the end: the last one that is no proxy asks.
        chain = [one.strip() for line in claimed for one in line.split(",")]
        asks = next((one for one in reversed(chain) if not self._trusts(one)), peer)
        return _place(asks) if parsed(asks) else _place(peer)

    def _trusts(self, told: str) -> bool:
        address = parsed(told)
        return address is not None and any(address in network for network in self._trusted)

    def _warn(self, peer: str) -> None:
        if not self._warned:
            self._warned = True
            _log.warning("A proxy at %s is not in web.trusted_proxies: all who come by it count as one", peer)


def _place(told: str) -> str:
    """Name the place that an address belongs to."""
    address = parsed(told)
    if address is None:
        return told
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address, _ONE_PLACE), strict=False))


class GuessGuard:
    """Refuses what can be guessed to an address that has missed too often, and counts its misses.

    Whose page it is stands in `scope["state"]["address"]` for whatever the page does.
    """

    def __init__(self, app: ASGIApp, runner: Runner, proxies: Proxies) -> None:
        """Wrap an application."""
        self._app = app
        self._runner = runner
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless it is for what can be guessed and comes from a guesser."""
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
                with suppress(TooManyMisses):  # others from there were faster
                    await self._runner.database.run(partial(guessing.record, counted=counted, limits=limits))
            await send(message)

        await self._app(scope, receive, counting)


def _wait(too_many: TooManyMisses) -> HTMLResponse:
    page = pages.render("too_many_misses.html", until=too_many.until)
    return HTMLResponse(page, status_code=429)

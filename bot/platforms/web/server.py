"""The web application, and the server that runs it in our own event loop."""

import asyncio
import contextlib
import logging
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from bot.chat.runner import Runner
from bot.core.rights.actors import Platform
from bot.platforms.web import invitation, limits, pages
from bot.platforms.web.connection_timeouts import Connection, ConnectionTimeouts
from bot.platforms.web.guard import GuessGuard, Proxies
from bot.platforms.web.link_view import LookUp
from bot.platforms.web.metrics import Monitoring
from bot.platforms.web.own_page import Entrance, OwnPage
from bot.platforms.web.references import References, broken
from bot.platforms.web.scim.entry import ScimEntry
from bot.platforms.web.security import OneLength, SecurityHeaders
from bot.platforms.web.unsubscribe import UnsubscribePage

if TYPE_CHECKING:
    from bot.platforms.web.playground.app import Playground
    from bot.platforms.web.sign_in.flow import SignIn

# Where forms of a page are sent to; the browser shows this address with the answer.
_ACTION = re.compile(r"(/me|/i/[A-Za-z0-9_-]{1,128})/(?:code|enter|sign-out)")
_LINK = re.compile(r"(/(?:me|(?:i|stop|password)/[A-Za-z0-9_-]{1,128}))/")


def build(
    runner: Runner,
    *,
    look_up: LookUp,
    monitoring: Monitoring | None = None,
    joins: Mapping[Platform, str],
    routes: Sequence[BaseRoute] = (),
    playground: "Playground | None" = None,
    sign_in: "SignIn | None" = None,
    entrances: Mapping[Platform, Entrance] | None = None,
    proxies: Proxies | None = None,
) -> Starlette:
    """Build the application; `routes` are those of other fronts.

    `joins` has the platforms on which codes can be redeemed, and what commands begin with there.
    """
    table: list[BaseRoute] = [
        *routes,  # first, because routes are tried in order, and most requests are Slack's events
        Route("/healthz", _alive, methods=["GET"]),
        *(monitoring.routes() if monitoring else ()),
        *invitation.InvitationPage(runner, look_up, joins, sign_in).routes(),
        *UnsubscribePage(runner).routes(),
        Mount("/static", _Static(directory=Path(__file__).parent / "static"), name="static"),
        *ScimEntry(runner, proxies or Proxies()).routes(),
    ]
    if sign_in is not None:
        table += [*sign_in.routes(), *OwnPage(runner, sign_in, entrances or {}).routes()]
    if playground is not None:
        from bot.platforms.web.playground.app import routes as playground_routes  # noqa: PLC0415 - if wanted

        table += playground_routes(runner, playground)
    if begin := "/me" if sign_in is not None else "/playground" if playground is not None else "":
        table.append(Route("/", partial(_home, begin=begin)))
    app = Starlette(
        routes=table,
        middleware=[
            Middleware(References),
            Middleware(SecurityHeaders),
            Middleware(OneLength),
            Middleware(GuessGuard, runner=runner, proxies=proxies or Proxies()),
        ],
        exception_handlers={404: _not_found, 405: _not_allowed, 500: broken},
    )
    # Starlette would redirect to the scheme and host of the request: behind a proxy, to a link without TLS.
    app.router.redirect_slashes = False
    return app


async def serve(
    app: Starlette,
    host: str,
    port: int,
    *,
    listening: Callable[[str, int], None] | None = None,
    patience: ConnectionTimeouts | None = None,
) -> None:
    """Serve until cancelled; then let requests under way finish, for at most `limits.GRACE_SECONDS` seconds.

    `listening` is called with the address once connections are accepted. Port 0 takes a free port; host `::`
    is all addresses, IPv4 included. Raises `OSError` if the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = host == "::" and socket.has_dualstack_ipv6()
    taken = socket.create_server((host, port), family=family, dualstack_ipv6=both)
    # Connections inherit this option, which asyncio sets only on sockets that it makes itself. Without it,
    # every second small message waits 40 ms for the other side's acknowledgement.
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = _Server(
        _configured(app),
        lambda: listening and listening(*taken.getsockname()[:2]),
        patience or ConnectionTimeouts(),
    )
    running = asyncio.create_task(server.serve(sockets=[taken]))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        server.should_exit = True
        await running
        raise
    finally:
        taken.close()


def _configured(app: Starlette) -> uvicorn.Config:
    # Its lines would contain the tokens of links; a handler that somebody adds must not bring them back.
    logging.getLogger("uvicorn.access").disabled = True
    return uvicorn.Config(
        app,
        http=Connection,
        log_config=None,
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        # Only the playground has a websocket; without it, the library is not even loaded.
        ws="websockets-sansio" if any(isinstance(route, WebSocketRoute) for route in app.routes) else "none",
        ws_max_size=limits.FRAME_BYTES,
        timeout_graceful_shutdown=limits.GRACE_SECONDS,
    )


class _Server(uvicorn.Server):
    """A server that leaves signals to its process, and closes connections that wait too long."""

    def __init__(
        self, config: uvicorn.Config, on_started: Callable[[], object], patience: ConnectionTimeouts
    ) -> None:
        super().__init__(config)
        self.server_state = self._patience = patience
        self._on_started = on_started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    async def on_tick(self, counter: int) -> bool:
        self._patience.look(asyncio.get_running_loop().time())
        return await super().on_tick(counter)


class _Static(StaticFiles):
    """Static files, which browsers cache but revalidate before each use."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _home(_: Request, *, begin: str) -> Response:
    # The bare address leads to the page that people begin with.
    return RedirectResponse(begin, status_code=307)


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _not_found(request: Request, _exception: Exception) -> Response:
    # A pasted link may end with an extra slash.
    if request.method in {"GET", "HEAD"} and (link := _LINK.fullmatch(request.scope["path"])):
        return RedirectResponse(link[1], status_code=308)
    return pages.not_found()


async def _not_allowed(request: Request, exception: Exception) -> Response:
    if request.method == "GET" and (action := _ACTION.fullmatch(request.scope["path"])):
        return RedirectResponse(action[1], status_code=303)
    return PlainTextResponse(
        "Method Not Allowed", status_code=405, headers=getattr(exception, "headers", None)
    )

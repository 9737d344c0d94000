"""Where SCIM begins. What answers is loaded by the first request: it takes long, and most need none of it."""

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.chat.runner import Runner
from bot.core.scim.model import ROOT
from bot.platforms.web.guard import Proxies

if TYPE_CHECKING:
    from bot.platforms.web.scim.app import Scim

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class ScimEntry:
    """The addresses of SCIM, before anybody has asked for them."""

    def __init__(self, runner: Runner, proxies: Proxies) -> None:
        """Serve by a Runner's database."""
        self._runner = runner
        self._proxies = proxies
        self._scim: Scim | None = None
        self._loading = asyncio.Lock()

    def routes(self) -> list[Route]:
        """List the routes."""
        return [Route(ROOT + "/{path:path}", self._answer, methods=list(_METHODS))]

    async def _answer(self, request: Request) -> Response:
        async with self._loading:
            if self._scim is None:
                self._scim = await asyncio.to_thread(self._loaded)
        return await self._scim.answer(request)

    def _loaded(self) -> "Scim":
        from bot.platforms.web.scim.app import Scim  # noqa: PLC0415 - only where it is wanted

        return Scim(self._runner, self._proxies)

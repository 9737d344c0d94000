"""The entry to SCIM, which is loaded with the first request: it is slow, and few installations need it."""

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
    """The route of SCIM; the first request loads what serves it."""

    def __init__(self, runner: Runner, proxies: Proxies) -> None:
        """Serve the database of a Runner."""
        self._runner = runner
        self._proxies = proxies
        self._scim: Scim | None = None
        self._loading = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route(ROOT + "/{path:path}", self._answer, methods=list(_METHODS))]

    async def _answer(self, request: Request) -> Response:
        async with self._loading:
            if self._scim is None:
                self._scim = await asyncio.to_thread(self._loaded)
        return await self._scim.answer(request)

    def _loaded(self) -> "Scim":
        from bot.platforms.web.scim.app import Scim  # noqa: PLC0415 - only where it is wanted

        return Scim(self._runner, self._proxies)

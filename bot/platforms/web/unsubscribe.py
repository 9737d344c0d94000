"""The page behind “No more messages” in mails: opening it changes nothing, sending its form unsubscribes.

Mail programs also send a POST to this address, which is in `List-Unsubscribe` (RFC 8058). The token in the
address suffices, so the form needs no other proof: whoever has the mail may unsubscribe.
"""

from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.chat.runner import Runner
from bot.core.messages import opting_out
from bot.core.rights.actors import Platform
from bot.platforms.web import limits, pages
from bot.platforms.web.security import with_forms


@dataclass(frozen=True)
class UnsubscribePage:
    """Serves `/stop/{token}`."""

    runner: Runner

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Route("/stop/{token}", self._page, methods=["GET", "POST"])]

    async def _page(self, request: Request) -> Response:
        token = request.path_params["token"]
        if len(token) > limits.TOKEN:
            return pages.not_found()
        database = self.runner.database
        if request.method == "POST":
            known = await database.run(partial(opting_out.by_link, token=token))
        else:
            known = await database.read(partial(opting_out.link_works, token=token))
        if not known:
            return pages.not_found()
        done = request.method == "POST"
        slack = self.runner.links.slashes[Platform.SLACK]
        page = pages.render("stop.html", page=f"/stop/{token}", done=done, slack=slack)
        return HTMLResponse(page, headers=with_forms())

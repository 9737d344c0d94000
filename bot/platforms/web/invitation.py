"""The page behind an invitation's link. Opening it changes nothing."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias

import segno
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.chat.text import clean
from bot.core.actors import Platform
from bot.platforms.web import limits, pages


@dataclass(frozen=True, slots=True)
class InvitationView:
    """What the page shows of an invitation that can be used now; `link` is empty without a public address."""

    school: str
    inviter: str
    note: str
    role: str
    code: str
    expires_at: datetime | None
    needs_approval: bool
    link: str


LookUp: TypeAlias = Callable[[str], Awaitable[InvitationView | None]]

_NAMES = {Platform.DISCORD: "Discord", Platform.SLACK: "Slack", Platform.WEB: "the playground"}


@dataclass(frozen=True, slots=True)
class Way:
    """One place to redeem the code, and what to type there."""

    place: str
    line: str


def routes(look_up: LookUp, slashes: Mapping[Platform, str]) -> list[BaseRoute]:
    """Serve `/i/{token}`; `slashes` says on which platforms people join, and how commands start there."""
    return [Route("/i/{token}", partial(_page, look_up=look_up, slashes=slashes), methods=["GET"])]


async def _page(request: Request, *, look_up: LookUp, slashes: Mapping[Platform, str]) -> Response:
    token = request.path_params["token"]
    found = await look_up(token) if len(token) <= limits.TOKEN else None
    if found is None:
        # One answer for every link that does not work: strangers learn nothing from it.
        return HTMLResponse(pages.render("invitation_gone.html"), status_code=404)
    ways = [Way(_NAMES[platform], f"{slash}join {found.code}") for platform, slash in slashes.items()]
    page = pages.render(
        "invitation.html",
        school=clean(found.school),
        inviter=clean(found.inviter),
        note=clean(found.note),
        role=clean(found.role),
        code=found.code,
        expires_at=found.expires_at,
        needs_approval=found.needs_approval,
        ways=ways,
        picture=_qr(found.link) if found.link else "",
    )
    return HTMLResponse(page)


def _qr(link: str) -> str:
    drawn = segno.make(link, error="m")
    return str(drawn.svg_data_uri(border=2, dark="#14213d", light="#ffffff", omitsize=True))

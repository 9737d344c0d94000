"""The page behind an invitation's link: opening it changes nothing, answering it is a form."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import segno
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.chat.replies import Card
from bot.chat.runner import Runner
from bot.chat.text import clean
from bot.core.actors import Platform
from bot.core.doorstep import OwnSchool
from bot.platforms.web import draw, limits, pages
from bot.platforms.web.own import headers_for, state_of
from bot.platforms.web.security import with_forms
from bot.platforms.web.sign_in import forms
from bot.platforms.web.sign_in.door import SignIn
from bot.platforms.web.sign_in.session import Visitor


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
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What whoever is known at the invitation's school is shown in its place."""

    school: OwnSchool
    schools: tuple[OwnSchool, ...]


LookUp = Callable[[str, Visitor | None], Awaitable[InvitationView | Arrived | None]]

_NAMES = {Platform.DISCORD: "Discord", Platform.SLACK: "Slack", Platform.WEB: "the playground"}


@dataclass(frozen=True, slots=True)
class Way:
    """One place to redeem the code, and what to type there."""

    place: str
    line: str


@dataclass(frozen=True)
class InvitationPage:
    """Serves `/i/{token}`; `slashes` says on which platforms people join, and how commands start there."""

    runner: Runner
    look_up: LookUp
    slashes: Mapping[Platform, str]
    sign_in: SignIn | None = None

    def routes(self) -> list[BaseRoute]:
        """List the addresses; without sign-in there is nothing to answer here."""
        methods = ["GET", "POST"] if self.sign_in else ["GET"]
        return [Route("/i/{token}", self._page, methods=methods)]

    async def _page(self, request: Request) -> Response:
        token = request.path_params["token"]
        visitor = self.sign_in.visitor(request) if self.sign_in else None
        if request.method == "POST" and self.sign_in:
            return await self._answer(request, token, visitor, self.sign_in)
        found = await self.look_up(token, visitor) if len(token) <= limits.TOKEN else None
        match found:
            case None:
                # One answer for every link that does not work: strangers learn nothing from it.
                page = pages.render("invitation_gone.html", signs_in=self.sign_in is not None)
                return HTMLResponse(page, status_code=404)
            case InvitationView():
                return HTMLResponse(await self._open(token, found, visitor), headers=with_forms())
            case Arrived():
                return HTMLResponse(self._arrived(token, found, visitor), headers=headers_for(found.schools))

    async def _answer(
        self, request: Request, token: str, visitor: Visitor | None, sign_in: SignIn
    ) -> Response:
        page = request.url.path
        if visitor is None:  # the hour is over: the page asks them to sign in again
            return RedirectResponse(page, status_code=303)
        form = await forms.read(request, sign_in.sessions, visitor)
        if form is None:
            return forms.refused(page)
        if form.get("answer") != "accept":
            return HTMLResponse(pages.render("invitation_declined.html", page=page))
        caller = replace(visitor.caller, address=request.state.address)
        reply = await self.runner.run("join", caller, {"code": f"/i/{token}"})
        if reply.refused and isinstance(reply.answer, Card):
            return _told(reply.answer, page)
        return RedirectResponse(page, status_code=303)

    async def _open(self, token: str, found: InvitationView, visitor: Visitor | None) -> str:
        ways = [
            Way(_NAMES[platform], f"{slash}join {found.code}") for platform, slash in self.slashes.items()
        ]
        return pages.render(
            "invitation.html",
            page=f"/i/{token}",
            school=clean(found.school),
            inviter=clean(found.inviter),
            note=clean(found.note),
            role=clean(found.role),
            code=found.code,
            expires_at=found.expires_at,
            needs_approval=found.needs_approval,
            contact=clean(found.contact),
            ways=ways,
            picture=_qr(found.link) if found.link else "",
            providers=await self.sign_in.offered() if self.sign_in else [],
            visitor=visitor,
        )

    def _arrived(self, token: str, found: Arrived, visitor: Visitor | None) -> str:
        return pages.render(
            "arrived.html",
            page=f"/i/{token}",
            here=found.school,
            schools=found.schools,
            state=state_of(found.schools),
            visitor=visitor,
        )


def _told(card: Card, page: str) -> Response:
    return HTMLResponse(pages.render("told.html", card=draw.card(card), page=page), status_code=409)


def _qr(link: str) -> str:
    drawn = segno.make(link, error="m")
    return str(drawn.svg_data_uri(border=2, dark="#14213d", light="#ffffff", omitsize=True))

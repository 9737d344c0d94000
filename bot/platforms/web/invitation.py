"""The page of an invitation link: opening it changes nothing, and a form on it answers the invitation."""

import re
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.chat.replies import Card, Form, Reply
from bot.chat.runner import Runner
from bot.chat.text import plain
from bot.core.errors import NotFound
from bot.core.invitations import page_views
from bot.core.invitations.link_views import AlreadyKnown, Ended, Unanswered
from bot.core.joining_errors import TooManyMisses
from bot.core.requests.join_requests import JoinRequest
from bot.core.requests.questions import LONGEST_ANSWER
from bot.core.rights.actors import Caller, Platform
from bot.core.values import dataclass, replace
from bot.platforms.web import draw, limits, pages
from bot.platforms.web.link_view import InvitationView, LinkContent, LookUp
from bot.platforms.web.own_page import headers_for, state_of
from bot.platforms.web.security import with_forms
from bot.platforms.web.sign_in import forms
from bot.platforms.web.sign_in.session import Visitor

if TYPE_CHECKING:
    from bot.platforms.web.sign_in.flow import SignIn


# A page reports each opening with a random number; browsers add a header that says that the page is ours.
_OPENING = re.compile(r"[0-9a-f]{32}")
_OWN = "same-origin"
# What people copy behind a link: the end of a sentence or a bracket, which no token ends with.
_COPIED = re.compile(r"([A-Za-z0-9_-]{1,128})[^A-Za-z0-9_-]{1,4}")
_NOTHING: Mapping[str, str] = {}
_NAMES = {Platform.DISCORD: "Discord", Platform.SLACK: "Slack", Platform.WEB: "the playground"}


@dataclass(frozen=True, slots=True)
class JoinInstruction:
    """A platform on which the code can be redeemed, and what to type there."""

    place: str
    line: str


@dataclass(frozen=True)
class InvitationPage:
    """Serves `/i/{token}`; `slashes` has the platforms to join on, and what commands begin with there."""

    runner: Runner
    look_up: LookUp
    slashes: Mapping[Platform, str]
    sign_in: "SignIn | None" = None

    def routes(self) -> list[BaseRoute]:
        """Return the routes; without sign-in, invitations cannot be answered here."""
        methods = ["GET", "POST"] if self.sign_in else ["GET"]
        return [
            Route("/i/{token}", self._page, methods=methods),
            Route("/i/{token}/opened", self._opened, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        token = request.path_params["token"]
        if request.method != "POST" and (copied := _COPIED.fullmatch(token)):
            return RedirectResponse(f"/i/{copied[1]}", status_code=308)
        visitor = await self.sign_in.visitor(request) if self.sign_in else None
        if request.method == "POST" and self.sign_in:
            return await self._answer(request, token, visitor, self.sign_in)
        found = await self._look_up(token, visitor)
        page = f"/i/{token}"
        match found:
            case None:
                return self._gone()
            case InvitationView():
                return HTMLResponse(await self._open(page, found, visitor), headers=with_forms())
            case AlreadyKnown():
                return self._arrived(page, found, visitor)
            case Ended(how, school):
                ended = pages.render(
                    "invitation_ended.html", page=page, state=how.value, school=school, visitor=visitor
                )
            case Unanswered(_, school):
                ended = pages.render("unanswered.html", page=page, school=school, visitor=visitor)
        return HTMLResponse(ended, headers=with_forms())

    def _arrived(self, page: str, known: AlreadyKnown, visitor: Visitor | None) -> Response:
        arrived = pages.render(
            "arrived.html",
            page=page,
            here=known.here,
            again_at=known.again_at,
            asks_again=known.asks_again,
            schools=known.schools,
            state=state_of(known.schools),
            visitor=visitor,
            written_to=known.address if self.runner.ways.mails else "",
        )
        return HTMLResponse(arrived, headers=headers_for(known.schools))

    async def _opened(self, request: Request) -> Response:
        """Count an opening that the page's script reports; who opened it is not asked."""
        if request.headers.get("sec-fetch-site", _OWN) != _OWN:
            return Response(status_code=403)
        length = request.headers.get("content-length", "")
        known = length.isdecimal() and int(length) <= limits.OPENING_BYTES
        opening = (await request.body()).decode("ascii", "replace") if known else ""
        if not _OPENING.fullmatch(opening):
            return Response(status_code=400)
        token, address = request.path_params["token"], request.state.address
        try:
            await self.runner.database.run(
                partial(page_views.record, token=token, opening=opening, address=address)
            )
        except NotFound:
            return self._gone()
        except TooManyMisses:
            return Response(status_code=429)
        return Response(status_code=204)

    async def _look_up(self, token: str, visitor: Visitor | None) -> LinkContent:
        return await self.look_up(token, visitor) if len(token) <= limits.TOKEN else None

    def _gone(self) -> Response:
        # The same response for every link that does not work, so that strangers learn nothing from it.
        page = pages.render("invitation_gone.html", signs_in=self.sign_in is not None)
        return HTMLResponse(page, status_code=404)

    async def _answer(
        self, request: Request, token: str, visitor: Visitor | None, sign_in: "SignIn"
    ) -> Response:
        page = f"/i/{token}"
        if visitor is None:  # the session has expired: the page asks them to sign in again
            return RedirectResponse(page, status_code=303)
        form = await forms.read(request, sign_in.sessions, visitor)
        if form is None:
            return forms.refused(page)
        response = await self._respond(request, token, visitor, form)
        sign_in.sessions.renew(response, visitor)  # they may be about to write long answers
        return response

    async def _respond(self, request: Request, token: str, visitor: Visitor, form: FormData) -> Response:
        """Do what a visitor's form asks for, and show the result."""
        page = f"/i/{token}"
        found = await self._look_up(token, visitor)
        if found is None:
            return self._gone()
        asker = replace(visitor.caller, address=request.state.address)
        reply = await self._reply(form, token, asker, found)
        if reply is None or reply.refused:
            # They may have answered a moment ago, by a second tap or in another tab: the page shows that.
            found = await self._look_up(token, visitor)
            ended = isinstance(found, Ended) or (isinstance(found, AlreadyKnown) and not found.asks_again)
            if ended or form.get("answer") == "withdraw":
                return RedirectResponse(page, status_code=303)
        if reply is not None and reply.refused and form.get("answer") == "questions":
            return await self._ask_again(page, asker, visitor, reply, form)
        return _answered(reply, page, visitor, found)

    async def _ask_again(
        self, page: str, asker: Caller, visitor: Visitor, refused: Reply, form: FormData
    ) -> Response:
        """Show the school's questions again after answers that were refused."""
        asked = await self.runner.run("join", asker, _way_in(form, page))
        if isinstance(asked.answer, Form):
            return _asked_again(asked.answer, page, visitor, refused, form)
        return _answered(asked, page, visitor, None)

    async def _reply(self, form: FormData, token: str, caller: Caller, found: LinkContent) -> Reply | None:
        """Run the command that the form asks for; None if it needs none, as declining an open link does."""
        page = f"/i/{token}"
        addressed = isinstance(found, InvitationView) and found.addressed
        asked = _own_request(found)
        match form.get("answer"):
            case "withdraw" | "again" as answer if asked is not None and "school" not in form:
                return await self.runner.run(f"request {answer}", caller, {"request": asked.id}, clicked=True)
            case "accept" if addressed:
                return await self.runner.run("invite accept", caller, {"invitation": token})
            case "accept" | "again":
                return await self.runner.run("join", caller, _way_in(form, page))
            case "questions":
                return await self.runner.run("request answer", caller, _filled(form, page))
            case "decline" if addressed:
                return await self.runner.run("invite decline", caller, {"invitation": token})
        return None

    async def _open(self, page: str, found: InvitationView, visitor: Visitor | None) -> str:
        ways = [
            JoinInstruction(_NAMES[platform], f"{slash}join {found.code}")
            for platform, slash in self.slashes.items()
        ]
        return pages.render(
            "invitation.html",
            page=page,
            found=found,
            site=self.runner.links.base,
            ways=ways if found.code else [],
            picture=_qr(found.link) if found.link else "",
            providers=await self.sign_in.offered() if self.sign_in else [],
            visitor=visitor,
            in_chat=self._in_chat,
        )

    @property
    def _in_chat(self) -> str:
        """What to type in a chat that knows people's verified addresses to answer an invitation by mail."""
        slash = self.slashes.get(Platform.WEB)
        return f"{slash}me" if slash and self.runner.ways.in_chat else ""


def _answered(reply: Reply | None, page: str, visitor: Visitor, found: LinkContent) -> Response:
    """Respond to an answer, mostly by redirecting to the invitation's page, which shows the result."""
    if reply is None:
        return HTMLResponse(pages.render("invitation_declined.html", page=page))
    match reply.answer:
        case Form() as asked:
            return HTMLResponse(_questions(asked, page, visitor), headers=with_forms())
        case Card() as card if reply.refused:
            return pages.card_page(card, page, status=409)
        case Card() as card if isinstance(found, InvitationView) and len(found.given) > 1:
            return pages.card_page(card, page)  # it names what could not be given; the page does not
    return RedirectResponse(page, status_code=303)


def _own_request(found: LinkContent) -> JoinRequest | None:
    """Return the visitor's own join request, which the page can withdraw or file again."""
    match found:
        case AlreadyKnown(here):
            return here.request
        case Unanswered(request):
            return request
    return None


def _filled(form: FormData, page: str) -> dict[str, str]:
    """Return the answers to a school's questions as option values."""
    given = {
        name: _typed(value) for name, value in form.items() if name == "asked" or name.startswith("answer_")
    }
    return {**given, **_way_in(form, page)}


def _way_in(form: FormData, page: str) -> dict[str, str]:
    """Return by what somebody joins: the page's link, or the public school that rejected them before."""
    school = form.get("school")
    return {"school": _typed(school)} if school else {"code": page}


def _typed(value: object) -> str:
    """Return a typed text with line ends of one character: browsers count one, but send two."""
    return str(value).replace("\r\n", "\n")


def _asked_again(asked: Form, page: str, visitor: Visitor, reply: Reply, form: FormData) -> Response:
    """Respond with the questions again, with what was typed and why it was refused."""
    problem = plain(reply.answer.title) if isinstance(reply.answer, Card) else ""
    typed = {name: _typed(value) for name, value in form.items()}
    again = _questions(asked, page, visitor, typed, problem)
    return HTMLResponse(again, status_code=409, headers=with_forms())


def _questions(
    asked: Form, page: str, visitor: Visitor, typed: Mapping[str, str] = _NOTHING, problem: str = ""
) -> str:
    return pages.render(
        "questions.html",
        page=page,
        form=draw.form(asked, ()),
        asked=asked.action.values.get("asked", ""),
        school=asked.action.values.get("school", ""),
        longest=LONGEST_ANSWER,
        visitor=visitor,
        typed=typed,
        problem=problem,
    )


@lru_cache(maxsize=64)  # drawing takes most of a page's time, and a whole class opens one link at once
def _qr(link: str) -> str:
    import segno  # noqa: PLC0415 - loaded when a QR code is first drawn

    drawn = segno.make(link, error="m")
    return str(drawn.svg_data_uri(border=2, dark="#14213d", light="#ffffff", omitsize=True))

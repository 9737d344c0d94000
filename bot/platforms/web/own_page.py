"""The visitor's own page: their schools, their state in each, and the way into each school's workspaces."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.chat.replies import Card
from bot.chat.runner import Runner
from bot.core.invitations import link_views
from bot.core.invitations.link_views import Open
from bot.core.people.own_schools import OwnSchool, own_schools
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, Platform
from bot.platforms.web import pages
from bot.platforms.web.security import with_forms
from bot.platforms.web.sign_in import forms
from bot.platforms.web.sign_in.return_page import HOME
from bot.platforms.web.sign_in.session import Visitor

if TYPE_CHECKING:
    from bot.platforms.web.sign_in.flow import SignIn

_MOST_WAITING = 10
_DISCORD = ("https://discord.com", "https://discord.gg")
# Adds an account to a workspace, with the token that the platform gave us for that; returns where to go next.
Entrance: TypeAlias = Callable[[str, AccountKey, str], Awaitable[str]]


@dataclass(frozen=True)
class OwnPage:
    """Serves `/me`; `entrances` has the platforms that can add people to a workspace from here."""

    runner: Runner
    sign_in: "SignIn"
    entrances: Mapping[Platform, Entrance]

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route(HOME, self._page, methods=["GET"]),
            Route(f"{HOME}/state", self._state, methods=["GET"]),
            Route(f"{HOME}/code", self._code, methods=["POST"]),
            Route(f"{HOME}/enter", self._enter, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        visitor = await self.sign_in.visitor(request)
        if visitor is None:
            providers = await self.sign_in.offered()
            return HTMLResponse(pages.render("me_signed_out.html", page=HOME, providers=providers))
        schools, waiting = await self.runner.database.read(lambda uow: _shown(uow, visitor))
        page = pages.render(
            "me.html",
            page=HOME,
            schools=schools,
            waiting=waiting,
            state=state_of(schools),
            visitor=visitor,
        )
        return HTMLResponse(page, headers=headers_for(schools))

    async def _state(self, request: Request) -> Response:
        visitor = await self.sign_in.visitor(request)
        if visitor is None:
            return PlainTextResponse("", status_code=401)
        return PlainTextResponse(state_of(await self._schools(visitor)))

    async def _code(self, request: Request) -> Response:
        visitor = await self.sign_in.visitor(request)
        if visitor is None:
            return RedirectResponse(HOME, status_code=303)
        if await forms.read(request, self.sign_in.sessions, visitor) is None:
            return forms.refused(HOME)
        reply = await self.runner.run("account link", visitor.caller)
        return pages.card_page(reply.answer, HOME) if isinstance(reply.answer, Card) else pages.not_found()

    async def _enter(self, request: Request) -> Response:
        visitor = await self.sign_in.visitor(request)
        if visitor is None:
            return RedirectResponse(HOME, status_code=303)
        form = await forms.read(request, self.sign_in.sessions, visitor)
        if form is None:
            return forms.refused(HOME)
        wanted = form.get("workspace")
        for own in await self._schools(visitor):
            for workspace in own.workspaces:
                entrance = self.entrances.get(workspace.key.platform)
                if workspace.id == wanted and entrance is not None:
                    key = workspace.key.external_id
                    address = await entrance(key, visitor.account, visitor.guilds_token)
                    return RedirectResponse(address, status_code=303)
        return RedirectResponse(HOME, status_code=303)

    async def _schools(self, visitor: Visitor) -> tuple[OwnSchool, ...]:
        return await self.runner.database.read(lambda uow: own_schools(uow, actor_of(uow, visitor).person_id))


def _shown(uow: UnitOfWork, visitor: Visitor) -> tuple[tuple[OwnSchool, ...], tuple[Open, ...]]:
    """Return a visitor's schools, and the invitations that wait for their answer."""
    actor = actor_of(uow, visitor)
    return own_schools(uow, actor.person_id), link_views.waiting(uow, actor, _MOST_WAITING)


def actor_of(uow: UnitOfWork, visitor: Visitor) -> Actor:
    """Return a visitor as an actor, with the person of their account if it is known."""
    return Actor(visitor.caller, uow.people.by_account(visitor.account))


def headers_for(schools: Sequence[OwnSchool]) -> dict[str, str]:
    """Return the page's headers, which let its forms redirect to Discord if it leads into a server there."""
    leads = any(place.key.platform is Platform.DISCORD for own in schools for place in own.workspaces)
    return with_forms(*(_DISCORD if leads else ()))


def state_of(schools: Sequence[OwnSchool]) -> str:
    """Return a digest of what a page of schools shows, by which its script notices changes."""
    shown = [(own.school.id, own.state, own.roles, own.request and own.request.reason) for own in schools]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]

"""The pages to sign in with an e-mail address and a password, and to choose a password by a link."""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.chat.runner import Runner
from bot.core.email_addresses import LONGEST_EMAIL
from bot.core.invitations import answering, guessing
from bot.core.invitations.guessing import Limit
from bot.core.joining_errors import TooManyMisses
from bot.core.people import first_password, passwords, signing_in
from bot.core.people.password_ports import Password
from bot.core.people.passwords import Invited, SignedIn
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform
from bot.core.values import dataclass, field, replace
from bot.platforms.web import limits, pages
from bot.platforms.web.security import with_forms
from bot.platforms.web.sign_in import forms
from bot.platforms.web.sign_in.hashing import LONGEST, SHORTEST, Hasher
from bot.platforms.web.sign_in.identities import Identity
from bot.platforms.web.sign_in.return_page import HOME, page_of
from bot.platforms.web.sign_in.session import Guest, Sessions, Visitor

_READ = ["GET", "POST"]
Look: TypeAlias = Callable[[UnitOfWork, str], Invited | None]
Choose: TypeAlias = Callable[[UnitOfWork, str, str], SignedIn | None]


@dataclass(frozen=True)
class PasswordPages:
    """The password pages; `name` and `label` are used like those of a provider.

    Nobody learns whether an address is known, not even from the time that a response takes: for an unknown
    one, the same is asked of the database, and a hash is compared that fits no password.
    """

    runner: Runner
    sessions: Sessions
    mails: bool
    hasher: Hasher = field(default_factory=Hasher)
    name: str = passwords.ISSUER
    label: str = "e-mail"

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        starts = (HOME, "/i/{token}")
        return [
            *(Route(f"{one}/sign-in/password", self._sign_in, methods=_READ) for one in starts),
            *(Route(f"{one}/sign-in/password/forgot", self._forgot, methods=_READ) for one in starts),
            Route("/i/{token}/password", self._first, methods=_READ),
            Route("/password/{token}", self._by_link, methods=_READ),
        ]

    async def current_visitor(self, visitor: Visitor) -> Visitor | None:
        """Return a visitor with their current name and address; None if their password has changed."""
        whose, epoch = visitor.account.subject, visitor.epoch
        now = await self.runner.database.read(lambda uow: signing_in.session(uow, whose, epoch))
        return replace(visitor, name=now.person.name, email=now.email) if now else None

    async def _enabled(self) -> bool:
        """Tell whether the system's settings allow passwords now."""
        return bool(await self.runner.database.read(lambda uow: uow.system.settings().allowed([self.name])))

    # Signing in.

    async def _sign_in(self, request: Request) -> Response:
        page = page_of(request)
        if page is None or not await self._enabled():
            return pages.not_found()
        if request.method != "POST":
            return await self._asked(request, page)
        form = await self._filled(request)
        if form is None:
            return forms.refused(request.url.path)
        address = passwords.read_address(_text(form, "email", LONGEST_EMAIL))
        tried = signing_in.miss_counters(address, request.state.address, self.runner.limits)
        try:
            signed_in = await self._let_in(address, _text(form, "password", LONGEST + 1), tried)
        except TooManyMisses as too_many:
            return await self._asked(request, page, status=429, address=address, until=too_many.until)
        if signed_in is None:
            return await self._asked(request, page, status=403, address=address)
        return self._begin(signed_in, page)

    async def _let_in(self, address: str, typed: str, tried: dict[str, Limit]) -> SignedIn | None:
        database = self.runner.database

        def known(uow: UnitOfWork) -> Password | None:
            guessing.refuse(uow, tried)
            return signing_in.find(uow, address)

        found = await database.read(known)
        if not await self.hasher.fits(found.hash if found else None, typed) or found is None:
            await database.run(partial(guessing.record, counted=tried, limits=self.runner.limits))
            return None
        fresh = await self.hasher.hash(typed) if self.hasher.outdated(found.hash) else ""
        return await database.run(lambda uow: signing_in.sign_in(uow, found, tried, fresh=fresh))

    async def _asked(self, request: Request, page: str, *, status: int = 200, **told: object) -> Response:
        token = request.path_params.get("token", "")
        first = (
            await self.runner.database.read(lambda uow: first_password.look(uow, token)) if token else None
        )
        shown = {"address": "", "until": None, **told, "wrong": status != 200, "first": first is not None}  # noqa: PLR2004
        return self._page(request, "password_sign_in.html", status, page=page, mails=self.mails, **shown)

    def _begin(self, signed_in: SignedIn, page: str) -> Response:
        answer = RedirectResponse(page, status_code=303)
        person = signed_in.person
        account = passwords.account(person.id)
        self.sessions.begin(answer, Identity(account, person.name, signed_in.email, epoch=signed_in.epoch))
        return answer

    # Asking for a link after forgetting the password.

    async def _forgot(self, request: Request) -> Response:
        page = page_of(request)
        if page is None or not self.mails or not await self._enabled():
            return pages.not_found()
        if request.method != "POST":
            return self._page(request, "password_forgot.html", page=page, until=None)
        form = await self._filled(request)
        if form is None:
            return forms.refused(request.url.path)
        typed = _text(form, "email", LONGEST_EMAIL)
        network, most = request.state.address, self.runner.limits
        try:
            await self.runner.database.run(lambda uow: passwords.ask(uow, typed, network, most))
        except TooManyMisses as too_many:
            return self._page(request, "password_forgot.html", 429, page=page, until=too_many.until)
        return HTMLResponse(
            pages.render("password_asked.html", page=page, slack=self.runner.links.slashes[Platform.SLACK])
        )

    # Choosing a password.

    async def _by_link(self, request: Request) -> Response:
        return await self._choose(request, HOME, passwords.look, passwords.set_by_link)

    async def _first(self, request: Request) -> Response:
        page = f"/i/{request.path_params['token']}"
        return await self._choose(request, page, first_password.look, first_password.choose)

    async def _choose(self, request: Request, page: str, look: Look, choose: Choose) -> Response:
        token = request.path_params["token"]
        known = len(token) <= limits.TOKEN and await self._enabled()
        invited = await self.runner.database.read(lambda uow: look(uow, token)) if known else None
        if invited is None:
            return self._gone()
        ask = partial(self._page, request, "password_choose.html", masked=answering.masked(invited.address))
        if request.method != "POST":
            return ask(problem=None)
        form = await self._filled(request)
        if form is None:
            return forms.refused(request.url.path)
        typed = _text(form, "password", LONGEST + 1)
        if problem := await self.hasher.problem(typed, invited.person.name, invited.address):
            return ask(422, problem=problem)
        slow = await self.hasher.hash(typed)
        signed_in = await self.runner.database.run(lambda uow: choose(uow, token, slow))
        return self._begin(signed_in, page) if signed_in else self._gone()

    def _gone(self) -> Response:
        # The same response for every link that does not work, so that strangers learn nothing from it.
        return HTMLResponse(pages.render("password_gone.html", mails=self.mails), status_code=404)

    # Forms for people who are not signed in yet.

    def _page(self, request: Request, template: str, status: int = 200, **values: object) -> Response:
        guest = self.sessions.guest(request) or Guest.new()
        values |= {"proof": guest.proof, "action": request.url.path, "shortest": SHORTEST}
        answer = HTMLResponse(pages.render(template, **values), status_code=status, headers=with_forms())
        self.sessions.remember(answer, guest)
        return answer

    async def _filled(self, request: Request) -> FormData | None:
        guest = self.sessions.guest(request)
        return await forms.read(request, self.sessions, guest) if guest else None


def _text(form: FormData, name: str, longest: int) -> str:
    value = form.get(name)
    return value[:longest] if isinstance(value, str) else ""

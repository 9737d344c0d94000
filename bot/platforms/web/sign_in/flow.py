"""The way to a sign-in provider and back, for all pages on which people can sign in."""

import logging
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

import httpx2
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.chat.runner import Runner
from bot.core.keys.ring import KeyRing
from bot.core.people.passwords import ISSUER
from bot.core.ports import Clock
from bot.core.values import dataclass, replace
from bot.platforms.web import pages
from bot.platforms.web.sign_in import forms
from bot.platforms.web.sign_in.cookies import CookieJar
from bot.platforms.web.sign_in.passwords import PasswordPages
from bot.platforms.web.sign_in.providers import PROVIDER_SECONDS, Provider, ProviderSettings, build
from bot.platforms.web.sign_in.return_page import HOME, page_of
from bot.platforms.web.sign_in.session import Sessions, Visitor, origin_of

_FLOW = "homeroom_on_the_way"
_BACK = "back"
_KNOWN_ERROR = re.compile(r"[a-z_]{1,40}")
_log = logging.getLogger(__name__)
# Returns those of the given ways to sign in that are allowed now.
Allow: TypeAlias = Callable[[Collection[str]], Awaitable[Collection[str]]]


async def allow_all(set_up: Collection[str]) -> Collection[str]:
    """Allow every way to sign in that is set up."""
    return set_up


@dataclass(frozen=True)
class SignIn:
    """The sign-in of the web pages: its providers, its sessions, and perhaps passwords."""

    providers: Mapping[str, Provider]
    sessions: Sessions
    base_url: str
    allow: Allow = allow_all
    passwords: PasswordPages | None = None

    @classmethod
    def of(
        cls,
        settings: Mapping[str, ProviderSettings],
        *,
        base_url: str,
        keys: KeyRing,
        clock: Clock,
        allow: Allow = allow_all,
    ) -> "SignIn":
        """Build the sign-in of an installation at a public address."""
        jar = CookieJar(keys, clock, secure=base_url.startswith("https://"))
        return cls(build(settings), Sessions(jar, origin_of(base_url)), base_url, allow)

    def with_passwords(self, runner: Runner, *, mails: bool) -> "SignIn":
        """Return a sign-in that also has passwords; `mails` says that links can be sent by mail."""
        return replace(self, passwords=PasswordPages(runner, self.sessions, mails))

    async def offered(self) -> list[Provider | PasswordPages]:
        """Return the ways to sign in that are allowed now."""
        doors: list[Provider | PasswordPages] = [*self.providers.values()]
        doors += [self.passwords] if self.passwords else []
        allowed = await self.allow(tuple(one.name for one in doors))
        return [one for one in doors if one.name in allowed]

    async def _named_provider(self, request: Request) -> Provider | None:
        """Return the provider that a request names; None if it is unknown or not allowed now."""
        wanted = self.providers.get(request.path_params["provider"])
        return wanted if wanted in await self.offered() else None

    async def visitor(self, connection: HTTPConnection) -> Visitor | None:
        """Return who is signed in; None if nobody is, or if their password has changed since."""
        visitor = self.sessions.visitor(connection)
        if visitor is None or visitor.account.issuer != ISSUER:
            return visitor
        return await self.passwords.current_visitor(visitor) if self.passwords else None

    def routes(self) -> list[BaseRoute]:
        """Return the routes for signing in and out."""
        return [
            *(self.passwords.routes() if self.passwords else ()),
            Route("/me/sign-in/{provider}", self._begin, methods=["GET"]),
            Route("/i/{token}/sign-in/{provider}", self._begin, methods=["GET"]),
            Route("/sign-in/{provider}/back", self._back, methods=["GET"]),
            Route("/me/sign-out", self._out, methods=["POST"]),
            Route("/i/{token}/sign-out", self._out, methods=["POST"]),
        ]

    async def _begin(self, request: Request) -> Response:
        provider, page = await self._named_provider(request), page_of(request)
        if provider is None or page is None:
            return pages.not_found()
        if request.method == "HEAD":
            return Response()
        request.scope["session"] = on_the_way = self._on_the_way(request)
        try:
            answer = await provider.redirect(request, f"{self.base_url}/sign-in/{provider.name}/back")
        except Exception as failure:  # noqa: BLE001 - whatever went wrong, nobody can be redirected
            return _failed(provider, failure, page)
        on_the_way[f"{_BACK}_{provider.name}"] = page
        self._keep(answer, on_the_way)
        return answer

    async def _back(self, request: Request) -> Response:
        provider = await self._named_provider(request)
        if provider is None:
            return pages.not_found()
        if request.method == "HEAD":
            return Response()  # a link preview must not use up the code
        request.scope["session"] = on_the_way = self._on_the_way(request)
        page: str = on_the_way.pop(f"{_BACK}_{provider.name}", "")
        try:
            identity = await provider.identify_returning(request)
        except Exception as failure:  # noqa: BLE001 - whatever went wrong, nobody is signed in
            answer = _failed(provider, failure, page)
        else:
            answer = RedirectResponse(page or HOME, status_code=303)
            self.sessions.begin(answer, identity)
        self._keep(answer, on_the_way)
        return answer

    async def _out(self, request: Request) -> Response:
        page = page_of(request)
        visitor = await self.visitor(request)
        if page is None:
            return pages.not_found()
        answer = RedirectResponse(page, status_code=303)
        if visitor is None:
            return answer  # another site's form comes without the cookie, and so cannot sign anybody out
        if await forms.read(request, self.sessions, visitor) is None:
            return forms.refused(page)
        self.sessions.end(answer)
        return answer

    def _on_the_way(self, request: Request) -> dict[str, Any]:
        return self.sessions.jar.read(request, _FLOW) or {}

    def _keep(self, answer: Response, on_the_way: dict[str, Any]) -> None:
        if on_the_way:
            self.sessions.jar.write(answer, _FLOW, on_the_way, timedelta(seconds=PROVIDER_SECONDS))
        else:
            self.sessions.jar.drop(answer, _FLOW)


def _failed(provider: Provider, failure: Exception, page: str) -> Response:
    """Return the page for a sign-in that failed; what the provider sent is neither shown nor logged.

    `page` is empty if the browser has no cookie of this sign-in.
    """
    code = getattr(failure, "error", "")
    error = code if isinstance(code, str) and _KNOWN_ERROR.fullmatch(code) else ""
    unreachable = isinstance(failure, httpx2.HTTPError)
    cancelled = error == "access_denied"
    if not cancelled:
        told = {"provider": provider.name, "failure": type(failure).__name__, "error": error}
        _log.warning("A sign-in failed", extra=told)
    shown = pages.render(
        "sign_in_failed.html",
        provider=provider.label,
        page=page,
        cancelled=cancelled,
        unreachable=unreachable,
    )
    return HTMLResponse(shown, status_code=502 if unreachable else 400)

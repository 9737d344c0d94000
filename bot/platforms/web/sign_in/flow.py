"""The way to a provider and back, for every page of ours that wants to know who somebody is."""

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
from bot.core.key_ring import KeyRing
from bot.core.passwords import ISSUER
from bot.core.ports import Clock
from bot.core.values import dataclass, replace
from bot.platforms.web import pages
from bot.platforms.web.sign_in import forms
from bot.platforms.web.sign_in.cookies import CookieJar
from bot.platforms.web.sign_in.passwords import PasswordPages
from bot.platforms.web.sign_in.providers import AT_THE_PROVIDER, Provider, ProviderSettings, build
from bot.platforms.web.sign_in.return_page import HOME, page_of
from bot.platforms.web.sign_in.session import Sessions, Visitor, origin_of

_FLOW = "homeroom_on_the_way"
_BACK = "back"
_KNOWN_ERROR = re.compile(r"[a-z_]{1,40}")
_log = logging.getLogger(__name__)
# Which of the providers that are set up may be used now.
Allow: TypeAlias = Callable[[Collection[str]], Awaitable[Collection[str]]]


async def everything(set_up: Collection[str]) -> Collection[str]:
    """Let people use all that is set up."""
    return set_up


@dataclass(frozen=True)
class SignIn:
    """The providers that the settings name, and the sessions of those who came back from one."""

    providers: Mapping[str, Provider]
    sessions: Sessions
    base_url: str
    allow: Allow = everything
    passwords: PasswordPages | None = None

    @classmethod
    def of(
        cls,
        settings: Mapping[str, ProviderSettings],
        *,
        base_url: str,
        keys: KeyRing,
        clock: Clock,
        allow: Allow = everything,
    ) -> "SignIn":
        """Put it together for an installation at a public address."""
        jar = CookieJar(keys, clock, secure=base_url.startswith("https://"))
        return cls(build(settings), Sessions(jar, origin_of(base_url)), base_url, allow)

    def with_passwords(self, runner: Runner, *, mails: bool) -> "SignIn":
        """Let people sign in with passwords too; `mails` says that links can be sent."""
        return replace(self, passwords=PasswordPages(runner, self.sessions, mails))

    async def offered(self) -> list[Provider | PasswordPages]:
        """List what may be used now to sign in."""
        doors: list[Provider | PasswordPages] = [*self.providers.values()]
        doors += [self.passwords] if self.passwords else []
        allowed = await self.allow(tuple(one.name for one in doors))
        return [one for one in doors if one.name in allowed]

    async def _called(self, request: Request) -> Provider | None:
        """Find the provider that a request names, if it may be used now."""
        wanted = self.providers.get(request.path_params["provider"])
        return wanted if wanted in await self.offered() else None

    async def visitor(self, connection: HTTPConnection) -> Visitor | None:
        """Find who is signed in; whoever is so by a password is so while it is theirs."""
        visitor = self.sessions.visitor(connection)
        if visitor is None or visitor.account.issuer != ISSUER:
            return visitor
        return await self.passwords.still(visitor) if self.passwords else None

    def routes(self) -> list[BaseRoute]:
        """List the pages that send people away and take them in."""
        return [
            *(self.passwords.routes() if self.passwords else ()),
            Route("/me/sign-in/{provider}", self._begin, methods=["GET"]),
            Route("/i/{token}/sign-in/{provider}", self._begin, methods=["GET"]),
            Route("/sign-in/{provider}/back", self._back, methods=["GET"]),
            Route("/me/sign-out", self._out, methods=["POST"]),
            Route("/i/{token}/sign-out", self._out, methods=["POST"]),
        ]

    async def _begin(self, request: Request) -> Response:
        provider, page = await self._called(request), page_of(request)
        if provider is None or page is None:
            return pages.nothing_there()
        if request.method == "HEAD":
            return Response()
        request.scope["session"] = on_the_way = self._on_the_way(request)
        try:
            answer = await provider.send_away(request, f"{self.base_url}/sign-in/{provider.name}/back")
        except Exception as failure:  # noqa: BLE001 - whatever is wrong there, nobody is sent away
            return _failed(provider, failure, page)
        on_the_way[f"{_BACK}_{provider.name}"] = page
        self._keep(answer, on_the_way)
        return answer

    async def _back(self, request: Request) -> Response:
        provider = await self._called(request)
        if provider is None:
            return pages.nothing_there()
        if request.method == "HEAD":
            return Response()  # whoever looks does not use the code up
        request.scope["session"] = on_the_way = self._on_the_way(request)
        page: str = on_the_way.pop(f"{_BACK}_{provider.name}", HOME)
        try:
            identity = await provider.welcome(request)
        except Exception as failure:  # noqa: BLE001 - whatever came back, it signs nobody in
            answer = _failed(provider, failure, page)
        else:
            answer = RedirectResponse(page, status_code=303)
            self.sessions.begin(answer, identity)
        self._keep(answer, on_the_way)
        return answer

    async def _out(self, request: Request) -> Response:
        page = page_of(request)
        visitor = await self.visitor(request)
        if page is None:
            return pages.nothing_there()
        answer = RedirectResponse(page, status_code=303)
        if visitor is None:
            return answer  # a form of another site brings no cookie along, and takes none away
        if await forms.read(request, self.sessions, visitor) is None:
            return forms.refused(page)
        self.sessions.end(answer)
        return answer

    def _on_the_way(self, request: Request) -> dict[str, Any]:
        return self.sessions.jar.read(request, _FLOW) or {}

    def _keep(self, answer: Response, on_the_way: dict[str, Any]) -> None:
        if on_the_way:
            self.sessions.jar.write(answer, _FLOW, on_the_way, timedelta(seconds=AT_THE_PROVIDER))
        else:
            self.sessions.jar.drop(answer, _FLOW)


def _failed(provider: Provider, failure: Exception, page: str) -> Response:
    """Say that somebody is not signed in; what the provider sent is neither shown nor logged."""
    code = getattr(failure, "error", "")
    error = code if isinstance(code, str) and _KNOWN_ERROR.fullmatch(code) else ""
    unreachable = isinstance(failure, httpx2.HTTPError)
    cancelled = error == "access_denied"
    if not cancelled:
        told = {"provider": provider.name, "failure": type(failure).__name__, "error": error}
        _log.warning("A sign-in did not succeed", extra=told)
    shown = pages.render(
        "sign_in_failed.html",
        provider=provider.label,
        page=page,
        cancelled=cancelled,
        unreachable=unreachable,
    )
    return HTMLResponse(shown, status_code=502 if unreachable else 400)

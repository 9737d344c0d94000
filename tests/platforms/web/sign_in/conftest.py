"""The web pages on a real server, a sign-in provider on another, and a browser that uses both."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.requests import HTTPConnection

from bot.core.keys.ring import KeyRing
from bot.core.rights.actors import Caller
from bot.platforms.web.link_view import link_lookup
from bot.platforms.web.server import build
from bot.platforms.web.sign_in.flow import SignIn
from bot.platforms.web.sign_in.providers import ProviderSettings
from bot.platforms.web.sign_in.session import COOKIE
from tests.core.door import Door, door_of, maple
from tests.patience import PATIENCE
from tests.platforms.web.served import served
from tests.platforms.web.sign_in.keyholders import House, Reader, house, reader
from tests.servers.provider import CLIENT, SECRET, Provider
from tests.world import KEY, World, open_world, sqlite_url

OUTSIDE = "http://door.example.org"
TENANT, OTHER_TENANT = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
OBJECT = "33333333-3333-3333-3333-333333333333"
EMAIL = "nia@example.org"
# The claims of each provider about Nia.
NIA: dict[str, dict[str, Any]] = {
    "google": {"sub": "1045", "name": "Nia", "email": EMAIL, "email_verified": True},
    "microsoft": {"sub": "x", "tid": TENANT, "oid": OBJECT, "name": "Nia", "email": EMAIL},
    "slack": {
        "sub": "U7",
        "https://slack.com/team_id": "T1",
        "https://slack.com/user_id": "U7",
        "name": "Nia",
        "email": EMAIL,
        "email_verified": True,
    },
    "discord": {"id": "77", "username": "nia", "global_name": "Nia", "email": EMAIL, "verified": True},
}
OIDC = ("google", "microsoft", "slack")


def settings_for(name: str, address: str) -> ProviderSettings:
    if name == "discord":
        return ProviderSettings(
            CLIENT,
            SECRET,
            authorize_url=f"{address}/authorize",
            token_url=f"{address}/token",
            user_url=f"{address}/users/@me",
            join_guilds=True,
        )
    tenants = frozenset({TENANT}) if name == "microsoft" else frozenset()
    workspaces = frozenset({"T1"}) if name == "slack" else frozenset()
    return ProviderSettings(
        CLIENT,
        SECRET,
        metadata_url=f"{address}/.well-known/openid-configuration",
        tenants=tenants,
        workspaces=workspaces,
    )


@dataclass
class Browser:
    """Follows the way from the bot's pages to a provider and back, and keeps cookies as browsers do."""

    http: httpx2.AsyncClient
    provider: Provider
    world: World
    sign_in: SignIn
    name: str = "google"
    seen: list[httpx2.Response] = field(default_factory=list)

    async def get(self, path: str) -> httpx2.Response:
        """Open one of the bot's pages."""
        self.seen.append(await self.http.get(path))
        return self.seen[-1]

    async def away(self, start: str = "/me") -> str:
        """Start signing in; return the path of the bot's page to which the provider redirects."""
        sent = await self.get(f"{start}/sign-in/{self.name}")
        assert sent.status_code == 302
        async with httpx2.AsyncClient(timeout=PATIENCE) as elsewhere:
            back = (await elsewhere.get(sent.headers["location"])).headers["location"]
        assert back.startswith(f"{OUTSIDE}/sign-in/{self.name}/back?")
        return back.removeprefix(OUTSIDE)

    async def sign_in_now(self, start: str = "/me") -> httpx2.Response:
        """Sign in; return the last response."""
        return await self.get(await self.away(start))

    @property
    def signed_in_as(self) -> Caller | None:
        """The caller whose session the cookie has; None if nobody is signed in."""
        if not self.http.cookies.get(COOKIE):
            return None
        cookie = f"{COOKIE}={self.http.cookies[COOKIE]}".encode()
        connection = httpx_connection(cookie)
        visitor = self.sign_in.sessions.visitor(connection)
        return visitor.caller if visitor else None


def httpx_connection(cookie: bytes) -> Any:
    return HTTPConnection({"type": "http", "headers": [(b"cookie", cookie)], "client": ("127.0.0.1", 1)})


def parts(path: str) -> dict[str, str]:
    """Return the query parameters of a path."""
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


@pytest.fixture(params=[*OIDC, "discord"])
def name(request) -> str:
    return str(request.param)


@pytest.fixture
async def provider(name) -> AsyncIterator[Provider]:
    bad = Provider(claims=dict(NIA[name]), user=dict(NIA[name]), secret_alone=name == "slack")
    if name == "microsoft":
        bad.issuer_template = "/{tenantid}/v2.0"
        bad.change = lambda claims: claims.update(iss=f"{bad.address}/{claims['tid']}/v2.0")
    async with served(bad.app) as address:
        bad.address = address
        yield bad


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    async with open_world(sqlite_url(tmp_path), base_url=OUTSIDE) as opened:
        yield opened


@pytest.fixture
async def door(world: World) -> Door:
    door = door_of(world)
    await maple(door)
    return door


@pytest.fixture
def sign_in(world, name, provider) -> SignIn:
    settings = {name: settings_for(name, provider.address)}
    return SignIn.of(settings, base_url=OUTSIDE, keys=KeyRing(KEY), clock=world.clock)


@pytest.fixture
async def address(world, sign_in) -> AsyncIterator[str]:
    app = build(world.runner, look_up=link_lookup(world.runner), joins={}, sign_in=sign_in)
    async with served(app) as address:
        yield address


@pytest.fixture
async def browser(address, name, provider, world, sign_in) -> AsyncIterator[Browser]:
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as http:
        yield Browser(http, provider, world, sign_in, name)


@pytest.fixture
async def home(tmp_path) -> AsyncIterator[House]:
    async with house(tmp_path) as opened:
        yield opened


@pytest.fixture
async def nia(home) -> AsyncIterator[Reader]:
    async with reader(home) as opened:
        yield opened

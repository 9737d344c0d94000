"""Signing in with independent emulators of providers: `oidc-provider-mock`, and `emulate` from npm."""

import json
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx2
import pytest
from oidc_provider_mock import User, run_server_in_thread

from bot.core.keys.ring import KeyRing
from bot.core.rights.actors import AccountKey
from bot.platforms.web.link_view import link_lookup
from bot.platforms.web.server import build
from bot.platforms.web.sign_in.flow import SignIn
from bot.platforms.web.sign_in.providers import ProviderSettings
from tests.patience import PATIENCE
from tests.platforms.web.served import served
from tests.platforms.web.sign_in.conftest import EMAIL, NIA, OBJECT, OUTSIDE, TENANT, Browser
from tests.servers.provider import CLIENT, SECRET, Provider
from tests.world import KEY, World

EMULATE = "emulate@0.11.2"
TENANT_OF_ALL = "9188040d-6c67-4c5b-b112-36a304b66dad"


class _Forms(HTMLParser):
    """Reads the first form of a page: its target, and its values."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None:
            self.action = told.get("action", "")
        if tag == "input" and told.get("type") == "hidden":
            self.values.setdefault(told["name"], unescape(told.get("value", "")))


async def _signs_in(browser: Browser, **chosen: str) -> None:
    """Go to the provider, choose a person there, and come back."""
    sent = await browser.get(f"/me/sign-in/{browser.name}")
    async with httpx2.AsyncClient(timeout=PATIENCE) as elsewhere:
        page = await elsewhere.get(sent.headers["location"])
        forms = _Forms()
        forms.feed(page.text)
        answer = await elsewhere.post(urljoin(str(page.url), forms.action), data={**forms.values, **chosen})
    assert answer.headers["location"].startswith(OUTSIDE), answer.text[:500]
    await browser.get(answer.headers["location"].removeprefix(OUTSIDE))


@pytest.fixture
async def browse(world: World) -> AsyncIterator:
    stack: list[httpx2.AsyncClient] = []

    async def browse(name: str, settings: ProviderSettings, address: str) -> Browser:
        http = httpx2.AsyncClient(base_url=address, timeout=PATIENCE)
        stack.append(http)
        return Browser(http, Provider(), world, sign_in_with(world, name, settings), name)

    yield browse
    for one in stack:
        await one.aclose()


def sign_in_with(world: World, name: str, settings: ProviderSettings) -> SignIn:
    return SignIn.of({name: settings}, base_url=OUTSIDE, keys=KeyRing(KEY), clock=world.clock)


def app_of(world: World, sign_in: SignIn):
    return build(world.runner, look_up=link_lookup(world.runner), joins={}, sign_in=sign_in)


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("google", AccountKey("google", "1045")),
        ("microsoft", AccountKey("microsoft", f"{TENANT}/{OBJECT}")),
        ("slack", AccountKey("slack", "T1/U7")),
    ],
)
async def test_the_mock_provider(world, browse, name, account):
    claims = {key: value for key, value in NIA[name].items() if key != "sub"}
    nia = User(sub=str(NIA[name]["sub"]), claims={**claims, "email_verified": True})
    with run_server_in_thread(user_claims=[nia], require_nonce=True) as server:
        metadata = f"http://localhost:{server.server_port}/.well-known/openid-configuration"
        settings = ProviderSettings(
            CLIENT,
            SECRET,
            metadata_url=metadata,
            tenants=frozenset({TENANT}),
            workspaces=frozenset({"T1"}),
        )
        async with served(app_of(world, sign_in_with(world, name, settings))) as address:
            browser = await browse(name, settings, address)
            await _signs_in(browser, sub=nia.sub)
    who = browser.signed_in_as
    assert (who.account, who.name, who.verified_email) == (account, "Nia", EMAIL)


@pytest.fixture(scope="module")
def emulate(request: pytest.FixtureRequest, tmp_path_factory) -> Iterator[dict[str, str]]:
    """Run npm's emulators of Google and Microsoft; without npm, the test is skipped with a message."""
    npm, node = shutil.which("npm"), shutil.which("node")
    cache: pytest.Cache | None = getattr(request.config, "cache", None)
    folder = Path(cache.mkdir("emulate")) if cache else tmp_path_factory.mktemp("emulate")
    if npm is None or node is None:
        _skip("npm or node is not installed")
    main = folder / "node_modules" / "emulate" / "dist" / "index.js"
    if not main.exists():
        command = [str(npm), "install", "--prefix", str(folder), "--no-audit", "--no-fund", EMULATE]
        done = subprocess.run(command, capture_output=True, timeout=120, check=False)
        if done.returncode or not main.exists():
            _skip(f"npm cannot install {EMULATE}")
    port = _two_free_ports()
    seed = tmp_path_factory.mktemp("emulate") / "seed.json"
    seed.write_text(json.dumps(_seed()), encoding="utf-8")
    command = [str(node), str(main), "start", "--service", "google,microsoft", "--port", str(port)]
    with subprocess.Popen([*command, "--seed", str(seed)], stdout=subprocess.DEVNULL) as running:
        try:
            addresses = {"google": f"http://localhost:{port}", "microsoft": f"http://localhost:{port + 1}"}
            for address in addresses.values():
                _until_it_answers(address)
            yield addresses
        finally:
            running.terminate()


def _skip(why: str) -> None:
    warnings.warn(f"{why}: signing in with npm's emulators was NOT tested.", stacklevel=2)
    pytest.skip(why)


def _seed() -> dict[str, object]:
    def provider(name: str) -> dict[str, object]:
        client = {"client_id": CLIENT, "client_secret": SECRET, "name": "Homeroom"}
        back = {"redirect_uris": [f"{OUTSIDE}/sign-in/{name}/back"]}
        return {
            "users": [{"email": EMAIL, "name": "Nia", "email_verified": True}],
            "oauth_clients": [{**client, **back}],
        }

    return {name: provider(name) for name in ("google", "microsoft")}


def _two_free_ports() -> int:
    for port in range(21_000, 22_000, 2):
        try:
            with socket.create_server(("127.0.0.1", port)), socket.create_server(("127.0.0.1", port + 1)):
                return port
        except OSError:
            continue
    raise OSError("no two free ports")


def _until_it_answers(address: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            httpx2.get(f"{address}/.well-known/openid-configuration").raise_for_status()
        except httpx2.HTTPError:
            if time.monotonic() > until:
                raise
        else:
            return


@pytest.mark.parametrize(("name", "counts"), [("google", True), ("microsoft", True), ("microsoft", False)])
async def test_npms_emulators(world, browse, emulate, name, counts):
    metadata = f"{emulate[name]}/.well-known/openid-configuration"
    tenants = frozenset({TENANT_OF_ALL}) if counts else frozenset({TENANT})
    settings = ProviderSettings(CLIENT, SECRET, metadata_url=metadata, tenants=tenants)
    async with served(app_of(world, sign_in_with(world, name, settings))) as address:
        browser = await browse(name, settings, address)
        await _signs_in(browser, email=EMAIL)
    who = browser.signed_in_as
    assert who.account.issuer == name
    assert who.account.subject.startswith(TENANT_OF_ALL if name == "microsoft" else "")
    assert (who.name, who.verified_email) == ("Nia", EMAIL if counts else "")

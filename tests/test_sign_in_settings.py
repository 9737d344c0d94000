"""Settings of sign-in: each mistake is named, with its place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from bot import app, fronts
from bot.settings import BadSettings, load
from tests.patience import PATIENCE

BASE = {"HOMEROOM_BASE_URL": "https://door.example.org"}
TENANT = "11111111-1111-1111-1111-11111111111a"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").mkdir()


def _set(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in {**BASE, **values}.items():
        monkeypatch.setenv(name if name in BASE else f"HOMEROOM_SIGN_IN__{name}", value)


def _wrong(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    _set(monkeypatch, **values)
    with pytest.raises(BadSettings) as bad:
        load()
    return str(bad.value)


def test_a_provider_is_offered_where_it_has_an_id_and_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().sign_in.offered == {}
    _set(monkeypatch, SLACK__CLIENT_ID="id", SLACK__CLIENT_SECRET="secret")
    (slack,) = load().sign_in.offered.values()
    assert "secret" not in repr(slack.client_secret)
    assert dict(slack)["metadata_url"] == "https://slack.com/.well-known/openid-configuration"


def test_half_a_provider_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _wrong(monkeypatch, GOOGLE__CLIENT_ID="id")
    where = "sign_in.google (environment variable HOMEROOM_SIGN_IN__GOOGLE__CLIENT_ID)"
    assert said.startswith(f"{where}: client_secret")


def test_without_a_public_address_nobody_could_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _wrong(monkeypatch, HOMEROOM_BASE_URL="", GOOGLE__CLIENT_ID="id", GOOGLE__CLIENT_SECRET="secret")
    assert said == "base_url is missing: sign_in.google needs it to send people back"


def test_passwords_are_for_where_no_provider_is(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _wrong(monkeypatch, PASSWORDS="true", GOOGLE__CLIENT_ID="id", GOOGLE__CLIENT_SECRET="secret")
    assert "sign_in.passwords and sign_in.google exclude each other" in said
    monkeypatch.delenv("HOMEROOM_SIGN_IN__GOOGLE__CLIENT_ID")
    monkeypatch.delenv("HOMEROOM_SIGN_IN__GOOGLE__CLIENT_SECRET")
    assert load().sign_in.passwords
    said = _wrong(monkeypatch, HOMEROOM_BASE_URL="", PASSWORDS="true")
    assert said == "base_url is missing: sign_in.passwords needs it to send people back"


@pytest.mark.parametrize("address", ["http://evil.example", "http://localhost.evil.example/", "ftp://x", ""])
def test_a_provider_is_reached_safely_or_not_at_all(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    said = _wrong(monkeypatch, DISCORD__TOKEN_URL=address)
    assert said.endswith("token_url must begin with https://")


@pytest.mark.parametrize("typed", [f" {TENANT.upper()} ,{TENANT}", f'["{TENANT}", "{TENANT}"]'])
def test_tenants_stand_in_one_variable(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    _set(monkeypatch, MICROSOFT__TENANTS=typed)
    assert load().sign_in.microsoft.tenants == [TENANT, TENANT]


@pytest.mark.parametrize("typed", [" T01AB ,T2", '["T01AB", "T2"]'])
def test_workspaces_stand_in_one_variable(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    _set(monkeypatch, SLACK__WORKSPACES=typed)
    assert load().sign_in.slack.workspaces == ["T01AB", "T2"]


def test_a_workspace_is_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _wrong(monkeypatch, SLACK__WORKSPACES="maple")
    assert "'maple' is not the id of a workspace" in said


def test_a_tenant_is_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _wrong(monkeypatch, MICROSOFT__TENANTS="example.org")
    assert said.startswith("sign_in.microsoft.tenants (environment variable HOMEROOM_SIGN_IN__MICROSOFT__")
    assert "'example.org' is not the id of a tenant" in said


@asynccontextmanager
async def _serving(
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[tuple[app.Application, httpx2.AsyncClient]]:
    """Serve the web pages of the application with these settings, and open a browser on them."""
    monkeypatch.setenv("HOMEROOM_WEB__PORT", "0")
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with app.open_application(load()) as application:
        fronts.add_web(
            application, [], listening=lambda host, port: address.set_result(f"http://{host}:{port}")
        )
        serving = asyncio.ensure_future(application.fronts["web"]())
        async with httpx2.AsyncClient(base_url=await address, timeout=PATIENCE) as browser:
            yield application, browser
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


async def test_the_application_offers_what_the_settings_name(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, SLACK__CLIENT_ID="id", SLACK__CLIENT_SECRET="secret", DISCORD__CLIENT_ID="id")
    monkeypatch.setenv("HOMEROOM_SIGN_IN__DISCORD__CLIENT_SECRET", "secret")
    async with _serving(monkeypatch) as (_, browser):
        page = (await browser.get("/me")).text
        sent = await browser.get("/me/sign-in/discord")
    assert [one for one in ("Google", "Microsoft", "Discord", "Slack") if f"with {one}" in page] == [
        "Discord",
        "Slack",
    ]
    away = urlsplit(sent.headers["location"])
    asked = parse_qs(away.query)
    assert f"{away.scheme}://{away.netloc}{away.path}" == "https://discord.com/oauth2/authorize"
    assert asked["redirect_uri"] == ["https://door.example.org/sign-in/discord/back"]
    assert asked["scope"] == ["identify email guilds.join"]
    assert asked["code_challenge_method"] == ["S256"]
    assert "__Host-" in sent.headers["set-cookie"]


async def test_the_application_lets_people_in_by_password(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, PASSWORDS="true")
    async with _serving(monkeypatch) as (application, browser):
        page = (await browser.get("/me")).text
        form = await browser.get("/me/sign-in/password")
    assert application.runner.ways.passwords
    assert "Continue with e-mail" in page
    assert "__Host-homeroom_guest" in form.headers["set-cookie"]
    assert "Get a link by e-mail" not in form.text  # no mail server is set up

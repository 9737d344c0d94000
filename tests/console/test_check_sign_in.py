"""`homeroom check` of sign-in providers, and of the clock, which is compared with theirs."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.app import SystemClock
from bot.console.checks.findings import State
from tests.console.looking import found, wrong
from tests.platforms.web.served import served
from tests.servers.provider import CLIENT, SECRET, Provider
from tests.world import FakeClock

URL = "https://door.example.org"
DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    running = Provider()
    async with served(running.app) as address:
        running.address = address
        yield running


TENANT = "11111111-1111-1111-1111-111111111111"


def by(provider: Provider, **given: str) -> dict[str, Any]:
    own = {"client_id": CLIENT, "client_secret": SECRET, "metadata_url": provider.address + DISCOVERY}
    return {"base_url": URL, "sign_in": {"google": {**own, **given}}}


async def test_providers(provider: Provider) -> None:
    (told,) = await found("sign-in by google", **by(provider))
    assert told.state is State.FINE
    assert told.told.endswith("https://door.example.org/sign-in/google/back")


@pytest.mark.parametrize(
    ("name", "key", "known"), [("slack", "workspaces", "T1"), ("microsoft", "tenants", TENANT)]
)
async def test_a_provider_without_tenants_or_workspaces_is_named(
    provider: Provider, name: str, key: str, known: str
) -> None:
    own = by(provider)["sign_in"]["google"]
    (told,) = await found(f"sign-in by {name}", base_url=URL, sign_in={name: own})
    assert told.told.endswith(f"sign_in.{name}.{key} is empty.")
    (told,) = await found(f"sign-in by {name}", base_url=URL, sign_in={name: {**own, key: [known]}})
    assert told.told.endswith(f"https://door.example.org/sign-in/{name}/back")


async def test_a_secret_that_a_provider_does_not_take(provider: Provider) -> None:
    bad = await wrong("sign-in by google", **by(provider, client_secret="canary"))
    assert ("invalid_client" in bad.told, "HOMEROOM_SIGN_IN__GOOGLE__CLIENT_ID" in bad.mend) == (True, True)
    assert "canary" not in f"{bad}"
    own = {"client_id": CLIENT, "client_secret": "canary", "token_url": f"{provider.address}/token"}
    bad = await wrong("sign-in by discord", base_url=URL, sign_in={"discord": own})
    assert "OAuth2" in bad.mend


async def test_a_discovery_document_that_is_none(provider: Provider) -> None:
    elsewhere = by(provider, metadata_url=f"{provider.address}/elsewhere")
    assert "answers 404" in (await wrong("sign-in by google", **elsewhere)).told
    page = by(provider, metadata_url=f"{provider.address}/jwks")
    assert "lacks issuer, authorization_endpoint" in (await wrong("sign-in by google", **page)).told


async def test_a_provider_without_keys(provider: Provider) -> None:
    provider.jwks_status = 500
    assert "list of keys" in (await wrong("sign-in by google", **by(provider))).told


async def test_a_provider_that_is_not_there(unused_tcp_port: int) -> None:
    nowhere = Provider(address=f"http://127.0.0.1:{unused_tcp_port}")
    assert "it refuses the connection" in (await wrong("sign-in by google", **by(nowhere))).told


async def test_passwords_without_mail() -> None:
    assert "mail" in (await wrong("sign-in", base_url=URL, sign_in={"passwords": True})).told


async def test_a_clock_that_is_wrong(provider: Provider) -> None:
    assert [one.state for one in await found("clock", **by(provider))] == [State.FINE]
    bad = await wrong("clock", FakeClock(SystemClock().now() + timedelta(minutes=3)), **by(provider))
    assert ("ahead of that of 127.0.0.1" in bad.told, "timedatectl" in bad.mend) == (True, True)
    slow = FakeClock(SystemClock().now() - timedelta(seconds=12))
    assert [one.state for one in await found("clock", slow, **by(provider))] == [State.NOTE]

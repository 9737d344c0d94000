"""The whole suite of scim2-tester against the running server, over a real socket."""

import asyncio

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import CheckResult, Status, check_server

from bot.core.scim.model import ROOT
from bot.platforms.web.scim import limits
from tests.platforms.web.scim.provider import Provider, providers
from tests.world import World


def _checked(provider: Provider) -> list[CheckResult]:
    headers = {"Authorization": f"Bearer {provider.token}"}
    with httpx2.Client(base_url=f"{provider.address}{ROOT}", headers=headers, timeout=30) as http:
        return check_server(SyncSCIMClient(http))


async def test_every_check_of_the_suite_is_passed(world: World, monkeypatch) -> None:
    monkeypatch.setattr(limits, "BURST", 100_000)
    async with providers(world, "North") as (provider,):
        results = await asyncio.to_thread(_checked, provider)
    failed = [(one.title, one.reason) for one in results if one.status is not Status.SUCCESS]
    assert not failed
    assert len(results) > 50

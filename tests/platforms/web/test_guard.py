"""Guessing of links is throttled by address; a proxy is trusted only if the settings name it."""

from datetime import timedelta

import httpx2
import pytest

from bot.core.ids import new_token
from bot.core.values import replace
from bot.platforms.web.guard import Proxies
from bot.platforms.web.link_view import link_lookup
from bot.platforms.web.server import build
from tests.world import World, caller

PEER, PROXY = "203.0.113.9", "10.1.2.3"
TRUSTED = ["10.0.0.0/8"]


def asking(world: World, peer: str, **headers: str) -> httpx2.AsyncClient:
    app = build(world.runner, look_up=link_lookup(world.runner), joins={}, proxies=Proxies(TRUSTED))
    transport = httpx2.ASGITransport(app, client=(peer, 1234))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.AsyncClient(transport=transport, base_url="http://door", headers=named)


async def misses(client: httpx2.AsyncClient, times: int) -> list[int]:
    return [(await client.get(f"/i/{new_token()}")).status_code for _ in range(times)]


async def test_twenty_a_minute_and_then_no_link_is_looked_at(small_world, door):
    (alive, _) = await door.invitations()
    async with asking(small_world, PEER) as client:
        assert await misses(client, 22) == [404] * 20 + [429] * 2
        refused = await client.get(f"/i/{alive.token}")
        assert refused.status_code == 429
        assert '<time datetime="2026-09-01T08:02:00+00:00">08:02 UTC</time>' in refused.text
        assert "/static/page.js" in refused.text  # which says it in the reader's own zone
        assert "Maple" not in refused.text
        assert refused.headers["cache-control"] == "no-store"
        async with asking(small_world, "203.0.113.10") as other:
            assert (await other.get(f"/i/{alive.token}")).status_code == 200
        small_world.clock.forward(timedelta(minutes=1))
        assert (await client.get(f"/i/{alive.token}")).status_code == 200


async def test_a_link_that_works_counts_for_nothing_however_it_is_asked(small_world, door):
    (alive, _) = await door.invitations()
    before = await door.tables()
    async with asking(small_world, PEER) as client:
        for _ in range(30):
            for method in ("GET", "HEAD", "OPTIONS"):
                assert (await client.request(method, f"/i/{alive.token}")).status_code in {200, 405}
    assert await door.tables() == before


async def test_every_dead_link_has_the_same_page_and_counts(small_world, door):
    await door.says("ada", "/invite create expires:1h")
    expired = (await door.invitations())[0]
    await door.says("ada", "/invite create")
    revoked = (await door.invitations())[0]
    await door.clicks("ada", "invite revoke", invitation=revoked.id)
    await door.says("ada", "/invite create")
    locked = (await door.invitations())[0]
    await door.clicks("ada", "invite lock", invitation=locked.id)
    await door.says("ada", "/invite create uses:1")
    used = (await door.invitations())[0]
    await door.says("nora", f"/join {used.code}")
    small_world.clock.forward(timedelta(hours=2))
    tokens = [expired.token, revoked.token, locked.token, used.token, new_token(), "short", "x" * 500]
    async with asking(small_world, PEER) as client:
        answers = [await client.get(f"/i/{token}") for token in tokens]
        assert len({(one.status_code, one.content, str(one.headers)) for one in answers}) == 1
        assert await misses(client, 14) == [404] * 13 + [429]


async def test_nobody_else_is_believed_about_where_they_are(small_world, door, caplog):
    for number in range(2):
        async with asking(small_world, PEER, x_forwarded_for=f"198.51.100.{number}") as client:
            assert await misses(client, 10) == [404] * 10
    async with asking(small_world, PEER, x_forwarded_for="198.51.100.77") as client:
        assert await misses(client, 1) == [429]
    assert "The proxy 203.0.113.9 is not in web.trusted_proxies" in caplog.text


@pytest.mark.parametrize(
    ("peer", "claimed", "counted"),
    [
        (PEER, [], PEER),
        (PEER, ["198.51.100.1"], PEER),
        (PROXY, ["198.51.100.1"], "198.51.100.1"),
        (PROXY, ["192.0.2.1, 198.51.100.1"], "198.51.100.1"),  # the first one anybody can write
        (PROXY, ["192.0.2.1, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        (PROXY, ["192.0.2.1", "198.51.100.1"], "198.51.100.1"),
        (PROXY, ["nonsense"], PROXY),
        (PROXY, [""], PROXY),
        (PROXY, [], PROXY),
        (PROXY, ["10.9.9.9"], PROXY),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", [], PEER),
        ("::ffff:10.1.2.3", ["198.51.100.1"], "198.51.100.1"),  # as where both kinds are served
        (PROXY, ["198.51.100.1:51234"], "198.51.100.1"),  # some proxies tell the port too
        (PROXY, ["198.51.100.1:51234, 10.9.9.9:80"], "198.51.100.1"),
        (PROXY, ["[2001:db8:1:2::3]:51234"], "2001:db8:1:2::/64"),
        (PROXY, ["2001:db8:1:2::3"], "2001:db8:1:2::/64"),
        (PROXY, ["door.example.org:80"], PROXY),
        ("", [], ""),
    ],
)
def test_whose_address_counts(peer, claimed, counted):
    headers = [(b"x-forwarded-for", one.encode()) for one in claimed]
    scope = {"type": "http", "client": (peer, 1) if peer else None, "headers": headers}
    assert Proxies(TRUSTED).address(scope) == counted


async def test_an_answer_by_form_counts_for_its_address_too(small_world, door):
    eve = replace(caller("eve"), address=PEER)
    for _ in range(5):
        await small_world.runner.run("join", eve, {"code": f"/i/{new_token()}"})
    async with asking(small_world, PEER) as client:
        assert await misses(client, 16) == [404] * 15 + [429]

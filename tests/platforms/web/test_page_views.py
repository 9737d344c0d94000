"""The page of an invitation reports that it was opened; fetching it, however often, does not."""

from collections.abc import AsyncIterator

import pytest

from bot.core.ids import new_token
from bot.core.invitations.invitations import Invitation
from tests.core.door import Door
from tests.platforms.web.test_guard import PEER, asking

NUMBER = "0123456789abcdef" * 2


async def newest(door: Door) -> Invitation:
    return (await door.invitations())[0]


async def test_looking_changes_nothing_and_telling_counts_once(small_world, door):
    made = await newest(door)
    before = await door.tables()
    async with asking(small_world, PEER) as client:
        for method in ("GET", "HEAD"):
            assert (await client.request(method, f"/i/{made.token}")).status_code == 200
            assert (await client.request(method, f"/i/{made.token}/opened")).status_code == 405
        assert await door.tables() == before
        for _ in range(3):
            told = await client.post(f"/i/{made.token}/opened", content=NUMBER)
            assert (told.status_code, told.content) == (204, b"")
            assert "set-cookie" not in told.headers
    opened = await newest(door)
    assert (opened.openings, opened.opened_at) == (1, small_world.clock.now())


async def test_a_link_that_leads_nowhere_is_a_miss(small_world, door):
    async with asking(small_world, PEER) as client:
        answers = [await client.post(f"/i/{new_token()}/opened", content=NUMBER) for _ in range(21)]
        assert [one.status_code for one in answers] == [404] * 20 + [429]
        dead = await client.get(f"/i/{new_token()}")
        assert dead.status_code == 429


@pytest.mark.parametrize("said", [b"", b"x" * 32, NUMBER.encode() + b"0", b"\xff" * 32, b"0" * 100_000])
async def test_what_no_page_of_ours_says_is_refused_before_a_link_is_looked_at(small_world, door, said):
    made = await newest(door)
    before = await door.tables()
    async with asking(small_world, PEER) as client:
        for token in (made.token, new_token()):
            assert (await client.post(f"/i/{token}/opened", content=said)).status_code == 400
    assert await door.tables() == before


async def test_without_a_length_nothing_is_read(small_world, door):
    async def drip() -> AsyncIterator[bytes]:
        yield NUMBER.encode()

    made = await newest(door)
    async with asking(small_world, PEER) as client:
        assert (await client.post(f"/i/{made.token}/opened", content=drip())).status_code == 400


@pytest.mark.parametrize(("site", "status"), [("same-origin", 204), ("cross-site", 403), ("none", 403)])
async def test_another_sites_page_cannot_tell(small_world, door, site, status):
    made = await newest(door)
    async with asking(small_world, PEER, sec_fetch_site=site) as client:
        assert (await client.post(f"/i/{made.token}/opened", content=NUMBER)).status_code == status
    assert (await newest(door)).openings == (1 if status == 204 else 0)

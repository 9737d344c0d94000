"""Input from outside: providers' claims, addresses, scanners, mail, and the clock."""

from datetime import timedelta

import pytest

from bot.chat.replies import Card
from bot.chat.text import say
from bot.core.ids import new_code
from bot.core.values import replace
from bot.platforms.mail.render import render
from tests.core.digesting import digests_queued, school_with_channel
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA, newest, owner, signed_in
from tests.platforms.mail.test_render import sent
from tests.platforms.web.sign_in.conftest import EMAIL, OTHER_TENANT, Browser
from tests.platforms.web.test_guard import PEER, asking, misses
from tests.world import World, caller


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("google", {"email_verified": False}),
        ("google", {"email_verified": "true"}),
        ("slack", {"email_verified": False}),
        ("slack", {"https://slack.com/team_id": "T2"}),
        ("microsoft", {"tid": OTHER_TENANT}),
        ("microsoft", {"xms_edov": False}),
    ],
    indirect=["name"],
)
async def test_unverified_or_microsoft_email_claims(
    browser: Browser, door: Door, claims: dict[str, object]
) -> None:
    await maple(door, invite=None)
    await door.says(ADA, f"/invite person to:{EMAIL} name:Nia")
    made = await newest(door)
    await door.clicks(ADA, "invite send", invitation=made.id)
    browser.provider.claims.update(claims)
    await browser.sign_in_now(f"/i/{made.token}")
    assert browser.signed_in_as is not None
    page = await browser.get(f"/i/{made.token}")
    assert "for another account" in page.text
    assert 'value="accept"' not in page.text
    assert (await door.clicks(browser.signed_in_as, "invite accept", invitation=made.id)).refused
    assert (await newest(door)).uses_taken == 0


async def test_resold_domains(door: Door) -> None:
    """The new owner of an e-mail address gets neither the account nor the rights of the old one."""
    await maple(door, invite=None)
    await door.says(ADA, f"/invite person to:{EMAIL} name:Nia roles:Staff")
    made = await newest(door)
    await door.clicks(ADA, "invite send", invitation=made.id)
    nia, buyer = signed_in("1045", EMAIL), signed_in("9999", EMAIL)
    assert "Welcome" in heard(await door.clicks(nia, "invite accept", invitation=made.id))
    before = await door.known()
    assert (await door.clicks(buyer, "invite accept", invitation=made.id)).refused
    assert "You are not in a school yet" in heard(await door.says(buyer, "/me"))
    assert (await door.says(buyer, "/member list")).refused
    assert await owner(door, buyer) is None
    assert await door.known() == before


async def test_guessing_behind_rotating_accounts_and_forged_x_forwarded_for(world: World, door: Door) -> None:
    await maple(door)
    code = await door.code()
    for number in range(20):
        eve = replace(caller(f"eve{number}"), address=PEER)
        await door.runner.run("join", eve, {"code": new_code()})
    late = await door.runner.run("join", replace(caller("eve"), address=PEER), {"code": code})
    assert late.refused
    assert "Eve" not in await door.members()
    door.clock.forward(timedelta(hours=1))
    for number in range(20):
        async with asking(world, PEER, x_forwarded_for=f"198.51.100.{number}") as client:
            assert await misses(client, 1) == [404]
    async with asking(world, PEER, x_forwarded_for="198.51.100.99") as client:
        assert (await client.get(f"/i/{(await newest(door)).token}")).status_code == 429
        assert await misses(client, 1) == [429]


async def test_links_burnt_by_scanners(world: World, door: Door) -> None:
    await maple(door, invite="/invite create uses:1")
    made, before = await newest(door), await door.tables()
    for number in range(3):
        async with asking(world, f"203.0.113.{number}", user_agent="SafeLinks") as client:
            for method in ("HEAD", "GET", "OPTIONS", "GET"):
                assert (await client.request(method, f"/i/{made.token}")).status_code in {200, 405}
            assert (await client.post(f"/i/{made.token}")).status_code >= 400
    assert await door.tables() == before
    assert "Welcome" in heard(await door.says("nora", f"/join {made.code}"))


@pytest.mark.parametrize(
    "name",
    [
        "Nia\r\nBcc: eve@example.org",
        "Nia\nX: y\n\n<html>",
        "Nia\u2028Bcc: a@b.example",
        "=?utf-8?q?Nia=0D=0ABcc:_eve?= =?utf-8?b?TmlhClg6IHk=?=",  # the same, encoded as in headers
    ],
)
async def test_header_newlines_in_mail(name: str) -> None:
    message = sent(render(Card(say("{name} invited you to {place}", name=name, place=f"Maple{name}"))))
    assert message["Bcc"] is None
    assert message["X"] is None
    assert len(message.get_all("Subject") or []) == 1
    assert not {"\r", "\n"} & set(str(message["Subject"]))


async def test_clocks_that_run_a_job_twice(door: Door) -> None:
    await school_with_channel(door, "nora")
    door.clock.forward(timedelta(days=1))
    assert len(await digests_queued(door)) == 1
    await door.says("theo", f"/join {await door.code()}")  # there would be something to tell
    for hours in (0, -2, 1, 2, -3, 4):  # past the digest's time again and again
        door.clock.forward(timedelta(hours=hours))
        assert await digests_queued(door) == []
    assert (await door.audited()).count("digest.sent") == 1

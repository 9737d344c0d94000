"""Passwords over HTTP: chosen by a mailed link, used, forgotten, and guessed at."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from argon2 import PasswordHasher

from bot.core.ids import new_token
from bot.core.values import replace
from bot.platforms.web.sign_in.hashing import Hasher
from bot.platforms.web.sign_in.session import COOKIE
from tests.core.door import heard
from tests.platforms.web.sign_in.keyholders import NIA, OTHER, OUTSIDE, SECRET, Reader, house, reader
from tests.storage.statements import noted_statements

HOUR = timedelta(hours=1)


async def test_a_link_sets_a_password_and_signs_in_and_is_used_up(home, nia):
    link = await home.link()
    assert [to for to, _ in home.mails.taken] == [f"person:{(await home.person()).id}"]
    page = await nia.get(link)
    assert "n•••@example.org" in page.text
    assert NIA not in page.text
    done = await nia.chooses(link)
    assert (done.status_code, done.headers["location"]) == (303, "/me")
    own = await nia.get("/me")
    assert "Signed in as" in own.text
    assert "Maple" in own.text
    assert (await nia.get(link)).status_code == 404
    async with reader(home) as elsewhere:
        assert (await elsewhere.signs_in()).headers["location"] == "/me"
        assert await elsewhere.is_in()


async def test_looking_at_a_link_changes_nothing(home, nia):
    link = await home.link()
    before = await home.door.tables()
    for method in ("GET", "HEAD", "OPTIONS") * 20:
        assert (await nia.http.request(method, link)).status_code in {200, 405}
    assert await home.door.tables() == before
    assert (await nia.chooses(link)).status_code == 303


async def test_only_the_newest_link_works_and_only_for_an_hour(home, nia):
    old, new = await home.link(), await home.link()
    assert old != new
    assert (await nia.get(old)).status_code == 404
    home.world.clock.forward(HOUR)
    assert (await nia.get(new)).status_code == 404
    gone = [await nia.get(path) for path in (old, new, f"/password/{new_token()}", "/password/" + "x" * 500)]
    assert len({(one.status_code, one.content) for one in gone}) == 1


async def test_a_link_that_is_used_twice_at_once_sets_one_password(home, nia):
    link = await home.link()
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(reader(home)) for _ in range(8)]
        words = [f"{SECRET} number {place}" for place in range(8)]
        came = await asyncio.gather(
            *(one.chooses(link, word) for one, word in zip(readers, words, strict=True))
        )
        in_now = [place for place, one in enumerate(came) if one.status_code == 303]
        assert sorted(one.status_code for one in came) == [303, *[404] * 7]
        assert (await nia.signs_in(password=words[in_now[0]])).status_code == 303


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("tiny!", "too short"),
        ("x" * 257, "too long"),
        ("password1234", "easy to guess"),
        ("123456789012", "easy to guess"),
        ("nia@example.org1", "easy to guess"),
        ("NiaOkafor2026", "easy to guess"),
    ],
)
async def test_a_password_that_will_not_do_leaves_the_link(home, nia, typed, said):
    link = await home.link()
    refused = await nia.chooses(link, typed)
    assert refused.status_code == 422
    assert said in refused.text
    assert typed not in refused.text
    assert (await nia.chooses(link)).status_code == 303


async def test_a_new_password_ends_every_session(home, nia):
    await nia.chooses(await home.link())
    async with reader(home) as elsewhere:
        await elsewhere.signs_in()
        assert await elsewhere.is_in()
        await nia.chooses(await home.link(), OTHER)
        assert await nia.is_in()
        assert not await elsewhere.is_in()
        assert (await elsewhere.signs_in()).status_code == 403
        assert (await elsewhere.signs_in(password=OTHER)).status_code == 303


async def test_whoever_unlinks_it_or_is_erased_is_signed_out(home, nia):
    await nia.chooses(await home.link())
    await home.door.says("ada", '/member erase person:"Nia Okafor" sure:yes')
    assert not await nia.is_in()


async def test_an_unknown_address_and_a_wrong_password_get_one_answer(home, nia):
    await nia.chooses(await home.link())
    await home.door.says("ada", "/member create email:leo@example.org first_name:Leo last_name:L")
    said = set()
    for address in (NIA, "leo@example.org", "nobody@example.org", "none"):
        wrong = await nia.signs_in(address, OTHER)
        said.add((wrong.status_code, wrong.text.replace(address, "")))
    assert len(said) == 1
    ((status, _),) = said
    assert status == 403


async def test_an_unknown_address_costs_as_many_hashes(home, nia, monkeypatch):
    await nia.chooses(await home.link())
    made: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: Any, stored: str, typed: str) -> bool:
        made.append(stored.rpartition("$")[0].rpartition("$")[0])
        return bool(verify(self, stored, typed))

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    await nia.signs_in(NIA, OTHER)
    await nia.signs_in("nobody@example.org", OTHER)
    assert len(made) == 2
    assert len(set(made)) == 1  # by the same parameters


@pytest.mark.parametrize("path", ["/me/sign-in/password", "/me/sign-in/password/forgot"])
async def test_the_database_is_asked_the_same_of_an_unknown_address(home, nia, path):
    await nia.chooses(await home.link())
    await nia.fill(path, email="warm@example.org", password=OTHER)
    asked = []
    for address in (NIA, "nobody@example.org", "none"):
        with noted_statements(home.world) as statements:
            await nia.fill(path, email=address, password=OTHER)
        asked.append(sorted(statements))
    assert len(asked[0]) > 5
    assert asked[0] == asked[1] == asked[2]


async def test_wrong_passwords_are_counted_for_a_person_known_or_not(home, nia):
    await nia.chooses(await home.link())
    for address in (NIA, "nobody@example.org"):
        codes = [(await nia.signs_in(address, OTHER)).status_code for _ in range(7)]
        assert codes == [403] * 5 + [429] * 2
    assert (await nia.signs_in()).status_code == 429  # right, and too late
    assert (await nia.signs_in(NIA.upper())).status_code == 429
    home.world.clock.forward(timedelta(minutes=15))
    assert (await nia.signs_in()).status_code == 303


async def test_guesses_at_the_same_instant_are_all_counted(home, nia):
    await nia.chooses(await home.link())
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(reader(home)) for _ in range(12)]
        came = await asyncio.gather(*(one.signs_in(NIA, OTHER) for one in readers))
    codes = sorted(one.status_code for one in came)
    assert codes == [403] * 5 + [429] * 7


async def test_wrong_passwords_are_counted_for_a_network_address(home):
    async def tries(peer: str, number: int) -> list[int]:
        transport = httpx2.ASGITransport(home.app, client=(peer, 1))
        async with httpx2.AsyncClient(transport=transport, base_url=OUTSIDE) as http:
            eve = Reader(http)
            return [(await eve.signs_in(f"p{place}@example.org")).status_code for place in range(number)]

    assert await tries("203.0.113.9", 20) == [403] * 20
    with pytest.raises(AssertionError, match="has no form"):
        await tries("203.0.113.9", 1)
    assert await tries("203.0.113.10", 1) == [403]


async def test_forgetting_it_tells_nobody_who_is_known(home, nia):
    answers = []
    for address in (NIA, "nobody@example.org", "none"):
        answers.append(await nia.fill("/me/sign-in/password/forgot", email=address))
        await home.world.deliver()
    assert len({(one.status_code, one.content) for one in answers}) == 1
    assert [to for to, _ in home.mails.taken] == [f"person:{(await home.person()).id}"]
    assert (await nia.chooses(home.mails.link())).status_code == 303


async def test_asking_for_links_is_throttled_alike(home, nia):
    for address in (NIA, "nobody@example.org"):
        async with AsyncExitStack() as stack:
            transport = httpx2.ASGITransport(home.app, client=(f"198.51.100.{len(address)}", 1))
            http = await stack.enter_async_context(httpx2.AsyncClient(transport=transport, base_url=OUTSIDE))
            eve = Reader(http)
            path = "/me/sign-in/password/forgot"
            codes = [(await eve.fill(path, email=address)).status_code for _ in range(7)]
            assert codes == [200] * 5 + [429] * 2


async def test_a_form_of_another_site_does_nothing(home, nia):
    link = await home.link()
    await nia.get(link)
    bare = await nia.http.post(link, data={"password": SECRET})
    assert bare.status_code == 403
    assert "Nothing was done" in bare.text
    async with reader(home) as eve:
        await eve.get(link)
        await nia.chooses(link)
        page = (await eve.get("/me/sign-in/password")).text
        proof = page.split('name="proof" value="')[1].split('"')[0]
        asked = {"proof": proof, "email": NIA, "password": SECRET}
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
            sent = await eve.http.post("/me/sign-in/password", data=asked, headers=headers)
            assert "Nothing was done" in sent.text
        other = await nia.http.post("/me/sign-in/password", data=asked)
        assert "Nothing was done" in other.text
        assert (await eve.http.post("/me/sign-in/password", data=asked)).status_code == 303


async def test_only_the_address_that_was_proved_counts_as_verified(home, nia):
    await home.door.says("ada", '/invite person to:nia@example.org name:"N" roles:Staff')
    await nia.chooses(await home.link())
    assert NIA in (await nia.get("/me")).text
    await home.door.says("ada", '/member edit person:"Nia Okafor" email:other@example.org')
    assert NIA not in (await nia.get("/me")).text
    assert "other@example.org" not in (await nia.get("/me")).text
    async with reader(home) as again:
        assert (await again.signs_in(NIA)).status_code == 403
        assert (await again.signs_in("other@example.org")).status_code == 303
        assert "other@example.org" not in (await again.get("/me")).text
        await again.chooses(await home.link(), OTHER)
        assert "other@example.org" in (await again.get("/me")).text


async def test_a_link_to_an_address_that_is_theirs_no_more_is_dead(home, nia):
    link = await home.link()
    await home.door.says("ada", '/member edit person:"Nia Okafor" email:other@example.org')
    assert (await nia.get(link)).status_code == 404


async def test_hashes_of_older_parameters_are_made_anew(home, nia):
    await nia.chooses(await home.link())
    person = await home.person()

    async def stored() -> str:
        found = await home.world.database.read(lambda uow: uow.passwords.of(person.id))
        return str(found.hash)

    before = await stored()
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    object.__setattr__(home.keys.hasher, "slow", stronger)
    async with reader(home) as elsewhere:
        assert (await elsewhere.signs_in()).status_code == 303
        after = await stored()
        assert before != after
        assert not stronger.check_needs_rehash(after)
        assert await nia.is_in()  # the password is the same
        assert (await elsewhere.signs_in()).status_code == 303
        assert await stored() == after


async def test_the_system_can_turn_it_off(home, nia):
    await nia.chooses(await home.link())
    await home.door.says("root", "/help")
    link = await home.link()

    def unit(uow: Any) -> None:
        uow.system.save(replace(uow.system.settings(), sign_in=("google",)))

    await home.world.database.run(unit)
    for path in ("/me/sign-in/password", "/me/sign-in/password/forgot", link):
        assert (await nia.get(path)).status_code == 404
    reply = await home.door.says("ada", '/member password person:"Nia Okafor"')
    assert "People do not sign in with a password here" in heard(reply)


async def test_without_mails_no_link_is_offered(tmp_path):
    async with house(tmp_path, mails=False) as home, reader(home) as nia:
        page = await nia.get("/me/sign-in/password")
        assert "Get a link by e-mail" not in page.text
        assert (await nia.get("/me/sign-in/password/forgot")).status_code == 404


async def test_a_cookie_holds_no_password(home, nia):
    await nia.chooses(await home.link())
    assert SECRET not in nia.http.cookies[COOKIE]


async def test_a_hash_is_made_beside_the_loop_and_the_database(home):
    """With the library's default parameters, pages and units go on while a hash is computed."""
    slow = Hasher()
    assert slow.slow.memory_cost >= 64 * 1024
    making = asyncio.ensure_future(slow.hash(SECRET))
    served = 0
    while not making.done():
        await home.world.database.read(lambda uow: uow.now)
        served += 1
    assert served > 1
    assert await slow.fits(await making, SECRET)
    assert await slow.fits(await making, "\uff54obacco lamp river")  # as another keyboard writes it
    assert not await slow.fits(await making, OTHER)

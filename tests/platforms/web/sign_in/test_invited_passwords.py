"""Passwords of people who are invited by mail and are not yet known."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bot.core.ids import new_id
from bot.core.people.people import PersonDetails
from bot.core.rights.actors import Person
from tests.platforms.web.sign_in.keyholders import House, reader


async def _invited(home: House, to: str = "leo@example.org", name: str = "Leo") -> str:
    await home.door.says("ada", "/school edit approval:automatic")
    await home.door.says("ada", f"/invite person to:{to} name:{name} roles:Staff")
    (made, *_) = await home.door.invitations()
    await home.door.clicks("ada", "invite send", invitation=made.id)
    await home.world.deliver()
    return home.mails.link()


async def test_the_mail_of_an_invitation_lets_its_addressee_choose_and_then_accept(home, nia):
    link = await _invited(home)
    assert f"{link}/password" in (await nia.get(f"{link}/sign-in/password")).text
    done = await nia.chooses(f"{link}/password")
    assert done.headers["location"] == link
    page = await nia.get(link)
    assert "leo@example.org" in page.text
    assert 'value="accept"' in page.text
    assert (await home.door.members())["Leo"] == "pending"
    came = await nia.fill(link, answer="accept")
    assert came.status_code == 303
    assert (await home.door.members())["Leo"] == "active"
    assert (await nia.get(f"{link}/password")).status_code == 404
    async with reader(home) as elsewhere:
        assert (await elsewhere.signs_in("leo@example.org")).status_code == 303


async def test_the_own_link_of_an_invitation_sets_no_password(home, nia):
    await _invited(home)
    (made, *_) = await home.door.invitations()
    assert (await nia.get(f"/i/{made.token}")).status_code == 200
    assert (await nia.get(f"/i/{made.token}/password")).status_code == 404
    assert '/password">Choose one' not in (await nia.get(f"/i/{made.token}/sign-in/password")).text


async def test_an_address_that_is_somebody_elses_is_not_given_away(home, nia):
    """Whoever has the address elsewhere is mailed a link of their own, and becomes the invited one then."""
    address = "mia@example.org"

    def unit(uow: Any) -> None:
        mia = Person(new_id(uow.now), "Mia of another school")
        uow.people.add_unlinked(mia)
        assert uow.people.save_details(mia.id, PersonDetails(email=address))

    await home.world.database.run(unit)
    link = await _invited(home, to=address, name="Mia")
    assert (await nia.get(f"{link}/password")).status_code == 404
    await nia.fill(f"{link}/sign-in/password/forgot", email=address)
    await home.world.deliver()
    await nia.chooses(home.mails.link())
    assert (await nia.fill(link, answer="accept")).status_code == 303
    assert (await home.door.members())["Mia of another school"] == "active"


@pytest.mark.parametrize("how", ["clear", "revoke"])
async def test_a_dead_invitation_sets_no_password(home, nia, how):
    link = await _invited(home)
    (made, *_) = await home.door.invitations()
    await home.door.clicks("ada", f"invite {how}", invitation=made.id)
    assert (await nia.get(f"{link}/password")).status_code == 404


async def test_only_one_of_many_people_chooses_the_password(home):
    link = await _invited(home)
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(reader(home)) for _ in range(6)]
        came = await asyncio.gather(*(one.chooses(f"{link}/password") for one in readers))
    assert sorted(one.status_code for one in came) == [303, *[404] * 5]

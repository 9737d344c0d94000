"""How members are found by what people type, and what is stored about when they joined."""

from datetime import datetime, timedelta

import pytest

from bot.core.errors import NameUnclear
from bot.core.people import members
from bot.core.people.members import Profile
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Person
from bot.core.values import replace
from tests.core.door import Door, maple
from tests.core.invited import ADA
from tests.core.place import Place, discord
from tests.fakes.people import FakePeople
from tests.storage import build
from tests.world import caller


async def _profile(door: Door, typed: str) -> Profile:
    school = await door.school()

    def unit(uow: UnitOfWork) -> Profile:
        return members.profile(uow, school, members.find(uow, school, typed))

    return await door.database.read(unit)


async def _joined(door: Door, typed: str) -> datetime | None:
    return (await _profile(door, typed)).member.membership.joined_at


async def test_members_joined_when_they_were_let_in(door: Door) -> None:
    await maple(door)
    at_once = door.clock.now()
    await door.says("nia", f"/join {await door.code()}")
    await door.says(ADA, '/school edit approval:"by request" invitation_skips_approval:no')
    await door.says("leo", f"/join {await door.code()}")
    assert await _joined(door, "leo") is None
    door.clock.forward(timedelta(days=1))
    (request,) = await door.requests()
    await door.clicks(ADA, "request approve", request=request.id)
    joined = [await _joined(door, "nia"), await _joined(door, "leo")]
    for day, at in enumerate(joined):
        assert at is not None
        assert timedelta() < at - at_once - timedelta(days=day) < timedelta(minutes=1)


async def test_one_leads_a_school(door: Door) -> None:
    await maple(door)
    assert [(await _profile(door, name)).is_primary for name in ("@ada", "omar")] == [True, False]


async def test_a_name_may_begin_like_a_mention(door: Door) -> None:
    await maple(door)
    await door.says(replace(caller("nia"), name="@Nia"), f"/join {await door.code()}")
    for typed in ("@nia", "nia"):
        assert (await _profile(door, typed)).member.name == "@Nia"


async def test_a_name_that_two_bear_is_unclear(door: Door) -> None:
    await maple(door)
    for name in ("nia", "nora"):
        await door.says(replace(caller(name), name="Nia"), f"/join {await door.code()}")
    with pytest.raises(NameUnclear):
        await _profile(door, "nia")


async def test_a_name_is_found_however_it_is_written_and_with_its_accents_before_others(door: Door) -> None:
    await maple(door)
    await door.says(replace(caller("nia"), name="José Núñez"), f"/join {await door.code()}")
    for typed in ("José Núñez", "jose nunez", "Núñez, José", "Nunez,Jose"):
        assert (await _profile(door, typed)).member.name == "José Núñez"
    await door.says(replace(caller("nora"), name="Jose Nunez"), f"/join {await door.code()}")
    assert (await _profile(door, "JOSÉ NÚÑEZ")).member.name == "José Núñez"
    for typed in ("Josè Nuñez", "jose nunez"):  # who types no accents may mean either
        with pytest.raises(NameUnclear):
            await _profile(door, typed)


def test_an_address_that_an_invitation_went_to_finds_nobody_who_has_another_by_now() -> None:
    place = Place()
    nia = place.person("nia")
    place.add_membership(nia)
    build.addressed(place.uow, place.school, place.admin.known_person, nia, email="old@example.org")
    assert members.invited_at(place.uow, place.school_id, "old@example.org") == nia.id
    assert place.uow.people.save_details(nia.id, PersonDetails(email="nia@example.org"))
    assert members.invited_at(place.uow, place.school_id, "old@example.org") is None


async def test_only_members_with_the_name_are_looked_through(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple(door)
    monkeypatch.setattr(members, "_MOST_BY_NAME", 1)
    for name in ("Ada", "omar"):
        assert (await _profile(door, name)).member.name.casefold() == name.casefold()


async def test_somebody_new_keeps_the_times_of_where_they_are(door: Door) -> None:
    await maple(door)
    await door.says(replace(caller("nia"), zone="Asia/Tokyo"), f"/join {await door.code()}")
    assert (await _profile(door, "nia")).details.zone == "Asia/Tokyo"


def test_who_clicks_twice_at_once_becomes_one_person(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place()
    stranger = place.actor(None, "nia")
    add = FakePeople.add

    def slower(self: FakePeople, person: Person, key: AccountKey) -> bool:
        monkeypatch.setattr(FakePeople, "add", add)
        assert members.enrol(place.uow, stranger) != person
        return add(self, person, key)

    monkeypatch.setattr(FakePeople, "add", slower)
    assert members.enrol(place.uow, stranger) == place.uow.people.by_account(discord("nia"))
    assert [one.name for one in place.state.persons.values()] == ["Ada", "Nia"]

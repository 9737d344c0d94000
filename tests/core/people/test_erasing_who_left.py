"""People who are in no school any more can be found and erased, by address, name or mention."""

import pytest

from bot.core.ids import new_id
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.schools.districts import District
from tests.core.door import Door, actions_in, heard, maple
from tests.core.people.test_erasure import ADA, CANARY, NORA
from tests.world import caller


async def _left(door: Door) -> None:
    await maple(door)
    details = "first_name:Canary last_name:Finch educator_id:canary-77"
    await door.says("ada", f"/member create email:canary@example.org {details}")


async def test_whoever_has_left_is_erased_by_who_removed_them(door: Door) -> None:
    await _left(door)
    removed = await door.says("ada", '/member remove "Canary Finch"')
    asked = actions_in(removed)["Erase"]
    sure = actions_in(await door.clicks("ada", asked.command, **asked.values))["Erase"]
    assert CANARY in repr(await door.tables()).casefold()
    assert "Erased" in heard(await door.clicks("ada", sure.command, **sure.values))
    assert CANARY not in repr(await door.tables()).casefold()
    assert (await door.audited())[-2:] == ["member.removed", "person.erased"]
    assert (await door.audit_entries())[-1].school_id == (await door.school()).id
    assert "I cannot find that member" in heard(await door.clicks("ada", sure.command, **sure.values))


@pytest.mark.parametrize("who", ["omar", "root"])
async def test_or_by_their_address_later(door: Door, who: str) -> None:
    await _left(door)
    await door.says("ada", '/member remove "Canary Finch"')
    again = "/member create email:CANARY@example.org first_name:Theo last_name:Marsh"
    assert "until they are erased: /member erase" in heard(await door.says("ada", again))
    told = await door.says(who, "/member erase Canary@Example.org sure:yes")
    assert "Erased" in heard(told)
    assert CANARY not in repr(await door.tables()).casefold()
    assert "Theo Marsh" in heard(await door.says("ada", again))


async def test_or_by_their_name_where_only_one_had_it(door: Door) -> None:
    await _left(door)
    details = "first_name:Canary last_name:Finch"
    await door.says("ada", f"/member create email:canary2@example.org {details}")
    for email in ("canary", "canary2"):
        await door.says("ada", f"/member remove {email}@example.org")
    assert "Several people are called" in heard(
        await door.says("ada", '/member erase "canary finch" sure:yes')
    )
    await door.says("ada", "/member erase canary2@example.org sure:yes")
    await door.says("ada", f"/member create email:finch@example.org {details.replace('Canary', 'Can')}")
    assert "Erased" in heard(await door.says("ada", '/member erase "canary  finch" sure:yes'))
    assert CANARY not in repr(await door.tables()).casefold()
    assert "Can Finch" in await door.members()


async def test_or_by_a_mention(door: Door) -> None:
    await maple(door)
    await door.says(NORA, f"/join {await door.code()}")
    await door.says("ada", f'/member remove "{NORA.name}"')
    await door.says("ada", f"/member erase <@{CANARY}web> sure:yes")
    assert CANARY not in repr(await door.tables()).casefold()


async def test_members_of_another_school_cannot_be_erased_as_former_ones(door: Door) -> None:
    await _left(door)
    bea = caller("bea", administers=True, workspace="elsewhere")
    await door.says(bea, '/school create "Oak Hill" approval:automatic')
    await door.says(ADA, '/member remove person:"Canary Finch" school:"Maple Grove"')
    for stranger in ("/member erase canary@example.org sure:yes", "/member erase nora@example.org sure:yes"):
        assert "I cannot find that member" in heard(await door.says(bea, stranger))

    def joins(uow: UnitOfWork) -> str:
        person, oak = uow.people.by_email("canary@example.org"), uow.schools.overseen(None, "Oak Hill", 1)[0]
        assert person is not None
        members.activate(uow, oak.id, person.id, "Viewer", by=None)
        return person.id

    person_id = await door.database.run(joins)
    assert "Erase" not in actions_in(await door.says(bea, f"/member show {person_id}"))
    erase = '/member erase person:canary@example.org school:"Maple Grove" sure:yes'
    assert "I cannot find that member" in heard(await door.says(ADA, erase))
    removed = await door.says(bea, "/member remove canary@example.org")
    assert "Erase" not in actions_in(removed), "the other school has a say"
    before = await door.tables()
    for admin, line in ((ADA, erase), (bea, erase.replace("Maple Grove", "Oak Hill"))):
        assert "You cannot erase everything that is held" in heard(await door.says(admin, line))
    assert await door.tables() == before
    assert "Erased" in heard(await door.says("root", erase))


async def test_a_district_admin_in_no_school_cannot_be_erased_for_that(door: Door) -> None:
    await _left(door)
    await door.says("ada", '/member remove "Canary Finch"')

    def rules(uow: UnitOfWork) -> None:
        person, at = uow.people.by_email("canary@example.org"), uow.now
        assert person is not None
        district = District(new_id(at), "North", at)
        uow.districts.add(district)
        uow.districts.assign(person.id, "District Admin", district.id, by=None, at=at)

    await door.database.run(rules)
    before = await door.tables()
    assert (await door.says("ada", "/member erase canary@example.org sure:yes")).refused
    assert await door.tables() == before

"""Granting and revoking roles, and the Primary Admin: each refusal in its own words."""

from typing import TypeVar

import pytest

from bot.core.errors import NotAdmin, NotFound, NothingToChange, PrimaryAdminProtected, Refusal
from bot.core.people import lifecycle
from bot.core.people.holdings import RecordKind
from bot.core.people.lifecycle import Verb
from bot.core.ports import UnitOfWork
from bot.core.rights import grants
from bot.core.rights.actors import Actor, Person
from bot.core.schools.schools import School
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA, roles
from tests.core.place import Place
from tests.world import caller

T = TypeVar("T", bound=Refusal)


def _ada(uow: UnitOfWork) -> Actor:
    return Actor(ADA, uow.people.by_account(ADA.account))


def _person(uow: UnitOfWork, name: str) -> Person:
    found = uow.people.by_account(caller(name).account)
    assert found is not None
    return found


async def _refused(door: Door, person: str, kind: type[T]) -> T:
    """Let Ada make someone the Primary Admin, which is refused."""
    school = await door.school()

    def unit(uow: UnitOfWork) -> None:
        who = _person(uow, person).id if person else "nobody"
        grants.make_primary(uow, _ada(uow), school, who)

    with pytest.raises(kind) as refused:
        await door.database.run(unit)
    return refused.value


async def test_only_an_admin_who_is_at_work_becomes_the_primary(door: Door) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await _refused(door, "nia", NotAdmin)
    await door.says(ADA, "/member suspend omar")
    await _refused(door, "omar", NotAdmin)
    assert (await _refused(door, "", NotFound)).what == "member"
    assert (await _refused(door, "ada", NothingToChange)).state == "Primary Admin"
    await door.says(ADA, "/member reinstate omar")
    await door.says(ADA, '/invite create role:"School Admin"')
    await door.says("pia", f"/join {await door.code()}")
    taken = heard(await door.says("omar", "/member primary omar"))
    assert "You cannot change your own membership" in taken
    assert "Primary Admin" in heard(await door.says("pia", "/member primary omar sure:yes"))


async def test_the_primary_gets_further_roles_and_keeps_the_one_that_makes_them_primary(door: Door) -> None:
    await maple(door)
    assert not (await door.says("omar", '/member roles person:ada roles:"School Admin, Observer"')).refused
    assert await roles(door, "Ada") == ("Observer", "School Admin")
    said = heard(await door.says("omar", "/member roles person:ada roles:Observer"))
    assert "You cannot do that to the Primary Admin of Maple Grove" in said
    assert await roles(door, "Ada") == ("Observer", "School Admin")


async def test_nothing_is_changed_where_somebody_has_just_these_roles(door: Door) -> None:
    await maple(door)
    said = heard(await door.says(ADA, '/member roles person:omar roles:"organization administrator"'))
    assert "Nothing was changed. How it stands: as you want it" in said


def test_a_change_of_nothing_names_the_person() -> None:
    """A late click shows them as they are."""
    place = Place()
    bea, nia = place.member("bea", "School Admin"), place.member("nia", "Staff").known_person
    for who, deed in (
        (nia, lambda: lifecycle.change(place.uow, bea, place.school, nia.id, Verb.REINSTATE)),
        (nia, lambda: grants.set_roles(place.uow, bea, place.school, nia.id, ["Staff"])),
        (
            place.admin.known_person,
            lambda: grants.make_primary(place.uow, bea, place.school, place.admin.known_person.id),
        ),
    ):
        with pytest.raises(NothingToChange) as refused:
            deed()
        assert refused.value.of == who.id


async def test_whoever_was_never_here_has_no_roles_to_change(door: Door) -> None:
    await maple(door)
    school = await door.school()
    for change in (
        lambda uow: grants.set_roles(uow, _ada(uow), school, "nobody", ["Staff"]),
        lambda uow: lifecycle.remove(uow, _ada(uow), school, "nobody"),
    ):
        with pytest.raises(NotFound) as refused:
            await door.database.run(change)
        assert refused.value.what == "member"


async def test_who_gave_a_role_is_kept(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    await door.says("nia", f"/join {await door.code()}")
    (request,) = await door.requests()
    await door.clicks("omar", "request approve", request=request.id, role="Staff")
    assert await _given(door, "omar") == {"Staff"}
    await door.says("omar", '/member roles person:nia roles:"Teacher, Staff"')
    assert await _given(door, "omar") == {"Staff", "Teacher"}
    await door.says("omar", "/invite create role:Observer")
    await door.says(ADA, "/school edit invitation_skips_approval:yes")
    await door.says("leo", f"/join {await door.code()}")
    assert await _given(door, "omar") == {"Staff", "Teacher", "Observer"}


async def _given(door: Door, name: str) -> set[object]:
    return await door.database.read(
        lambda uow: {one["role"] for one in uow.holdings.records(RecordKind.GRANTS, _person(uow, name).id)}
    )


async def test_the_place_of_a_primary_who_has_just_changed_is_not_taken(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple(door)
    school: School = await door.school()

    def unit(uow: UnitOfWork) -> None:
        monkeypatch.setattr(type(uow.schools), "set_primary", lambda *_, **__: False)
        grants.make_primary(uow, _ada(uow), school, _person(uow, "omar").id)

    with pytest.raises(PrimaryAdminProtected) as refused:
        await door.database.run(unit)
    assert refused.value.school.id == school.id

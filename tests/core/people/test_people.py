"""Adding, editing and finding people, and who may."""

import json
from typing import Any

import pytest

from bot.core.ids import new_id
from bot.core.people import members
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.schools.schools import School
from tests.core.door import Door, actions_in, heard, maple
from tests.core.people.listed import ADA, BEA, membership_id, oak_school
from tests.world import caller

ADD = "/member create email:nia@example.org first_name:Nia last_name:Okafor educator_id:007"
ABOVE = "You cannot change somebody who has rights that you do not have"


async def _details(door: Door, email: str = "nia@example.org") -> PersonDetails:
    def unit(uow: UnitOfWork) -> PersonDetails:
        person = uow.people.by_email(email)
        assert person is not None
        return uow.people.details(person.id)

    return await door.database.read(unit)


async def _also_in(door: Door, school: School, name: str, role: str) -> None:
    """Make a known person a member of another school, too."""

    def unit(uow: UnitOfWork) -> None:
        person = uow.people.by_account(caller(name).account)
        assert person is not None
        assert members.activate(uow, school.id, person.id, role, by=None)

    await door.database.run(unit)


async def test_a_person_without_an_account_becomes_an_active_member(door: Door) -> None:
    await maple(door)
    said = heard(await door.says(ADA, f'{ADD} roles:"observer, Staff" zone:berlin middle_initial:j.'))
    for shown in ("Nia Okafor", "nia@example.org", "Observer, Staff", "Active", "007", "None yet"):
        assert shown in said.split("\n")
    assert await _details(door) == PersonDetails(
        "Nia", "Okafor", "J", "007", "nia@example.org", "Europe/Berlin"
    )
    assert (await door.members())["Nia Okafor"] == "active"


async def test_without_roles_one_gets_the_default_role(door: Door) -> None:
    await maple(door, "default_role:Teacher")
    assert "Teacher" in heard(await door.says(ADA, ADD)).split("\n")


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        ("Emperor", "There is no role Emperor here"),
        ("Staff, System Administrator", "You may not give the role System Administrator"),
        ("District Admin", "You may not give the role District Admin"),
    ],
)
async def test_the_ceiling_holds_for_whoever_adds_people(door: Door, roles: str, told: str) -> None:
    await maple(door)
    before = await door.tables()
    assert told in heard(await door.says(ADA, f'{ADD} roles:"{roles}"'))
    assert await door.tables() == before


async def test_whoever_adds_people_gives_no_more_than_they_have(door: Door) -> None:
    await maple(door)
    await door.says(
        ADA, "/role create name:Registrar permissions:member.create,member.read,member.edit,role.grant"
    )
    await door.says("leo", f"/join {await door.code()}")
    await door.says(ADA, "/member roles person:leo roles:Registrar")
    before = await door.tables()
    for roles in ('"School Admin"', "Reporter", '"Staff, Observer"'):
        assert "You may not give the role" in heard(await door.says("leo", f"{ADD} roles:{roles}"))
    assert await door.tables() == before
    assert "Staff" in heard(await door.says("leo", f"{ADD} roles:Staff")).split("\n")
    said = heard(await door.says("leo", "/member edit person:nia@example.org roles:Reporter first_name:Nina"))
    assert "You may not give the role Reporter" in said
    assert (await _details(door)).first_name == "Nia", "what is refused in part is refused whole"
    assert ABOVE in heard(await door.says("leo", "/member edit person:omar email:omar@example.org"))


async def test_only_those_who_may_add_and_edit(door: Door) -> None:
    await maple(door)
    await door.says("leo", f"/join {await door.code()}")
    await door.says(ADA, "/member roles person:leo roles:Staff")
    before = await door.tables()
    assert "You may not add people" in heard(await door.says("leo", ADD))
    assert "You may not edit people" in heard(await door.says("leo", "/member edit person:omar zone:UTC"))
    card = await door.says("leo", "/member show omar")
    assert "Edit" not in actions_in(card)
    assert "Time zone" not in heard(card)
    assert await door.tables() == before


async def test_one_change_is_one_entry_without_anything_personal(door: Door) -> None:
    await maple(door)
    start = len(await door.audit_entries())
    for line in (
        ADD,
        "/member edit person:nia@example.org last_name:Eze auto_finalize:yes",
        "/member edit person:nia@example.org zone:berlin email:n.eze@example.org",
        "/member edit person:n.eze@example.org educator_id:none middle_initial:Q",
    ):
        said = await door.says(ADA, line)
        assert not said.refused, heard(said)
    entries = (await door.audit_entries())[start:]
    assert [one.action for one in entries] == ["person.created", *["person.edited"] * 3]
    assert entries[0].new["roles"] == ["Viewer"]
    assert (entries[1].old, entries[1].new) == (
        {"auto_finalize": False},
        {"auto_finalize": True, "entered": ["last_name"]},
    )
    assert entries[2].new == {"entered": ["email"], "zone": "Europe/Berlin"}
    kept = json.dumps([[dict(one.old), dict(one.new), one.subject] for one in entries])
    for personal in ("Nia", "Okafor", "Eze", "example.org", "007", '"Q"'):
        assert personal not in kept


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ("email:nobody", "is no e-mail address"),
        ("email:ada@localhost", "is no e-mail address"),
        ("email:OMAR@example.org", "Somebody already has that e-mail address"),
        ("middle_initial:Joan", "is one letter"),
        ("first_name:Nia", "Nothing was changed"),
        ("zone:Atlantis", "is no time zone"),
        ('roles:"Emperor" first_name:Eve', "There is no role Emperor"),
        ('roles:"Viewer" first_name:Nia', "Nothing was changed"),
        ("roles:Staff email:omar@example.org", "Somebody already has that e-mail address"),
    ],
)
async def test_a_refused_edit_changes_nothing(door: Door, changes: str, problem: str) -> None:
    await maple(door)
    await door.says(ADA, ADD)
    await door.says(ADA, "/member edit person:omar email:omar@example.org")
    before = await door.tables()
    assert problem in heard(await door.says(ADA, f"/member edit person:nia@example.org {changes}"))
    assert await door.tables() == before


async def test_one_name_alone_is_refused(door: Door) -> None:
    await maple(door)
    assert "last_name is missing" in heard(await door.says(ADA, "/member edit person:omar first_name:Omar"))
    assert (await door.members())["Omar"] == "active"


async def test_what_is_known_can_be_taken_away(door: Door) -> None:
    await maple(door)
    await door.says(ADA, f"{ADD} zone:berlin middle_initial:J")
    said = await door.says(
        ADA, "/member edit person:nia@example.org email:none zone:None educator_id:NONE middle_initial:none"
    )
    assert not said.refused, heard(said)
    for gone in ("nia@example.org", "Berlin", "007"):
        assert gone not in heard(said)
    assert "nia@example.org" in heard(await door.says(ADA, ADD)), "the address is free again"


async def test_an_edited_account_is_called_by_the_new_name(door: Door) -> None:
    await maple(door)
    said = heard(await door.says(ADA, "/member edit person:omar first_name:Omar last_name:Haddad"))
    assert said.startswith("Omar Haddad")
    assert "Omar Haddad" in heard(await door.says(ADA, '/member list search:"haddad omar"'))
    await door.says("omar", "/member list")
    assert "Omar Haddad" in heard(await door.says("omar", "/member list")), "a later visit renames nobody"


async def test_a_person_alone_opens_the_form_as_things_are(door: Door) -> None:
    await maple(door)
    await door.says(ADA, ADD)
    form: Any = (await door.says(ADA, "/member edit person:nia@example.org")).answer
    filled = {field.option.name: field.value for field in form.fields}
    assert filled == {
        "email": "nia@example.org",
        "first_name": "Nia",
        "last_name": "Okafor",
        "middle_initial": "",
        "educator_id": "007",
        "content_areas": "",
        "grade_levels": "",
        "roles": "Viewer",
        "zone": None,
        "auto_finalize": "no",
        "message_notifications": "yes",
    }
    sent = {name: value for name, value in filled.items() if value}
    again = await door.clicks(ADA, "member edit", **form.action.values, **sent)
    assert "Nothing was changed" in heard(again)
    await door.clicks(ADA, "member edit", **form.action.values, **{**sent, "roles": "Staff, Observer"})
    assert await door.audited() == [*(await door.audited())[:-1], "role.changed"], "one change, one entry"


async def test_one_edits_oneself_but_not_ones_roles(door: Door) -> None:
    await maple(door)
    said = await door.says(ADA, "/member edit person:ada first_name:Ada last_name:Byron roles:School Admin")
    assert not said.refused, heard(said)
    assert "Edit" in actions_in(said)
    refused = heard(await door.says(ADA, '/member edit person:"Ada Byron" roles:Viewer'))
    assert "You cannot change your own" in refused


@pytest.mark.parametrize(
    ("role", "refused"), [("Viewer", False), ("Staff", False), ("Proctor", False), ("School Admin", True)]
)
async def test_editing_people_with_rights_elsewhere_needs_those_rights(
    door: Door, role: str, *, refused: bool
) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await _also_in(door, await oak_school(door), "nia", role)
    said = heard(await door.says(ADA, "/member edit person:nia educator_id:7"))
    assert (ABOVE in said) is refused
    said = heard(await door.says(ADA, "/member edit person:nia email:nia@example.org"))
    assert ABOVE in said, "whoever has the address could become Nia in Oak too"
    await _also_in(door, await _oak_of(door), "ada", "School Admin")
    said = heard(await door.says(ADA, "/member edit person:nia educator_id:1"))
    assert ABOVE not in said, "who edits people in both schools edits them"
    said = heard(await door.says(ADA, "/member edit person:nia email:nia@example.org"))
    assert "nia@example.org" in said


async def _oak_of(door: Door) -> School:
    (school,) = await door.database.read(lambda uow: uow.schools.linked_to(BEA.workspace))  # type: ignore[arg-type]
    return school


async def test_those_above_are_not_edited(door: Door) -> None:
    await maple(door)
    await door.says("root", f"/join {await door.code()}")
    before = await door.tables()
    assert ABOVE in heard(await door.says(ADA, "/member edit person:root email:mine@example.org"))
    assert await door.tables() == before
    assert "x@example.org" in heard(await door.says("root", "/member edit person:ada email:x@example.org"))


async def test_a_role_in_another_district_is_above_a_school(door: Door) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await door.says("root", "/district create North")
    granted = await door.says("root", '/district grant person:nia role:"District User" district:North')
    assert not granted.refused, heard(granted)
    assert ABOVE in heard(await door.says(ADA, "/member edit person:nia email:nia@example.org"))


async def test_a_person_of_another_school_is_not_known_here(door: Door) -> None:
    await maple(door)
    oak = await oak_school(door)
    foreign = await membership_id(door, "Bea", oak)
    for command in ("member edit", "member show", "member open"):
        said = heard(await door.clicks(ADA, command, person=foreign))
        assert "I cannot find that" in said, command
        assert "Bea" not in said
    page = {"after": foreign, "of": PeopleFilter(oak.id).pack()}
    assert "I cannot find that" in heard(await door.clicks(ADA, "member more", **page))
    nowhere = {"after": new_id(door.clock.now()), "of": page["of"]}
    assert "I cannot find that" in heard(await door.clicks(ADA, "member more", **nowhere))

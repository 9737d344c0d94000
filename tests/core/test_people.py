"""People who are added, edited, found, and by whom."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.actions import LONGEST, Action
from bot.commands import people_list
from bot.core import members
from bot.core.ids import new_id
from bot.core.people import PersonDetails
from bot.core.people_filter import Invited, PeopleFilter, Status, unpack
from bot.core.ports import UnitOfWork
from bot.core.roles import BUILT_IN
from bot.core.schools import School
from bot.core.values import replace
from bot.storage.members import SqlMembers
from tests.core.door import Door, actions_in, heard, maple
from tests.fakes.members import FakeMembers
from tests.world import caller

ADA = caller("ada", administers=True)
BEA = caller("bea", administers=True, workspace="oak")
ADD = "/member create email:nia@example.org first_name:Nia last_name:Okafor educator_id:007"
ABOVE = "You may not change someone who has rights that you do not have"


async def _details(door: Door, email: str = "nia@example.org") -> PersonDetails:
    def unit(uow: UnitOfWork) -> PersonDetails:
        person = uow.people.by_email(email)
        assert person is not None
        return uow.people.details(person.id)

    return await door.database.read(unit)


async def _membership_id(door: Door, name: str, school: School | None = None) -> str:
    of = school or await door.school()

    def unit(uow: UnitOfWork) -> str:
        (found,) = uow.members.listed(PeopleFilter(of.id, text=name, off_list=True), after=None, limit=2)
        return found.membership.id

    return await door.database.read(unit)


async def _oak(door: Door) -> School:
    await door.says(BEA, '/school create "Oak" approval:automatic')
    (school,) = await door.database.read(lambda uow: uow.schools.linked_to(BEA.workspace))  # type: ignore[arg-type]
    return school


async def _also_in(door: Door, school: School, name: str, role: str) -> None:
    """Make someone who is known a member of another school too."""

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


@pytest.mark.parametrize("roles", ["Emperor", "Staff, System Administrator", "District Admin"])
async def test_the_ceiling_holds_for_whoever_adds_people(door: Door, roles: str) -> None:
    await maple(door)
    before = await door.tables()
    assert "You may not give the role" in heard(await door.says(ADA, f'{ADD} roles:"{roles}"'))
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
        ("email:OMAR@example.org", "Somebody has that e-mail address already"),
        ("middle_initial:Joan", "is one letter"),
        ("first_name:Nia", "Nothing was changed"),
        ("zone:Atlantis", "is no time zone"),
        ('roles:"Emperor" first_name:Eve', "You may not give the role Emperor"),
        ('roles:"Viewer" first_name:Nia', "Nothing was changed"),
        ("roles:Staff email:omar@example.org", "Somebody has that e-mail address already"),
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
    assert "Nobody changes their own" in refused


@pytest.mark.parametrize(
    ("role", "refused"), [("Viewer", False), ("Staff", False), ("Proctor", False), ("School Admin", True)]
)
async def test_who_edits_people_elsewhere_is_edited_only_by_their_peers_there(
    door: Door, role: str, *, refused: bool
) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await _also_in(door, await _oak(door), "nia", role)
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
    oak = await _oak(door)
    foreign = await _membership_id(door, "Bea", oak)
    for command in ("member edit", "member show", "member open"):
        said = heard(await door.clicks(ADA, command, person=foreign))
        assert "I know no such" in said, command
        assert "Bea" not in said
    page = {"after": foreign, "of": PeopleFilter(oak.id).pack()}
    assert "I know no such" in heard(await door.clicks(ADA, "member more", **page))
    nowhere = {"after": new_id(door.clock.now()), "of": page["of"]}
    assert "I know no such" in heard(await door.clicks(ADA, "member more", **nowhere))


@pytest.mark.parametrize("of", ["x", "zzz\n", "--q\n", "\n", "--"])
async def test_a_page_of_a_list_that_cannot_be(door: Door, of: str) -> None:
    await maple(door)
    after = await _membership_id(door, "Ada")
    said = heard(await door.clicks(ADA, "member more", after=after, of=of))
    assert "I know no such list here" in said or "is empty" in said or "is missing" in said


async def test_a_districts_list_is_for_those_over_all_of_it(door: Door) -> None:
    await maple(door)
    await _oak(door)
    await door.says("root", "/district create North")
    for line in ('"Maple Grove"', "Oak"):
        added = await door.says("root", f"/school move school:{line} district:North")
        assert not added.refused, heard(added)
    line = '/member list view:"district users"'
    refused = heard(await door.says(ADA, line))
    assert "You may not see members" in refused
    assert "District Admin" in refused
    for packed in (PeopleFilter("", "").pack(), PeopleFilter("", "any").pack()):
        page = {"after": await _membership_id(door, "Ada"), "of": packed}
        said = heard(await door.clicks(ADA, "member more", **page))
        assert "Bea" not in said
        assert ("You may not see members" in said) is packed.startswith("--d")
    await door.says(ADA, "/member roles person:omar roles:Viewer")
    await door.says("root", '/district grant person:omar role:"District User" district:North')
    said = heard(await door.says("omar", line))
    assert {"Bea", "Ada", "Oak", "Maple Grove"} <= set(said.split("\n"))


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=40)


@given(
    st.sampled_from([None, *(role.name for role in BUILT_IN)]),
    st.sampled_from([None, *Status]),
    st.sampled_from([None, *Invited]),
    st.sampled_from([None, "north"]),
    _TEXT,
)
def test_a_packed_filter_comes_back(
    role: str | None, status: Status | None, invited: Invited | None, district: str | None, text: str
) -> None:
    wanted = PeopleFilter("maple", district, text, role, status, invited)
    assert unpack(wanted.pack(), "maple", "north") == wanted
    stripped = replace(wanted, text=text.strip())
    assert unpack(stripped.pack().strip(), "maple", "north") == stripped, "as fronts hand it on"


def test_every_filter_with_a_search_of_twenty_letters_fits_a_button() -> None:
    longest = max((role.name for role in BUILT_IN), key=len)
    wanted = PeopleFilter("maple", "north", "a b c d e f g h i jk", longest, Status.INACTIVE, Invited.NOT)
    page = {"after": "0" * 26, "of": wanted.pack()}
    assert len(Action("member more", page).pack()) <= LONGEST


async def test_whoever_sees_all_waits_for_no_number(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    await maple(door)
    counted: list[PeopleFilter] = []

    def count(_: object, wanted: PeopleFilter, *, most: int | None = None) -> int:
        counted.append(wanted)
        return most or 99

    monkeypatch.setattr(FakeMembers, "count", count)
    monkeypatch.setattr(SqlMembers, "count", count)
    assert "2 people" in heard(await door.says("omar", "/member list"))
    assert not counted
    monkeypatch.setattr(people_list, "PAGE", 1)
    assert "More than 10,000 people" in heard(await door.says("omar", "/member list"))
    assert counted

"""Imports and exports as people read them: each step, its names, lists and rows."""

from datetime import timedelta
from typing import Any

import pytest

from bot.core.errors import NotFound, NotPermitted
from bot.core.ids import new_id
from bot.core.people import members
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person
from bot.core.rights.roles import DISTRICT_ADMIN
from bot.core.rosters import exporting, views
from bot.core.rosters.imports import Missing, RosterDetails, Sent, Step, StepKind, StepReason, View
from bot.core.rosters.rows import RosterRow
from bot.core.values import replace
from tests.core.rostering import LEO, MIA, NIA, Office, clerk, state_of, who
from tests.core.rosters.test_roster_reach import ADA
from tests.fakes.roster_people import FakeRosterPeople
from tests.world import caller

pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)
LEASE = timedelta(minutes=1)


async def test_who_left_while_a_plan_was_made_is_not_in_it(
    maple: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple.imports([NIA, LEO])
    await Office(maple.door, "ada", "Oak").imports([MIA])
    gone, real = who(maple, MIA[0]), FakeRosterPeople.absent

    def absent(self: FakeRosterPeople, *of: str, after: str, limit: int) -> Any:
        return sorted([*real(self, *of, after=after, limit=limit), *([gone] if gone > after else [])])

    monkeypatch.setattr(FakeRosterPeople, "absent", absent)
    plan = await maple.planned([NIA], missing=Missing.REMOVE)
    assert [one.number for one in await maple.steps(plan)] == [1, 2, 3]
    assert gone not in {one.person_id for one in await maple.steps(plan)}


async def test_unchanged_people_keep_everything_in_their_step(maple: Office) -> None:
    oak = Office(maple.door, "ada", "Oak")
    await oak.imports([LEO])
    await maple.imports([NIA])
    await maple.door.says(ADA, "/member suspend person:leo@example.org school:Oak")
    plan = await maple.planned(
        [(*NIA, "", "Viewer"), (*LEO, "", "Staff")], invite=True, missing=Missing.REMOVE
    )
    nia, leo, ada = await maple.steps(plan)
    assert (nia.kind, nia.made, nia.sent, nia.fresh) == (StepKind.SAME, "", Sent.NOT, False)
    assert (leo.kind, leo.why, leo.person_id) == (StepKind.KEEP, StepReason.SUSPENDED, who(maple, LEO[0]))
    assert (leo.roles, leo.made, leo.sent, leo.fresh) == ((), "", Sent.NOT, False)
    assert (ada.kind, ada.why, ada.made, ada.leads) == (StepKind.KEEP, StepReason.OWN, "", False)
    assert (ada.roles, ada.roles_before, ada.place) == (("School Admin",), ("School Admin",), 0)


async def test_a_move_stores_what_undoing_it_needs(maple: Office) -> None:
    oak = Office(maple.door, "ada", "Oak")
    await oak.imports([(*NIA, "", "Teacher")])
    (was,) = [one for one in state_of(maple).memberships.values() if one.person_id == who(maple, NIA[0])]
    maple.door.clock.forward(LEASE)
    plan = await maple.planned(
        [(*NIA, "", "Staff"), ("nia2@example.org", "Nia", "Second")], move=True, invite=True
    )
    comes, _, leaves = await maple.steps(plan)
    assert (comes.kind, comes.person_id, comes.fresh, comes.sent) == (
        *(StepKind.MOVE, was.person_id, False),
        Sent.WANTED,
    )
    assert leaves == Step(
        3,
        *(0, was.school_id, was.person_id, StepKind.REMOVE, RosterDetails(NIA[0], "Nia", "Okafor")),
        roles_before=("Teacher",),
        why=StepReason.MOVED,
        made=was.id,
        leads=False,
        created_at=was.created_at,
        joined_at=was.joined_at,
    )
    await maple.door.database.run(
        lambda uow: uow.accounts.link(caller("nia").account, was.person_id, uow.now)
    )
    again = await maple.only(await maple.planned([NIA], move=True, invite=True), StepKind.MOVE)
    assert again.sent is Sent.NOT, "who has an account needs no invitation"


@pytest.mark.parametrize("lacks", ["email", "first_name", "last_name"])
async def test_people_whom_undoing_could_not_restore_are_not_removed(maple: Office, lacks: str) -> None:
    details = {"email": "zoe@example.org", "first_name": "Zoe", "last_name": "Roe", lacks: ""}

    def joins(uow: UnitOfWork) -> str:
        zoe = Person(new_id(uow.now), "Zoe")
        uow.people.add_unlinked(zoe)
        assert uow.people.save_details(zoe.id, PersonDetails(**details))  # type: ignore[arg-type]
        (school,) = uow.schools.overseen(None, "Maple", 9, whole=True)
        members.activate(uow, school.id, zoe.id, "Viewer", by=None)
        return zoe.id

    zoe = await maple.door.database.run(joins)
    plan = await maple.planned([NIA], missing=Missing.REMOVE)
    assert {one.person_id: one.why for one in await maple.steps(plan)}[zoe] is StepReason.UNNAMED


async def _entries(office: Office, name: str, done: View, **more: Any) -> list[tuple[str, str, StepKind]]:
    def unit(uow: UnitOfWork) -> list[tuple[str, str, StepKind]]:
        actor = Office(office.door, name)._actor(uow)
        found = views.entries(uow, actor, done.roster, **more)
        return [(one.name, one.school, one.step.kind) for one in found]

    return await office.door.database.read(unit)


async def test_steps_are_read_with_names_by_who_may_see_the_members(maple: Office) -> None:
    root = Office(maple.door, "root")
    rows = [NIA, (*LEO, "Oak")]
    done = await root.imports(rows, whole_district=True, missing=Missing.REMOVE)
    assert await _entries(maple, "root", done, page=1) == [
        *(("Nia Okafor", "Maple", StepKind.ADD), ("Leo Marsh", "Oak", StepKind.ADD)),
        *(("Ada", "Maple", StepKind.KEEP), ("Ada", "Oak", StepKind.KEEP)),
    ]
    kept = await _entries(maple, "root", done, kinds=[StepKind.KEEP])
    assert kept == [("Ada", "Maple", StepKind.KEEP), ("Ada", "Oak", StepKind.KEEP)]
    cleo = await clerk(maple, "viewer,roster.import,member.create,role.grant,member.read")
    seen = await _entries(cleo, "cleo", done, kinds=[StepKind.ADD])
    assert seen == [("Nia Okafor", "Maple", StepKind.ADD)]
    with pytest.raises(NotFound):
        await _entries(cleo, "stranger", done)


async def test_imports_are_listed_newest_first_to_who_may_import(maple: Office) -> None:
    done = []
    for one in (NIA, LEO, MIA):
        maple.door.clock.forward(LEASE)
        done.append((await maple.imports([one])).roster.id)
    await maple.planned([NIA])

    async def listed(name: str, after: str | None = None) -> list[str]:
        def unit(uow: UnitOfWork) -> list[str]:
            actor = Office(maple.door, name)._actor(uow)
            (school,) = uow.schools.overseen(None, "Maple", 9, whole=True)
            return [one.id for one in views.listed(uow, actor, school, after=after, limit=2)]

        return await maple.door.database.read(unit)

    assert await listed("ada") == [done[2], done[1]]
    assert await listed("ada", done[1]) == [done[0]]
    with pytest.raises(NotPermitted):
        await listed("stranger")


async def test_people_with_name_and_address_are_exported(maple: Office) -> None:
    eve = ("eve@example.org", "Eve", "Lund")
    await maple.imports([(*NIA, "", "Staff; Viewer", "Art", "3", "M", "007"), LEO, eve])
    await maple.door.says(ADA, "/member suspend person:leo@example.org school:Maple")
    await Office(maple.door, "ada", "Oak").imports([MIA])
    await maple.door.says(ADA, '/school edit name:"Oak, North" school:Oak')
    found, left_out = await Office(maple.door, "root").exported(district=True)
    assert left_out == 2, "Ada, in both schools: nobody knows her address"
    full = RosterRow(0, NIA[0], "Nia", "Okafor", ("Maple",), ("Staff", "Viewer"), "Art", "3", "M", "007")
    others = [RosterRow(0, *one, (of,), ("Viewer",)) for one, of in ((eve, "Maple"), (MIA, "Oak, North"))]
    assert sorted(found) == sorted([full, *others])
    with pytest.raises(NotPermitted):
        await maple.exported(district=True)
    own, _ = await maple.exported()
    assert sorted(one.email for one in own) == [eve[0], NIA[0]], "an admin of the school exports its people"
    district = next(iter(state_of(maple).districts))
    zoe = who(maple, eve[0])

    def head(uow: UnitOfWork) -> None:
        uow.districts.assign(zoe, DISTRICT_ADMIN.name, district, by=None, at=uow.now)
        assert uow.accounts.link(caller("zoe").account, zoe, uow.now)

    await maple.door.database.run(head)
    assert sorted((await Office(maple.door, "zoe").exported(district=True))[0]) == sorted(found)


@pytest.mark.parametrize("at_once", [1, 2, 9])
async def test_everybody_is_exported_however_many_are_read_at_once(
    maple: Office, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    await maple.imports([NIA, LEO, MIA])
    whole = await maple.exported()
    assert len({row.email for row in whole[0]}) == 3
    monkeypatch.setattr(exporting, "_PAGE", at_once)
    assert await maple.exported() == whole


async def test_a_school_whose_name_would_be_a_list_is_exported_by_its_id(maple: Office) -> None:
    school = state_of(maple).schools[next(iter(state_of(maple).schools))]
    for name, called in (
        ("Maple", "Maple"),
        ("Oak, North", "Oak, North"),
        ("A; B", school.id),
        ("A|B", school.id),
    ):
        assert exporting.called(replace(school, name=name)) == called

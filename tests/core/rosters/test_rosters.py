"""Importing a roster: planned, applied and undone, without touching people it must not."""

from datetime import timedelta

import pytest

from bot.core.ids import new_id
from bot.core.people import members
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person
from bot.core.rosters import applying
from bot.core.rosters.imports import Faulty, ImportState, Missing, Planned, Sent, StepKind, StepReason, View
from bot.core.rosters.rows import Problem
from bot.core.values import replace
from tests.core.door import Door
from tests.core.rostering import Office
from tests.world import caller

NIA = ("nia@example.org", "Nia", "Okafor", "", "Teacher")
LEO = ("leo@example.org", "Leo", "Marsh", "", "Staff; Observer")
MIA = ("mia@example.org", "Mia", "Lund")


@pytest.fixture
async def office(door: Door) -> Office:
    await door.says(caller("ada", administers=True), "/school create Maple")
    return Office(door)


async def test_who_is_new_is_added_with_all_that_is_said(office: Office) -> None:
    full = ("Leo@Example.org", "Leo", "Marsh", "maple", "Staff; observer", "Maths|Art", "3,4", "q.", "007")
    plan = await office.planned([NIA, full, MIA])
    assert plan.counts == {(StepKind.ADD, None): 3}
    assert await office.people() == {"Ada": ("active", ("School Admin",))}
    done = await office.apply(plan)
    assert isinstance(done, View)
    assert done.roster.state is ImportState.DONE
    assert await office.people() == {
        "Ada": ("active", ("School Admin",)),
        "Nia Okafor": ("active", ("Teacher",)),
        "Leo Marsh": ("active", ("Observer", "Staff")),
        "Mia Lund": ("active", ("Viewer",)),
    }
    leo = await office.details("leo@example.org")
    assert (leo.email, leo.middle_initial, leo.educator_id) == ("Leo@example.org", "Q", "007")
    assert (leo.content_areas, leo.grade_levels) == ("Maths; Art", "3; 4")
    again = await office.planned([NIA, full, MIA])
    assert again.empty
    assert again.counts == {(StepKind.SAME, None): 3}


async def test_what_differs_is_changed_and_what_is_not_said_stays(office: Office) -> None:
    await office.imports([(*NIA, "Maths", "3", "A", "7"), LEO])
    plan = await office.planned(
        [("NIA@example.org", "Nia", "Eze", "", "Observer", "", "4"), ("leo@example.org", "Leo", "Marsh")]
    )
    assert await office.what(plan) == {"NIA": (StepKind.CHANGE, None), "leo": (StepKind.SAME, None)}
    step, _ = await office.steps(plan)
    assert (step.roles_before, step.roles) == (("Teacher",), ("Observer",))
    assert step.before is not None
    assert step.before.last_name == "Okafor"
    await office.apply(plan)
    people = await office.people()
    assert people["Nia Eze"] == ("active", ("Observer",))
    nia = await office.details("nia@example.org")
    assert (nia.content_areas, nia.grade_levels, nia.middle_initial, nia.educator_id) == (
        "Maths",
        "4",
        "A",
        "7",
    )


async def test_people_missing_in_the_file_stay_unless_asked_to_be_removed(office: Office) -> None:
    await office.imports([NIA, LEO, MIA])
    kept = await office.planned([NIA])
    assert kept.empty
    plan = await office.planned([NIA], missing=Missing.REMOVE)
    assert await office.what(plan) == {
        "nia": (StepKind.SAME, None),
        "leo": (StepKind.REMOVE, None),
        "mia": (StepKind.REMOVE, None),
        "": (StepKind.KEEP, StepReason.OWN),
    }
    (removal,) = plan.removals
    assert (removal.members, removal.leaving, removal.guarded) == (4, 2, True)
    for typed in (None, 1, 3):
        assert isinstance(await office.apply(plan, typed), Planned)
    assert len(await office.people()) == 4
    assert isinstance(await office.apply(plan, 2), View)
    assert sorted(await office.people()) == ["Ada", "Nia Okafor"]


async def test_few_leave_without_being_asked_about(office: Office) -> None:
    await office.imports([NIA, LEO, MIA])
    await office.door.says("ada", "/school limits most_removed:25")
    plan = await office.planned([NIA, LEO], missing=Missing.REMOVE)
    assert not plan.guarded
    assert isinstance(await office.apply(plan), View)


@pytest.mark.parametrize(
    ("verb", "why"),
    [
        ("suspend", StepReason.SUSPENDED),
        ("deactivate", StepReason.DEACTIVATED),
        ("archive", StepReason.ARCHIVED),
    ],
)
async def test_who_is_kept_out_stays_so(office: Office, verb: str, why: StepReason) -> None:
    await office.imports([NIA, LEO])
    await office.door.says("ada", f"/member {verb} person:nia@example.org")
    before = await office.people()
    plan = await office.planned([(*NIA[:4], "Observer"), LEO], missing=Missing.REMOVE, move=True)
    assert (await office.what(plan))["nia"] == (StepKind.KEEP, why)
    without = await office.planned([LEO], missing=Missing.REMOVE)
    assert "nia" not in await office.what(without)
    await office.apply(plan)
    assert await office.people() == before


async def test_all_that_is_wrong_is_told_at_once_and_nothing_is_done(office: Office) -> None:
    await office.imports([MIA])
    before = await office.door.tables()
    found = await office.plan(
        [
            ("nia@", "Nia", ""),
            ("", "Leo", "Marsh", "Oak", "Wizard"),
            ("a@example.org", "A", "B", "", "District Admin", "", "", "", "7"),
            ("A@Example.org", "A", "B", "", "", "", "", "", "7"),
            ("c@example.org", "C" * 61, "D", "", "", "", "", "", "7"),
        ]
    )
    assert isinstance(found, Faulty)
    assert [(one.place, one.problem) for one in found.errors] == [
        (2, Problem.NO_ADDRESS),
        (2, Problem.MISSING),
        (3, Problem.MISSING),
        (3, Problem.UNKNOWN_SCHOOL),
        (3, Problem.UNKNOWN_ROLE),
        (4, Problem.UNKNOWN_ROLE),
        (5, Problem.TWICE),
        (6, Problem.TOO_LONG),
        (6, Problem.ID_TWICE),
    ]
    assert await office.door.tables() == before


async def test_undoing_brings_back_exactly_what_was(office: Office) -> None:
    await office.imports([(*NIA, "Maths"), LEO])
    before = await office.door.tables()
    done = await office.imports(
        [("nia@example.org", "Nia", "Eze", "", "Observer", "Art", "4"), MIA], missing=Missing.REMOVE
    )
    assert sorted(await office.people()) == ["Ada", "Mia Lund", "Nia Eze"]
    undone = await office.undo(done)
    assert undone.counts == {(StepKind.CHANGE, None): 1, (StepKind.ADD, None): 1, (StepKind.REMOVE, None): 1}
    after = await office.door.tables()
    for table in ("persons", "memberships", "details", "person_emails"):
        assert after.get(table) == before.get(table), table
    people = await office.people()
    assert people["Leo Marsh"] == ("active", ("Observer", "Staff"))
    twice = await office.undo(done)
    assert twice.roster.id == undone.roster.id


@pytest.mark.parametrize("known", [PersonDetails(), PersonDetails("Nia")])
async def test_undoing_leaves_nobody_without_a_name(office: Office, known: PersonDetails) -> None:
    def unit(uow: UnitOfWork) -> None:
        (school,) = uow.schools.overseen(None, "Maple", 9, whole=True)
        nia = Person(new_id(uow.now), "Nia")
        uow.people.add_unlinked(nia)
        assert uow.people.save_details(nia.id, replace(known, email="nia@example.org"))
        members.activate(uow, school.id, nia.id, "Viewer", by=None)

    await office.door.database.run(unit)
    done = await office.imports([("nia@example.org", "Nia", "Okafor")])
    await office.undo(done)
    assert (await office.details("nia@example.org")).full_name == known.full_name
    names = await office.people()
    assert sorted(names) == ["Ada", known.full_name or "Nia Okafor"]
    found = await office.door.database.read(
        lambda uow: [
            one.name
            for school in uow.schools.overseen(None, "Maple", 9, whole=True)
            for one in uow.members.listed(PeopleFilter(school.id, text="nia"), after=None, limit=9)
        ]
    )
    assert found == [known.full_name or "Nia Okafor"]


async def test_undoing_leaves_what_is_otherwise_by_now(office: Office) -> None:
    done = await office.imports([NIA, LEO, MIA])
    await office.door.says("ada", "/member suspend person:nia@example.org")
    await office.door.says("ada", "/member edit person:leo@example.org roles:Teacher")
    undone = await office.undo(done)
    assert await office.what(undone) == {
        "nia": (StepKind.KEEP, StepReason.CHANGED),
        "leo": (StepKind.KEEP, StepReason.CHANGED),
        "mia": (StepKind.REMOVE, None),
    }
    people = await office.people()
    assert (people["Nia Okafor"][0], people["Leo Marsh"]) == ("suspended", ("active", ("Teacher",)))


async def test_who_is_added_is_invited_where_that_is_wanted(office: Office) -> None:
    done = await office.imports([NIA, LEO], invite=True)
    shown = await office.door.database.read(lambda uow: uow.roster_steps.invited(done.roster.id))
    assert shown == {Sent.SENT: 2}
    invitations = await office.door.invitations()
    assert sorted(one.to.email for one in invitations if one.to) == ["leo@example.org", "nia@example.org"]
    undone = await office.undo(done)
    assert undone.number(StepKind.REMOVE) == 2
    assert {one.to.cleared_at is not None for one in await office.door.invitations() if one.to} == {True}


async def test_a_plan_is_shown_anew_when_the_facts_are_others(office: Office) -> None:
    plan = await office.planned([NIA, LEO])
    await office.door.says("ada", "/member create email:leo@example.org first_name:Leo last_name:Marsh")
    stale = await office.apply(plan)
    assert isinstance(stale, Planned)
    assert stale.stale
    assert await office.what(stale) == {"nia": (StepKind.ADD, None), "leo": (StepKind.CHANGE, None)}
    assert isinstance(await office.apply(stale), View)


async def test_many_are_invited_a_few_in_each_unit(office: Office) -> None:
    many = [(f"n{number}@example.org", "N", f"X{number}") for number in range(60)]
    done = await office.apply(await office.planned(many, invite=True))
    assert isinstance(done, View)

    async def progress() -> tuple[ImportState | None, dict[Sent, int]]:
        def unit(uow: UnitOfWork) -> tuple[ImportState | None, dict[Sent, int]]:
            roster = uow.rosters.by_id(done.roster.id)
            return roster.state if roster else None, dict(uow.roster_steps.invited(done.roster.id))

        return await office.door.database.read(unit)

    assert await progress() == (ImportState.INVITING, {Sent.SENT: 25, Sent.WANTED: 35})
    assert await office.work()
    assert await progress() == (ImportState.INVITING, {Sent.SENT: 50, Sent.WANTED: 10})
    assert await office.work()
    assert await progress() == (ImportState.DONE, {Sent.SENT: 60})
    assert not await office.work()
    assert len(await office.door.invitations()) == 60


async def test_what_is_large_waits_for_a_worker_who_looks_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "AT_ONCE", 1)
    waits = await office.apply(await office.planned([NIA, LEO]))
    assert isinstance(waits, View)
    assert waits.roster.state is ImportState.WAITING
    assert await office.people() == {"Ada": ("active", ("School Admin",))}
    office.door.clock.forward(timedelta(seconds=1))
    late = await office.apply(await office.planned([LEO, MIA]))
    assert isinstance(late, View)
    assert await office.work()
    assert sorted(await office.people()) == ["Ada", "Leo Marsh", "Nia Okafor"]
    assert await office.work()  # Leo is there by now: the second is a plan again
    assert not await office.work()
    assert sorted(await office.people()) == ["Ada", "Leo Marsh", "Nia Okafor"]
    roster = await office.door.database.read(lambda uow: uow.rosters.by_id(late.roster.id))
    assert roster is not None
    assert roster.state is ImportState.PLANNED
    assert await office.what(late) == {"leo": (StepKind.SAME, None), "mia": (StepKind.ADD, None)}
    undone = await office.undo(waits)
    assert undone.roster.state is ImportState.WAITING
    await office.door.says("ada", "/member suspend person:nia@example.org")
    assert await office.work()
    people = await office.people()
    assert people == {"Ada": ("active", ("School Admin",)), "Nia Okafor": ("suspended", ("Teacher",))}


async def test_whoever_lost_the_right_has_nothing_done_for_them(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "AT_ONCE", 0)
    plan = await office.planned([NIA])
    await office.apply(plan)
    ada = await office.door.database.read(lambda uow: uow.people.by_account(caller("ada").account))
    assert ada is not None

    def unit(uow: UnitOfWork) -> None:
        (school,) = uow.schools.overseen(None, "Maple", 1)
        uow.members.unassign(ada.id, "School Admin", school.id)

    await office.door.database.run(unit)
    assert await office.work()
    assert not await office.work()
    assert sorted(await office.people()) == ["Ada"]
    roster = await office.door.database.read(lambda uow: uow.rosters.by_id(plan.roster.id))
    assert roster is not None
    assert roster.state is ImportState.PLANNED

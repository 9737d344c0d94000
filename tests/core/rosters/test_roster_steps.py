"""What an import does to each person, how that is undone, and what is logged about both."""

from datetime import timedelta
from textwrap import dedent

import pytest

from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person
from bot.core.rosters.imports import Missing, Planned, RosterDetails, Sent, Step, StepKind, StepReason, View
from tests.core.logged import Log
from tests.core.rostering import LEO, MIA, NIA, Office, clerk, state_of, who
from tests.core.rosters.test_roster_reach import ADA, ROOT
from tests.storage import build
from tests.world import caller

pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


def _school(office: Office, name: str) -> str:
    return next(one.id for one in state_of(office).schools.values() if one.name == name)


async def _by(office: Office, done: View | Planned) -> dict[str, Step]:
    return {one.said.email.partition("@")[0]: one for one in await office.steps(done)}


async def test_what_is_logged_of_an_import_and_of_undoing_it(maple: Office) -> None:
    await Office(maple.door, "ada", "Oak").imports([LEO])
    await maple.imports([NIA, (*MIA, "", "School Admin")])
    log = Log(maple.door)
    await log.fresh()
    root = Office(maple.door, "root")
    rows = [(*NIA, "", "Staff"), (*LEO, "Oak")]
    done = await root.imports(rows, whole_district=True, missing=Missing.REMOVE, invite=True)
    await root.undo(done)
    await root.imports([NIA, (*LEO, "Oak", "Teacher")], whole_district=True)
    assert await log.fresh() == dedent("""\
        Root (web, Maple) roster.imported roster_import:#3
          - -> change=1, keep=1, remove=1, missing=remove, move=False, invite=True
        Root (web, Maple) roster.undone roster_import:#4
          - -> change=1, add=1, undoes=#3
        Root (web, Oak) roster.imported roster_import:#5
          - -> change=1, missing=keep, move=False, invite=False
        """)


async def test_an_import_knows_who_began_it_when_and_from_where(maple: Office) -> None:
    plan = await maple.planned([NIA])
    roster, ada = plan.roster, await _account(maple, "ada")
    assert (roster.planned_by, roster.started_by, roster.district_id, len(roster.digest)) == (
        ada,
        None,
        None,
        32,
    )
    maple.door.clock.forward(timedelta(hours=1))
    now = maple.door.clock.now()
    done = await maple.apply(plan)
    assert isinstance(done, View)
    began = (done.roster.started_by, done.roster.front, done.roster.started_at)
    assert began == (ada, "web", now)
    (given,) = [one for one in state_of(maple).given.values() if one.what.person == who(maple, NIA[0])]
    assert (given.granted_by, given.granted_at) == (ada, now)
    undone = await maple.undo(done)
    assert (undone.roster.planned_by, undone.roster.undoes, undone.roster.rows) == (ada, done.roster.id, 1)
    wide = await Office(maple.door, "root").planned([NIA], whole_district=True)
    assert wide.roster.district_id == next(iter(state_of(maple).districts))


async def test_the_first_admin_of_an_import_becomes_primary_where_nobody_is(maple: Office) -> None:
    await maple.door.says(ROOT, "/school create Elm district:North")
    root = Office(maple.door, "root", "Elm")
    await root.imports([NIA, (*LEO, "", "School Admin"), (*MIA, "", "School Admin")])
    elm = state_of(maple).schools[_school(maple, "Elm")]
    assert elm.primary_admin_id == who(maple, LEO[0])


async def test_removed_people_lose_their_open_invitations(maple: Office) -> None:
    await maple.imports([(*NIA, "", "School Admin"), LEO])
    nia, school = who(maple, NIA[0]), _school(maple, "Maple")

    def invites(uow: UnitOfWork) -> str:
        of = uow.schools.by_id(school)
        assert of is not None
        return build.invitation(uow, of, Person(nia, "Nia")).id

    made = await maple.door.database.run(invites)
    await maple.imports([LEO], missing=Missing.REMOVE)
    ended = state_of(maple).invitations[made]
    assert (ended.revoked_at is not None, ended.revoked_by) == (True, await _account(maple, "ada"))


async def _account(office: Office, name: str) -> str:
    found = await office.door.database.read(lambda uow: uow.people.by_account(caller(name).account))
    assert found is not None
    return found.id


async def test_undoing_turns_each_step_around(maple: Office) -> None:
    await maple.imports([(*NIA, "", "Teacher"), (*LEO, "", "Staff"), ("zoe@example.org", "Zoe", "Roe")])
    before = {one.person_id: one for one in state_of(maple).memberships.values()}
    maple.door.clock.forward(timedelta(hours=1))
    rows = [(NIA[0], "Nia", "Eze", "", "Observer"), MIA, ("zoe@example.org", "Zoe", "Poe")]
    done = await maple.imports(rows, missing=Missing.REMOVE)
    made = await _by(maple, done)
    undone = await maple.undo(done)
    turned = await _by(maple, undone)
    nia, leo, mia, zoe = (turned[name] for name in ("nia", "leo", "mia", "zoe"))
    assert [one.number for one in await maple.steps(undone)] == [1, 2, 3, 4]
    assert {(one.why, one.sent, one.wanted) for one in turned.values()} == {(None, Sent.NOT, ())}
    told = (nia.kind, nia.roles_before, nia.roles, nia.said.last_name, nia.before and nia.before.last_name)
    assert told == (StepKind.CHANGE, ("Observer",), ("Teacher",), "Okafor", "Eze")
    told = (zoe.kind, zoe.roles_before, zoe.roles, zoe.said.last_name, zoe.before and zoe.before.last_name)
    assert told == (StepKind.CHANGE, ("Viewer",), ("Viewer",), "Roe", "Poe")
    assert (leo.kind, leo.roles_before, leo.roles, leo.before, leo.said) == (
        *(StepKind.ADD, (), ("Staff",), None),
        RosterDetails(LEO[0], "Leo", "Marsh"),
    )
    was = before[leo.person_id]
    assert (leo.created_at, leo.joined_at, leo.made) == (was.created_at, was.joined_at, was.id)
    assert state_of(maple).memberships[was.id] == was, "they have been here as long as before"
    came = maple.door.clock.now()
    assert (mia.kind, mia.roles_before, mia.roles, mia.fresh) == (StepKind.REMOVE, ("Viewer",), (), False)
    assert (mia.said, mia.before, mia.made) == (RosterDetails(MIA[0], "Mia", "Lund"), None, made["mia"].made)
    assert (mia.created_at, mia.joined_at) == (came, came)


async def test_roles_and_details_that_others_changed_since_stay(maple: Office) -> None:
    rows = [(*NIA, "", "Teacher"), (*LEO, "", "Teacher"), (*MIA, "", "Teacher")]
    await maple.imports(rows)
    done = await maple.imports(
        [
            (NIA[0], "Nina", "Eze", "", "Observer"),
            (LEO[0], "Leon", "Marsh", "", "Observer"),
            (MIA[0], "Mina", "Lund"),
        ]
    )
    await maple.door.says(ADA, "/member edit person:nia@example.org last_name:Third school:Maple")
    await maple.door.says(ADA, "/member roles person:leo@example.org roles:Staff school:Maple")
    await maple.door.says(ADA, "/member edit person:mia@example.org first_name:Other school:Maple")
    turned = await _by(maple, await maple.undo(done))
    assert (turned["nia"].kind, turned["nia"].why, turned["nia"].roles) == (
        StepKind.CHANGE,
        None,
        ("Teacher",),
    )
    assert (turned["leo"].kind, turned["leo"].why, turned["leo"].roles) == (
        *(StepKind.CHANGE, StepReason.CHANGED),
        ("Staff",),
    ), "the name goes back, the role is another by now"
    mia = turned["mia"]
    assert (mia.kind, mia.why, mia.roles, mia.before, mia.made) == (
        StepKind.KEEP,
        StepReason.CHANGED,
        (),
        None,
        "",
    )
    names = [(await maple.details(one[0])).full_name for one in (NIA, LEO, MIA)]
    assert names == ["Nia Third", "Leo Marsh", "Other Lund"]
    assert (await maple.people())["Leo Marsh"] == ("active", ("Staff",))


async def test_undoing_leaves_out_people_who_cannot_come_back(maple: Office) -> None:
    rows = [(*NIA, "", "School Admin"), LEO, MIA, ("zoe@example.org", "Zoe", "Roe")]
    await maple.imports(rows)
    cleo = await clerk(maple, "viewer,roster.import,member.create,member.remove,role.grant")
    done = await maple.imports([("clerk@example.org", "Cleo", "May")], missing=Missing.REMOVE)
    gone, school = state_of(maple).roster_rows, _school(maple, "Maple")
    leo, mia = (
        next(one.person_id for one in gone.values() if one.said.email == who[0]) for who in (LEO, MIA)
    )

    def meanwhile(uow: UnitOfWork) -> None:
        uow.accounts.erase(leo, uow.now)
        members.activate(uow, school, mia, "Viewer", by=None)

    await maple.door.database.run(meanwhile)
    turned = {one.person_id: one for one in await maple.steps(await cleo.undo(done))}
    whys = {name: turned[who].why for name, who in (("leo", leo), ("mia", mia))}
    assert whys == {"leo": StepReason.CHANGED, "mia": StepReason.CHANGED}
    nia = next(one for one in turned.values() if one.said.email == NIA[0])
    assert (nia.kind, nia.why, nia.roles, nia.made, nia.fresh) == (
        StepKind.KEEP,
        StepReason.ABOVE,
        (),
        "",
        False,
    )
    assert sorted(await maple.people()) == ["Ada", "Cleo May", "Mia Lund", "Zoe Roe"]


async def test_undoing_does_not_remove_a_primary_admin(maple: Office) -> None:
    done = await maple.imports([(*NIA, "", "School Admin"), LEO])
    nia, school = who(maple, NIA[0]), _school(maple, "Maple")
    ada = await _account(maple, "ada")
    await maple.door.database.run(lambda uow: uow.schools.set_primary(school, nia, expected=ada))
    assert await maple.what(await maple.undo(done)) == {
        "nia": (StepKind.KEEP, StepReason.PRIMARY),
        "leo": (StepKind.REMOVE, None),
    }


async def test_a_plan_that_went_stale_is_one_of_whoever_looks_again(maple: Office) -> None:
    await maple.imports([LEO])
    plan = await maple.planned([NIA, MIA], missing=Missing.REMOVE)
    await maple.door.says(
        ADA, "/member create email:mia@example.org first_name:Mia last_name:Lund school:Maple"
    )
    again = await Office(maple.door, "root").apply(plan, 1)
    assert isinstance(again, Planned)
    assert (again.stale, again.roster.planned_by) == (True, await _account(maple, "root"))
    assert await maple.what(again) == {
        "nia": (StepKind.ADD, None),
        "mia": (StepKind.SAME, None),
        "leo": (StepKind.REMOVE, None),
        "": (StepKind.KEEP, StepReason.PRIMARY),
    }
    assert [one.number for one in await maple.steps(again)] == [1, 2, 3, 4]


async def test_people_erased_before_an_import_is_applied_stay_erased(maple: Office) -> None:
    await maple.imports([NIA, LEO])
    plan = await maple.planned([NIA, (*LEO[:2], "Lund"), MIA])
    alone = await maple.planned([(*NIA[:2], "Lund")])
    told = await maple.door.says("ada", '/member erase "Nia Okafor" sure:yes school:Maple')
    assert not told.refused
    before = await maple.people()
    stale = await maple.apply(plan)
    assert isinstance(stale, Planned)
    assert (stale.stale, await maple.what(stale)) == (
        True,
        {"leo": (StepKind.CHANGE, None), "mia": (StepKind.ADD, None)},
    )
    assert isinstance(await maple.apply(stale), View)
    viewer = ("active", ("Viewer",))
    assert await maple.people() == {"Ada": before["Ada"], "Leo Lund": viewer, "Mia Lund": viewer}
    nothing = await maple.apply(alone)
    assert isinstance(nothing, Planned)
    assert nothing.empty

"""Whom an import reaches: other schools, other admins, addresses that are known elsewhere."""

from collections.abc import Sequence

import pytest

from bot.core.errors import NotPermitted
from bot.core.ids import new_id
from bot.core.people import exports, members
from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rosters.imports import Faulty, Missing, Planned, RosterDetails, Sent, StepKind, StepReason, View
from bot.core.rosters.rows import Problem
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.scim import switching, tokens, users
from bot.core.scim.model import Account, Wanted
from tests.core.door import Door, heard
from tests.core.rostering import LEO, NIA, Office
from tests.world import caller

ROOT = caller("root", administers=True)
ADA = caller("ada", administers=True)


@pytest.fixture
async def offices(door: Door) -> tuple[Office, Office]:
    """Two schools of a district, whose admin is Dana; Ada is admin of Maple, Omar of Oak."""
    await door.says(ADA, "/school create Maple")
    await door.says(caller("omar", administers=True), "/school create Oak")
    await door.says(ROOT, "/district create North")
    for name in ("Maple", "Oak"):
        heard(await door.says(ROOT, f"/school move school:{name} district:North"))
    return Office(door), Office(door, "omar", "Oak")


async def _district(offices: tuple[Office, Office]) -> Office:
    return Office(offices[0].door, "root", "Maple")


async def test_somebody_known_elsewhere_is_an_error_or_is_asked(offices: tuple[Office, Office]) -> None:
    maple, oak = offices
    await oak.imports([NIA])
    found = await maple.plan([LEO, NIA])
    assert isinstance(found, Faulty)
    assert [(one.place, one.problem) for one in found.errors] == [(3, Problem.KNOWN_ELSEWHERE)]
    done = await maple.imports([LEO, (*NIA, "", "Staff")], move=True)
    assert await maple.what(done) == {"leo": (StepKind.ADD, None), "nia": (StepKind.INVITE, None)}
    assert await maple.door.database.read(lambda uow: uow.roster_steps.invited(done.roster.id)) == {
        Sent.SENT: 1
    }
    assert (await maple.people())["Nia Okafor"][0] == "pending"
    assert (await oak.people())["Nia Okafor"][0] == "active"
    step = (await maple.steps(done))[1]
    known = await maple.door.database.read(lambda uow: uow.people.by_email(NIA[0]))
    assert known is not None
    assert step.person_id != known.id
    again = await maple.planned([LEO, NIA], move=True)
    assert (await maple.what(again))["nia"] == (StepKind.KEEP, StepReason.INVITED)
    undone = await maple.undo(done)
    assert undone.number(StepKind.INVITE) == 1
    (invitation,) = [one for one in await maple.door.invitations_of("Maple") if one.to]
    assert invitation.to is not None
    assert invitation.to.cleared_at is not None
    assert "Nia Okafor" not in await maple.people()


async def test_undoing_leaves_on_the_list_whom_the_school_had_invited_before(
    offices: tuple[Office, Office],
) -> None:
    maple, oak = offices
    await oak.imports([NIA])
    assert not (await maple.door.says(ADA, "/invite person to:nia@example.org name:Nia school:Maple")).refused
    (invitation,) = [one for one in await maple.door.invitations_of("Maple") if one.to]
    await maple.door.clicks(ADA, "invite clear", invitation=invitation.code)
    done = await maple.imports([NIA], move=True)
    assert await maple.what(done) == {"nia": (StepKind.INVITE, None)}
    await maple.undo(done)
    assert (await maple.people())["Nia"][0] == "pending"


async def test_a_district_moves_people_between_its_schools(offices: tuple[Office, Office]) -> None:
    maple, oak = offices
    office = await _district(offices)
    await oak.imports([NIA, LEO])
    rows = [(*NIA, "Maple", "Teacher"), (*LEO, "Maple; Oak")]
    stays = await office.planned(rows, whole_district=True)
    assert await office.what(stays) == {"nia": (StepKind.ADD, None), "leo": (StepKind.SAME, None)}
    plan = await office.planned(rows, whole_district=True, move=True)
    kinds = [(one.said.email[:3], one.kind, one.why) for one in await office.steps(plan)]
    assert sorted(kinds, key=str) == sorted(
        [
            ("nia", StepKind.MOVE, None),
            ("leo", StepKind.ADD, None),
            ("leo", StepKind.SAME, None),
            ("nia", StepKind.REMOVE, StepReason.MOVED),
        ],
        key=str,
    )
    done = await office.imports(rows, whole_district=True, move=True)
    assert sorted(await maple.people()) == ["Ada", "Leo Marsh", "Nia Okafor"]
    assert sorted(await oak.people()) == ["Leo Marsh", "Omar"]
    await office.undo(done)
    assert sorted(await maple.people()) == ["Ada"]
    assert sorted(await oak.people()) == ["Leo Marsh", "Nia Okafor", "Omar"]


async def test_whoever_is_in_the_file_only_for_another_school_is_missing_in_the_old_one(
    offices: tuple[Office, Office],
) -> None:
    maple, oak = offices
    office = await _district(offices)
    await oak.imports([NIA, LEO])
    rows = [(*NIA, "Maple"), (*LEO, "Oak")]
    done = await office.imports(rows, whole_district=True, missing=Missing.REMOVE)
    kinds = {(one.said.email[:3], one.kind, one.why) for one in await office.steps(done)}
    assert kinds >= {
        ("leo", StepKind.SAME, None),
        ("nia", StepKind.MOVE, None),
        ("nia", StepKind.REMOVE, StepReason.MOVED),
    }
    assert sorted(await maple.people()) == ["Ada", "Nia Okafor"]
    assert sorted(await oak.people()) == ["Leo Marsh", "Omar"]
    assert (await office.planned(rows, whole_district=True, missing=Missing.REMOVE, move=True)).empty
    await office.undo(done)
    assert sorted(await maple.people()) == ["Ada"]
    assert sorted(await oak.people()) == ["Leo Marsh", "Nia Okafor", "Omar"]


async def test_a_move_leaves_memberships_in_archived_schools_alone(offices: tuple[Office, Office]) -> None:
    maple, oak = offices
    office = await _district(offices)
    await oak.imports([NIA, LEO])
    await oak.door.says(ROOT, "/school archive school:Oak")
    done = await office.imports([NIA], whole_district=True, move=True, missing=Missing.REMOVE)
    assert {one.kind for one in await office.steps(done)} == {StepKind.ADD, StepKind.KEEP}  # Ada is kept
    assert sorted(await maple.people()) == ["Ada", "Nia Okafor"]
    await oak.door.says(ROOT, "/school restore Oak")
    assert sorted(await oak.people()) == ["Leo Marsh", "Nia Okafor", "Omar"]


async def test_who_is_kept_out_of_one_school_does_not_come_in_by_another(
    offices: tuple[Office, Office],
) -> None:
    _, oak = offices
    office = await _district(offices)
    await oak.imports([NIA])
    await oak.door.says("omar", "/member deactivate person:nia@example.org school:Oak")
    plan = await office.planned([(*NIA, "Maple")], whole_district=True, move=True)
    assert await office.what(plan) == {"nia": (StepKind.KEEP, StepReason.DEACTIVATED)}


async def test_what_was_done_in_several_schools_is_undone_by_whom_all_of_them_let(
    offices: tuple[Office, Office],
) -> None:
    maple, oak = offices
    district = await _district(offices)
    done = await district.imports([(*NIA, "Maple"), (*LEO, "Oak")], whole_district=True)
    with pytest.raises(NotPermitted):
        await maple.undo(done)
    assert "Leo Marsh" in await oak.people()
    undone = await district.undo(done)
    assert undone.roster.district_id == done.roster.district_id is not None
    assert "Leo Marsh" not in await oak.people()


async def test_an_admin_is_told_nothing_of_what_another_school_imported(
    offices: tuple[Office, Office],
) -> None:
    maple, oak = offices
    there = await oak.imports([NIA])

    def handed_over(uow: UnitOfWork) -> exports.Export:
        ada, nia = uow.people.by_account(ADA.account), uow.people.by_email(NIA[0])
        school = uow.schools.by_id(mine.roster.school_id)
        assert ada is not None
        assert nia is not None
        assert school is not None
        members.activate(uow, school.id, nia.id, "Viewer", by=None)
        held = exports.own(uow, nia)
        assert [one["import_id"] for one in held["rosters"]] == [there.roster.id]
        return exports.of_member(uow, Actor(ADA, ada), school, nia.id)

    mine = await maple.imports([LEO])
    held = await maple.door.database.run(handed_over)
    assert held["rosters"] == []
    assert there.roster.school_id not in str(held)


async def _switch_off(office: Office, email: str) -> None:
    """Deactivate a person, as the district's identity provider does."""

    def unit(uow: UnitOfWork) -> None:
        district, person = uow.districts.by_name("North"), uow.people.by_email(email)
        assert district is not None
        assert person is not None
        account = Account(person.id, district.id, person.id, email, uow.now, uow.now)
        assert uow.scim_users.add(account)
        switching.deactivate(uow, tokens.acting_for(district.id), account)

    await office.door.database.run(unit)


async def test_an_import_adds_nobody_whom_scim_switched_off(
    offices: tuple[Office, Office],
) -> None:
    maple, oak = offices
    office = await _district(offices)
    await oak.imports([NIA])
    plan = await maple.planned([LEO])
    both = await office.planned([(*NIA, "Maple"), LEO], whole_district=True)
    assert (await office.what(both))["nia"] == (StepKind.ADD, None)
    await _switch_off(oak, NIA[0])
    heard(await oak.door.says("omar", "/member remove person:nia@example.org school:Oak"))
    assert await maple.what(await maple.planned([NIA])) == {"nia": (StepKind.KEEP, StepReason.DEACTIVATED)}
    assert await maple.what(await maple.planned([NIA], move=True)) == {
        "nia": (StepKind.KEEP, StepReason.DEACTIVATED)
    }
    fresh = await office.apply(both)
    assert isinstance(fresh, Planned)
    assert fresh.stale
    assert (await office.what(fresh))["nia"] == (StepKind.KEEP, StepReason.DEACTIVATED)
    assert isinstance(await maple.apply(plan), View)


async def test_people_of_another_districts_scim_are_strangers(offices: tuple[Office, Office]) -> None:
    maple, _ = offices

    def unit(uow: UnitOfWork) -> None:
        for name, email in (("South", NIA[0]), ("North", LEO[0])):
            district = uow.districts.by_name(name)
            if district is None:
                district = District(new_id(uow.now), name, uow.now)
                uow.districts.add(district)
            users.create(uow, tokens.acting_for(district.id), Wanted(email, None, "Their", "Name"))

    await maple.door.database.run(unit)
    found = await maple.plan([NIA, LEO])
    assert isinstance(found, Faulty)
    assert [(one.place, one.problem) for one in found.errors] == [(2, Problem.KNOWN_ELSEWHERE)]
    await maple.imports([NIA, LEO], move=True)
    assert (await maple.details(NIA[0])).full_name == "Their Name"
    assert (await maple.details(LEO[0])).full_name == "Leo Marsh"


async def test_undoing_does_not_bring_back_people_whom_scim_switched_off(
    offices: tuple[Office, Office],
) -> None:
    maple, _ = offices
    await maple.imports([NIA, LEO])
    done = await maple.imports([LEO], missing=Missing.REMOVE)
    await _switch_off(maple, NIA[0])
    undone = await maple.undo(done)
    assert undone.counts == {(StepKind.KEEP, StepReason.DEACTIVATED): 1}
    assert sorted(await maple.people()) == ["Ada", "Leo Marsh"]


async def test_several_rows_about_one_person_name_several_schools(offices: tuple[Office, Office]) -> None:
    maple, oak = offices
    office = await _district(offices)
    await office.imports([(*NIA, "Maple", "Teacher"), (*NIA, "Oak", "Staff")], whole_district=True)
    assert (await maple.people())["Nia Okafor"] == ("active", ("Teacher",))
    assert (await oak.people())["Nia Okafor"] == ("active", ("Staff",))
    for rows, problem in (
        ([(*NIA, "Maple"), (*NIA, "Maple")], Problem.TWICE),
        ([(*NIA, "Maple"), (*NIA, "Oak"), (*NIA, "Oak; Maple")], Problem.TWICE),
        ([(*NIA, "Maple"), ("nia@example.org", "Nia", "Eze", "Oak")], Problem.OTHERWISE),
        ([(*NIA, "Elm")], Problem.UNKNOWN_SCHOOL),
    ):
        found = await office.plan(rows, whole_district=True)
        assert isinstance(found, Faulty)
        assert {one.problem for one in found.errors} == {problem}
    found = await maple.plan([(*NIA, "Oak")])
    assert isinstance(found, Faulty)


async def test_a_role_above_the_ceiling_is_an_error_where_it_would_be_given(
    offices: tuple[Office, Office],
) -> None:
    maple, _ = offices
    await maple.door.says(
        "ada",
        "/role create name:Clerk permissions:roster.import,member.create,role.grant,member.read,member.edit",
    )
    clerk = "/member create email:clerk@example.org first_name:Cleo last_name:Marsh roles:Clerk"
    assert "Cleo" in heard(await maple.door.says("ada", clerk))
    await maple.imports([NIA, (*LEO, "", "School Admin")])
    person = await maple.door.database.read(lambda uow: uow.people.by_email("clerk@example.org"))
    assert person is not None
    account = caller("cleo").account
    await maple.door.database.run(lambda uow: uow.accounts.link(account, person.id, uow.now))
    office = Office(maple.door, "cleo")
    same = await office.planned([(*LEO, "", "School Admin"), NIA])
    assert same.empty
    for row in ((*NIA, "", "School Admin"), ("new@example.org", "New", "One", "", "School Admin")):
        found = await office.plan([row])
        assert isinstance(found, Faulty)
        assert [one.problem for one in found.errors] == [Problem.ABOVE_CEILING]
    above = await office.planned([("leo@example.org", "Leon", "Marsh"), (*NIA, "", "Clerk")])
    assert await office.what(above) == {
        "leo": (StepKind.KEEP, StepReason.ABOVE),
        "nia": (StepKind.CHANGE, None),
    }


async def test_oneself_and_the_primary_admin_are_never_touched(offices: tuple[Office, Office]) -> None:
    maple, _ = offices
    await maple.imports([(*NIA, "", "School Admin")])
    for name, email in (("ada", "ada@example.org"), ("nia okafor", "nia@example.org")):
        line = f'/member edit person:"{name}" email:{email} first_name:{name[:3]} last_name:X'
        await maple.door.says("ada", line)
    person = await maple.door.database.read(lambda uow: uow.people.by_email("nia@example.org"))
    assert person is not None
    await maple.door.database.run(lambda uow: uow.accounts.link(caller("nia").account, person.id, uow.now))
    office = Office(maple.door, "nia")
    before = await office.people()
    rows = [("ada@example.org", "Eve", "Y", "", "Viewer"), ("nia@example.org", "Eve", "Z", "", "Viewer")]
    plan = await office.planned(rows)
    assert await office.what(plan) == {
        "ada": (StepKind.KEEP, StepReason.PRIMARY),
        "nia": (StepKind.KEEP, StepReason.OWN),
    }
    gone = await office.planned([LEO], missing=Missing.REMOVE)
    assert {(one.kind, one.why) for one in await office.steps(gone)} == {
        (StepKind.ADD, None),
        (StepKind.KEEP, StepReason.PRIMARY),
        (StepKind.KEEP, StepReason.OWN),
    }
    await office.apply(plan)
    assert await office.people() == before


async def test_details_change_only_where_one_edits_in_all_their_schools(
    offices: tuple[Office, Office],
) -> None:
    maple, oak = offices
    await oak.imports([NIA])
    person = await maple.door.database.read(lambda uow: uow.people.by_email(NIA[0]))
    assert person is not None
    school = next(one for one in await _schools(maple) if one.name == "Maple")

    def joins(uow: UnitOfWork) -> None:
        kept = Membership(new_id(uow.now), school.id, person.id, Standing.ACTIVE, uow.now)
        assert uow.members.add(kept)

    await maple.door.database.run(joins)
    rows = [("nia@example.org", "Nia", "Eze", "", "Staff")]
    plan = await maple.planned(rows, move=True)
    assert await maple.what(plan) == {"nia": (StepKind.CHANGE, StepReason.DETAILS)}
    await maple.apply(plan)
    assert (await maple.people())["Nia Okafor"] == ("active", ("Staff",))
    again = await maple.planned(rows, move=True)
    assert await maple.what(again) == {"nia": (StepKind.KEEP, StepReason.DETAILS)}
    both = await (await _district(offices)).planned(rows)
    assert await maple.what(both) == {"nia": (StepKind.CHANGE, None)}


async def _schools(office: Office) -> Sequence[School]:
    return await office.door.database.read(lambda uow: uow.schools.overseen(None, "", 9))


async def test_nobodys_person_comes_in_as_the_table_says(offices: tuple[Office, Office]) -> None:
    maple, oak = offices
    done = await oak.imports([(*NIA, "", "", "Art", "9", "Q", "77")], invite=True)
    await oak.undo(done)
    plan = await maple.planned([("nia@example.org", "Nia", "Eze")])
    assert await maple.what(plan) == {"nia": (StepKind.ADD, None)}
    (step,) = await maple.steps(plan)
    assert step.before == RosterDetails()
    await maple.apply(plan)
    known = await maple.details("nia@example.org")
    assert (known.last_name, known.content_areas, known.grade_levels) == ("Eze", "", "")
    assert (known.middle_initial, known.educator_id) == ("", "")


async def test_details_of_whoever_is_above_somewhere_stay(offices: tuple[Office, Office]) -> None:
    maple, _ = offices
    await maple.imports([NIA])
    person = await maple.door.database.read(lambda uow: uow.people.by_email(NIA[0]))
    assert person is not None

    def unit(uow: UnitOfWork) -> None:
        district = uow.districts.by_name("North")
        assert district is not None
        uow.districts.assign(person.id, "District User", district.id, by=None, at=uow.now)

    await maple.door.database.run(unit)
    plan = await maple.planned([("nia@example.org", "Nia", "Eze")])
    assert await maple.what(plan) == {"nia": (StepKind.KEEP, StepReason.DETAILS)}

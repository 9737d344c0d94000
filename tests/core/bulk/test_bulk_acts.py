"""Each bulk act: what is logged, planned and stored, and to whom it is not done."""

from functools import partial
from textwrap import dedent

import pytest

from bot.core.bulk import planning as bulk
from bot.core.bulk import views as bulk_views
from bot.core.bulk.acts import Act
from bot.core.bulk.planning import BulkRequest, Item, ItemState, Job, JobState, Planned
from bot.core.bulk.reasons import KeptOutReason
from bot.core.errors import BadValue
from bot.core.people import members
from bot.core.people.holdings import RecordKind
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Caller, Person
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.core.bulk.test_bulk import ADA, oak_and_elm, people, planned, schools_of, sheet
from tests.core.bulk.test_bulk_meanwhile import OAK
from tests.core.door import Door, actions_in, as_, heard, maple
from tests.core.logged import Log
from tests.storage import build
from tests.world import caller

# They are the rules' own; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


def schools(uow: UnitOfWork) -> dict[str, School]:
    """Find the schools of the place by name."""
    place = ADA.workspace
    assert place is not None
    return {one.name: one for one in uow.schools.linked_to(place)}


def plan(
    uow: UnitOfWork, who: Caller | str, act: Act, text: str = "", *, into: tuple[str, ...] = ()
) -> Planned:
    """Plan for the people of Maple Grove who are called so."""
    known = schools(uow)
    named = tuple(known[one].id for one in into)
    wish = BulkRequest(act, PeopleFilter(known["Maple Grove"].id, text=text), named)
    actor, maple = as_(uow, who), known["Maple Grove"]
    return bulk.store_plan(uow, actor, maple, bulk.make_plan(uow, actor, maple, wish))


def whys(found: Planned) -> dict[KeptOutReason, int]:
    return dict(found.plan.kept)


async def items(door: Door, job: str) -> list[Item]:
    return list(await door.database.read(lambda uow: uow.bulk.items(job, None, after=0, limit=99)))


async def job_of(door: Door, job_id: str) -> Job:
    return await door.database.read(lambda uow: bulk.find(uow, job_id))


async def test_the_log_tells_the_act_its_number_and_what_it_undoes(door: Door) -> None:
    await oak_and_elm(door)
    log = Log(door)
    await log.fresh()
    job = await planned(door, f"{OAK}p000")
    for command in ("bulk apply", "bulk undo"):
        assert not (await door.clicks(ADA, command, job=job)).refused
    assert await log.fresh() == dedent("""\
        Ada (web, Maple Grove) bulk.applied bulk_job:#1
          - -> act=organizations, people=2
        Ada (web, Maple Grove) member.removed person:P000 Many
          standing=active, access=ok -> -
        Ada (web, Oak Hill) member.added person:P000 Many
          - -> roles=['Viewer']
        Ada (web, Maple Grove) bulk.undone bulk_job:#2
          - -> act=put back, people=2, undoes=#1
        Ada (web, Maple Grove) member.added person:P000 Many
          - -> roles=['Staff']
        Ada (web, Oak Hill) member.removed person:P000 Many
          standing=active, access=ok -> -
        """)


@pytest.mark.parametrize("undoes", [False, True])
async def test_the_actor_is_recorded_as_giving_the_roles_of_a_bulk_job(door: Door, *, undoes: bool) -> None:
    """Root is known by the settings alone, and becomes somebody by doing it, or undoing it."""
    await oak_and_elm(door)
    await door.says(ADA, '/member roles person:"P000 Many" roles:"School Admin,Staff" school:"Maple Grove"')
    job = await planned(door, f"{OAK}p000")

    async def given() -> list[tuple[object, object]]:
        def unit(uow: UnitOfWork) -> list[tuple[object, object]]:
            known = {one.id: name for name, one in schools(uow).items()}
            rows = uow.holdings.records(RecordKind.GRANTS, as_(uow, "root").known_person.id)
            return sorted((known[str(one["scope_id"])], str(one["role"])) for one in rows)

        return await door.database.read(unit)

    await door.clicks(ADA if undoes else "root", "bulk apply", job=job)
    if not undoes:
        assert await given() == [("Oak Hill", "Viewer")]
    came, left = [one.made.split("\n") for one in await items(door, job)]
    assert (came[1:], left) == (["Viewer"], ["School Admin", "Staff"])
    await door.clicks("root" if undoes else ADA, "bulk undo", job=job)
    if undoes:
        assert await given() == [("Maple Grove", "School Admin"), ("Maple Grove", "Staff")]
    assert await schools_of(door, "P000") == {"Maple Grove": "School Admin, Staff"}


async def test_what_undoes_a_job_is_a_job_that_was_never_a_plan(door: Door) -> None:
    await maple(door)
    await people(door, 2)
    job = await planned(door, "/bulk plan act:archive search:many")
    await door.clicks(ADA, "bulk apply", job=job)
    applied, (first, second) = await job_of(door, job), await items(door, job)
    assert (first.before, first.place, second.place) == ("listed", 1, 2)
    assert [first.made, second.made] == [one.id for one in (await door.audit_entries())[-2:]]
    await door.clicks(ADA, "bulk undo", job=job)
    back = await door.database.read(lambda uow: uow.bulk.undone_by(job))
    assert back is not None
    assert back == replace(
        applied,
        id=back.id,
        act=Act.RESTORE,
        wanted="",
        digest="",
        created_at=door.clock.now(),
        undoes=job,
        state=JobState.DONE,
    )
    assert (applied.state, applied.front) == (JobState.DONE, "web")
    assert [(one.place, one.person_id) for one in await items(door, back.id)] == [
        (1, second.person_id),
        (2, first.person_id),
    ], "the last first"


async def test_a_plan_is_fresh_and_stays_beside_another_and_a_stale_one_says_so(door: Door) -> None:
    await maple(door)
    await people(door, 1)
    first = await door.says(ADA, "/bulk plan act:archive search:many")
    second = await door.says(ADA, "/bulk plan act:suspend search:many")
    assert "Things have changed" not in heard(first) + heard(second)
    jobs = [actions_in(one)["Apply"].values["job"] for one in (first, second)]
    assert not (await door.clicks(ADA, "bulk apply", job=jobs[1])).refused
    await door.says(ADA, '/member archive "P000 Many"')
    told = heard(await door.clicks(ADA, "bulk apply", job=jobs[0]))
    assert "Things have changed" in told
    assert "there is nobody" in told


async def test_exactly_as_many_as_fit_can_be_planned(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    await oak_and_elm(door)

    def unit(most: int, act: Act, uow: UnitOfWork) -> int:
        monkeypatch.setattr(bulk, "MOST_ITEMS", most)
        into = ("Oak Hill",) if act is Act.ORGANIZE else ()
        return len(plan(uow, ADA, act, "many", into=into).plan.items)

    for most, act, option in ((2, Act.SUSPEND, "search"), (4, Act.ORGANIZE, "schools")):
        assert await door.database.run(partial(unit, most, act)) == most
        with pytest.raises(BadValue) as refused:
            await door.database.run(partial(unit, most - 1, act))
        assert refused.value.option == option


async def test_what_ends_is_what_is_open_in_the_school_that_it_is_about(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, '/school create "Oak Hill" approval:automatic')
    await door.says(ADA, '/invite create role:"School Admin" school:"Oak Hill"')
    (oak,) = await door.invitations_of("Oak Hill")
    await door.says("omar", f"/join {oak.code}")
    for school in ("Maple Grove", "Oak Hill", "Oak Hill"):
        await door.says("omar", f'/invite create school:"{school}"')
    found = await door.database.run(lambda uow: plan(uow, ADA, Act.SUSPEND, "omar"))
    assert found.plan.invitations_ended == 1
    none = await door.database.run(lambda uow: plan(uow, ADA, Act.ARCHIVE, "ada"))
    assert (none.plan.invitations_ended, none.job) == (0, None)


async def test_the_state_of_people_left_out_is_not_told(door: Door) -> None:
    await maple(door)
    found = await door.database.run(lambda uow: plan(uow, ADA, Act.SUSPEND))
    kept = [one for one in found.plan.items if one.state is ItemState.KEPT]
    assert [(one.why, one.before, one.made) for one in kept] == [(KeptOutReason.OWN, "", "")]


async def test_people_above_the_actor_are_neither_moved_nor_invited(door: Door) -> None:
    """Dora rules the district; Bo, who has no account yet, is an admin; Omar may do a clerk's work."""
    await oak_and_elm(door)
    await door.says("root", "/district create North")
    for school in ("Maple Grove", "Oak Hill"):
        await door.says("root", f'/school move school:"{school}" district:North')
    (open_one, *_) = await door.invitations_of("Maple Grove")
    await door.says("dora", f"/join {open_one.code}")
    await door.says("root", '/district grant person:dora role:"District Admin" district:North')
    found = await door.database.run(lambda uow: plan(uow, ADA, Act.ORGANIZE, "dora", into=("Oak Hill",)))
    assert whys(found) == {KeptOutReason.ABOVE: 2}
    line = "/member create email:bo@example.org first_name:Bo last_name:Berg"
    await door.says(ADA, f'{line} roles:"School Admin" school:"Maple Grove"')
    await door.says(
        ADA,
        '/role create name:Clerk permissions:invitation.create,role.grant,member.read school:"Maple Grove"',
    )
    await door.says(ADA, '/member roles person:omar roles:Clerk school:"Maple Grove"')
    invited = await door.database.run(lambda uow: plan(uow, "omar", Act.INVITE, "berg"))
    assert whys(invited) == {KeptOutReason.ABOVE: 1}


async def _unlisted(door: Door) -> str:
    """Let Zoe be in the list by name alone, as Staff; return her id."""

    def unit(uow: UnitOfWork) -> str:
        school, zoe = schools(uow)["Maple Grove"], Person(build.fresh_id(), "Zoe Many")
        uow.people.add_unlinked(zoe)
        assert members.activate(uow, school.id, zoe.id, "Staff", by=None)
        return zoe.id

    return await door.database.run(unit)


async def test_people_without_an_address_are_invited_but_not_written_to(door: Door) -> None:
    await maple(door, invite=None)
    await people(door, 1)
    zoe = await _unlisted(door)
    await door.says("root", "/system edit mails_a_day:1")
    job = await planned(door, "/bulk plan act:invite search:many")
    assert "2 people of Maple Grove invited" in heard(await door.clicks(ADA, "bulk apply", job=job))
    made = {one.to.name: one for one in await door.invitations() if one.to}
    hers, other = made["Zoe Many"], made["P000 Many"]
    assert hers.to is not None
    assert other.to is not None
    assert (hers.to.person_id, hers.role, hers.to.sent_at, hers.to.send_at) == (zoe, "Staff", None, None)
    assert (other.role, other.to.send_at) == ("Viewer", door.clock.now())
    assert set(await door.members()) == {"Ada", "Omar", "P000 Many", "Zoe Many"}


async def test_what_others_did_first_is_nothing_to_undo(door: Door) -> None:
    """Of three who were invited one has come, one's invitation is revoked already, and one's is not."""
    await maple(door, invite=None)
    await people(door, 3)
    job = await planned(door, "/bulk plan act:invite search:many")
    await door.clicks(ADA, "bulk apply", job=job)
    made = {one.to.name: one for one in await door.invitations() if one.to}
    await door.clicks(ADA, "invite revoke", invitation=made["P001 Many"].id)
    log = Log(door)
    await log.fresh()
    undone = heard(await door.clicks(ADA, "bulk undo", job=job))
    assert "Nothing to change\n1" in undone
    assert (await log.fresh()).count("invitation.revoked") == 2


async def test_the_file_names_each_school_and_nobody_who_is_not_there_any_more(door: Door) -> None:
    await oak_and_elm(door)
    job = await planned(door, f"{OAK}p001")
    await door.clicks(ADA, "bulk apply", job=job)
    assert (await sheet(door, "ada", job))["p1@example.org"]["school"] in {"Oak Hill", "Maple Grove"}

    def gone(uow: UnitOfWork) -> list[tuple[str, str]]:
        done, (one, *_) = bulk.find(uow, job), uow.bulk.items(job, None, after=0, limit=1)
        nobody = replace(one, place=9, person_id=build.fresh_id())
        uow.bulk.add(done, [nobody])
        found = bulk_views.entries(uow, as_(uow, ADA), done)
        return sorted((one.name, one.school) for one in found)

    assert await door.database.run(gone) == [
        ("", "Oak Hill"),
        ("P001 Many", "Maple Grove"),
        ("P001 Many", "Oak Hill"),
    ]


async def test_a_plan_for_a_whole_district_is_applied_as_it_was_shown(door: Door) -> None:
    await maple(door)
    await people(door, 1)
    await door.says("root", "/district create North")
    await door.says("root", '/school move school:"Maple Grove" district:North')
    line = '/bulk plan act:archive search:many view:"district users" school:"Maple Grove"'
    reply = await door.says("root", line)
    job = actions_in(reply)["Apply"].values["job"]
    assert "archived" in heard(await door.clicks("root", "bulk apply", job=job))
    (one,) = await items(door, job)
    assert one.state is ItemState.DONE


async def test_one_of_another_school_is_not_listed_for_whoever_may_not_read_there(door: Door) -> None:
    await oak_and_elm(door)
    job = await planned(door, f"{OAK}p001")
    await door.clicks(ADA, "bulk apply", job=job)

    def seen(uow: UnitOfWork) -> list[str]:
        found = bulk_views.entries(uow, as_(uow, caller("omar")), bulk.find(uow, job))
        return [one.school for one in found]

    assert await door.database.read(seen) == ["Maple Grove"]

"""Bulk work: planning, applying, continuing and undoing it, and whom it leaves out."""

from collections import Counter
from datetime import timedelta

import pytest

from bot.core.bulk import planning as bulk
from bot.core.bulk import work as bulk_work
from bot.core.bulk.planning import MOST_ITEMS
from bot.core.bulk.work import CHUNK
from bot.core.ids import grouped
from bot.core.invitations.addressees import Way
from bot.core.invitations.invitations import InvitationState
from bot.core.people import members
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.jobs.bulk import LEASE, BulkWorker
from tests.core.door import Door, actions_in, heard, maple, table_in
from tests.core.invited import signed_in
from tests.world import caller

ADA = caller("ada", administers=True)


async def people(door: Door, number: int) -> None:
    """Add this many people."""
    for place in range(number):
        line = f"/member create email:p{place}@example.org first_name:P{place:03} last_name:Many"
        await door.says(ADA, line)


async def planned(door: Door, line: str) -> str:
    """Plan as Ada; return the job."""
    return actions_in(await door.says(ADA, line))["Apply"].values["job"]


async def archived(door: Door) -> int:
    said = heard(await door.says(ADA, "/member list status:archived"))
    return 0 if "Nobody" in said else int(said.split("\n")[1].split()[0])


async def test_each_change_has_its_own_entry_and_undo_brings_back_exactly_those(door: Door) -> None:
    await maple(door)
    await people(door, 3)
    await door.says(ADA, '/member archive "P002 Many"')
    job = await planned(door, "/bulk plan act:archive search:many")
    before = await door.audited()
    assert "2 people of Maple Grove archived" in heard(await door.clicks(ADA, "bulk apply", job=job))
    assert (await door.audited())[len(before) :] == ["bulk.applied", "member.archived", "member.archived"]
    await door.says(ADA, '/member restore "P001 Many"')
    undone = await door.clicks(ADA, "bulk undo", job=job)
    assert "1 person of Maple Grove restored" in heard(undone)
    assert "Nothing to change\n1" in heard(undone)
    assert await archived(door) == 1
    again = await door.clicks(ADA, "bulk undo", job=job)
    assert heard(again) == heard(undone)
    assert "Undo" not in actions_in(again)


async def test_a_plan_changes_nobody_and_tells_who_is_kept_out_and_what_ends(door: Door) -> None:
    await maple(door, invite=None)
    await door.says("omar", "/invite create")
    await door.says("omar", "/invite create")
    before = await door.audited()
    said = heard(await door.says("omar", "/bulk plan act:suspend"))
    assert "there is nobody" in said
    assert "Yourself\n1" in said
    assert "Primary Admin\n1" in said
    said = heard(await door.says(ADA, "/bulk plan act:suspend"))
    assert "Suspend 1 person of Maple Grove?" in said
    assert "School Admin (1)" in said
    assert "Invitations that end for good\n2" in said
    assert await door.audited() == before


async def test_a_plan_whose_facts_changed_is_shown_anew_and_not_done(door: Door) -> None:
    await maple(door)
    await people(door, 2)
    job = await planned(door, "/bulk plan act:archive search:many")
    await door.says(ADA, "/member create email:new@example.org first_name:New last_name:Many")
    before = await door.audited()
    fresh = await door.clicks(ADA, "bulk apply", job=job)
    assert "Things have changed" in heard(fresh)
    assert "Archive 3 people" in heard(fresh)
    assert await door.audited() == before
    done = await door.clicks(ADA, "bulk apply", **actions_in(fresh)["Apply"].values)
    assert "3 people of Maple Grove archived" in heard(done)


async def test_a_second_click_changes_nothing(door: Door) -> None:
    await maple(door)
    await people(door, 2)
    job = await planned(door, "/bulk plan act:archive search:many")
    first = await door.clicks(ADA, "bulk apply", job=job)
    before = await door.tables()
    assert heard(await door.clicks(ADA, "bulk apply", job=job)) == heard(first)
    assert await door.tables() == before


async def test_work_that_is_too_long_for_one_answer_goes_on_after_a_crash(door: Door) -> None:
    await maple(door)
    await people(door, CHUNK + 5)
    job = await planned(door, "/bulk plan act:archive search:many")
    assert "under way" in heard(await door.clicks(ADA, "bulk apply", job=job))
    assert await archived(door) == 0
    assert await BulkWorker(door.database, door.clock).round()  # and this worker is gone
    assert await archived(door) == CHUNK
    another = BulkWorker(door.database, door.clock)
    assert not await another.round()  # the claim still holds
    door.clock.forward(LEASE + timedelta(seconds=1))
    assert await another.round()
    assert not await another.round()
    assert await archived(door) == CHUNK + 5
    assert (await door.audited()).count("member.archived") == CHUNK + 5
    assert f"{CHUNK + 5} people of Maple Grove archived" in heard(
        await door.clicks(ADA, "bulk show", job=job)
    )


async def test_a_worker_that_fails_in_a_chunk_leaves_nothing_of_it(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple(door)
    await people(door, CHUNK + 5)
    job = await planned(door, "/bulk plan act:archive search:many")
    await door.clicks(ADA, "bulk apply", job=job)

    def broken(*_: object) -> None:
        raise RuntimeError

    before = await door.tables()
    with monkeypatch.context() as patch:
        patch.setattr(bulk_work, "redraw_copies", broken)
        await BulkWorker(door.database, door.clock).round()
    after = await door.tables()
    assert {name for name, rows in after.items() if rows != before[name]} <= {"stuck", "stuck_things"}
    worker = BulkWorker(door.database, door.clock)
    assert not await worker.round(), "it is left alone for a while"
    door.clock.forward(timedelta(minutes=2))
    while await worker.round():
        pass
    assert await archived(door) == CHUNK + 5


async def test_rights_lost_in_the_middle_end_the_work(door: Door) -> None:
    await maple(door)
    await people(door, CHUNK + 5)
    reply = await door.says("omar", "/bulk plan act:archive search:many")
    job = actions_in(reply)["Apply"].values["job"]
    await door.clicks("omar", "bulk apply", job=job)
    worker = BulkWorker(door.database, door.clock)
    assert await worker.round()
    await door.says(ADA, "/member roles person:omar roles:Viewer")
    assert await worker.round()
    assert await archived(door) == CHUNK
    assert "Not yours to change\n5" in heard(await door.clicks(ADA, "bulk show", job=job))


async def test_undoing_does_not_let_in_people_barred_more_strictly_since(door: Door) -> None:
    await maple(door)
    await people(door, 2)
    await door.says(ADA, '/member suspend "P001 Many"')
    job = await planned(door, "/bulk plan act:deactivate search:many")
    await door.clicks(ADA, "bulk apply", job=job)
    undone = heard(await door.clicks(ADA, "bulk undo", job=job))
    assert "1 person of Maple Grove reactivated" in undone
    assert "Were suspended before, and stay deactivated\n1" in undone
    assert "Deactivated" in heard(await door.says(ADA, '/member show "P001 Many"'))


async def test_plans_that_nobody_applies_are_dropped(door: Door) -> None:
    await maple(door)
    await people(door, 1)
    job = await planned(door, "/bulk plan act:archive search:many")
    door.clock.forward(bulk.PLAN_KEPT + timedelta(seconds=1))
    await planned(door, "/bulk plan act:archive search:many")
    assert (await door.clicks(ADA, "bulk apply", job=job)).refused


async def test_what_was_searched_for_is_forgotten_when_it_is_applied(door: Door) -> None:
    await maple(door)
    await people(door, 1)
    job = await planned(door, "/bulk plan act:archive search:p0@example")
    await door.clicks(ADA, "bulk apply", job=job)
    stored = await door.database.read(lambda uow: uow.bulk.by_id(job))
    assert stored is not None
    assert stored.wanted == ""


async def test_more_than_one_unit_can_hold_is_refused(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    await maple(door)
    await people(door, 3)
    monkeypatch.setattr(bulk, "MOST_ITEMS", 2)
    reply = await door.says(ADA, "/bulk plan act:archive search:many")
    assert reply.refused
    assert "finds 3 people" in heard(reply)
    assert MOST_ITEMS > 2 * CHUNK


async def test_everyone_without_an_account_is_invited_once_and_undoing_spares_who_came(door: Door) -> None:
    await maple(door, invite=None)
    await people(door, 2)
    await door.says(ADA, "/member create email:x@example.org first_name:=1+1 last_name:Many")
    job = await planned(door, "/bulk plan act:invite")
    assert "3 people of Maple Grove invited" in heard(await door.clicks(ADA, "bulk apply", job=job))
    made = {one.to.name: one for one in await door.invitations() if one.to}
    assert set(made) == {"P000 Many", "P001 Many", "=1+1 Many"}
    assert {one.uses_allowed for one in made.values()} == {1}
    rows = await sheet(door, "ada", job)
    assert rows["p0@example.org"]["name"] == "P000 Many"
    assert rows["p0@example.org"]["code"] == grouped(made["P000 Many"].code)
    assert rows["p0@example.org"]["link"].endswith(made["P000 Many"].token)
    assert rows["x@example.org"]["name"] == "=1+1 Many"
    p0 = signed_in("p0", "p0@example.org")
    await door.clicks(p0, "invite accept", invitation=made["P000 Many"].token)
    undone = heard(await door.clicks(ADA, "bulk undo", job=job))
    assert "2 people of Maple Grove no longer invited" in undone
    assert "Nothing to change\n1" in undone
    assert not any(row["code"] for row in (await sheet(door, "ada", job)).values())


@pytest.mark.parametrize("longest", ["none", "7"])
async def test_what_was_prepared_is_sent_and_undoing_that_takes_it_back(door: Door, longest: str) -> None:
    await maple(door, invite=None)
    await door.says(ADA, f"/school limits longest_days:{longest}")
    await people(door, 2)
    await door.clicks(ADA, "bulk apply", job=await planned(door, '/bulk plan act:"invite later"'))
    made = {one.id for one in await door.invitations() if one.to}
    door.clock.forward(timedelta(days=2))
    job = await planned(door, '/bulk plan act:invite invited:"not sent"')
    assert "2 people of Maple Grove invited" in heard(await door.clicks(ADA, "bulk apply", job=job))
    found = {one.id: one.state(door.clock.now()) for one in await door.invitations() if one.to}
    assert found == dict.fromkeys(made, InvitationState.SCHEDULED)
    assert "Nothing to change\n2" in heard(await door.says(ADA, '/bulk plan act:invite invited:"scheduled"'))
    assert "2 people of Maple Grove no longer invited" in heard(await door.clicks(ADA, "bulk undo", job=job))


async def test_an_expired_invitee_is_invited_to_the_same_again(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(
        ADA, "/invite person to:nia@example.org name:Nia roles:Staff,Observer expires:3d note:Hello"
    )
    (first, *_) = [one for one in await door.invitations() if one.to]
    await door.clicks(ADA, "invite send", invitation=first.id)
    door.clock.forward(timedelta(days=3))
    await door.says(ADA, "/school limits longest_days:1 most_open:none")
    assert "Apply" not in actions_in(await door.says(ADA, "/bulk plan act:invite invited:expired"))
    await door.says(ADA, "/school limits longest_days:none")
    job = await planned(door, "/bulk plan act:invite invited:expired")
    assert "1 person of Maple Grove invited" in heard(await door.clicks(ADA, "bulk apply", job=job))
    (again,) = [one for one in await door.invitations() if one.to and one.id != first.id]
    assert again.to is not None
    assert (again.to.email, again.note, again.expires_at) == (
        "nia@example.org",
        "Hello",
        door.clock.now() + timedelta(days=3),
    )
    grants = await door.database.read(lambda uow: uow.addressed.grants(again.id))
    assert {one.role for one in grants} == {"Staff", "Observer"}
    assert again.state(door.clock.now()) is InvitationState.SCHEDULED
    assert "1 person of Maple Grove no longer invited" in heard(await door.clicks(ADA, "bulk undo", job=job))
    assert "Apply" not in heard(await door.says(ADA, "/bulk plan act:invite")), "what was taken back stays so"


async def test_codes_are_shown_to_those_alone_who_may_see_codes(door: Door) -> None:
    await maple(door, invite=None)
    await people(door, 1)
    job = await planned(door, "/bulk plan act:invite")
    await door.clicks(ADA, "bulk apply", job=job)
    await door.says(ADA, "/role create name:Reader permissions:member.read")
    await door.says(ADA, "/member roles person:omar roles:Reader")
    assert not (await sheet(door, "omar", job))["p0@example.org"]["code"]
    code = (await sheet(door, "ada", job))["p0@example.org"]["code"]
    assert code
    await door.says(ADA, "/role create name:Keeper permissions:member.read,invitation.view_secret")
    await door.says(ADA, "/member roles person:omar roles:Keeper")
    assert (await sheet(door, "omar", job))["p0@example.org"]["code"] == code, "it gives no more than he has"


async def sheet(door: Door, who: str, job: str) -> dict[str, dict[str, str]]:
    """Read the spreadsheet of a job, by e-mail address."""
    reply = await door.clicks(caller(who, administers=who == "ada"), "bulk who", job=job)
    return {row.get("e-mail", ""): {"code": "", **row} for row in table_in(reply)}


async def schools_of(door: Door, name: str) -> dict[str, str]:
    """Return the schools of a person, with the roles there."""

    def unit(uow: UnitOfWork) -> dict[str, str]:
        found = {}
        for school in uow.schools.linked_to(WorkspaceKey(Platform.WEB, "playground")):
            for one in uow.members.listed(PeopleFilter(school.id, text=name), after=None, limit=2):
                found[school.name] = ", ".join(one.roles)
        return found

    return await door.database.read(unit)


async def oak_and_elm(door: Door) -> None:
    """Besides Maple Grove, Ada heads Oak Hill; Elm Park is Eve's."""
    await maple(door)
    await people(door, 2)
    await door.says(ADA, '/member roles person:"P000 Many" roles:Staff')
    await door.says(ADA, '/school create "Oak Hill"')
    await door.says(caller("eve", administers=True), '/school create "Elm Park"')


async def test_schools_within_reach_are_replaced_and_put_back_with_their_roles(door: Door) -> None:
    await oak_and_elm(door)
    plan = '/bulk plan act:"replace organizations" schools:"oak hill" search:many school:"Maple Grove"'
    reply = await door.says(ADA, plan)
    said = heard(reply)
    assert "Replace the schools of 2 people of Maple Grove?" in said
    assert "Join a school\n2" in said
    assert "Leave a school\n2" in said
    assert "Staff (1), Viewer (1)" in said
    job = actions_in(reply)["Apply"].values["job"]
    before = await door.audited()
    assert "4 memberships changed" in heard(await door.clicks(ADA, "bulk apply", job=job))
    done = Counter(await door.audited()) - Counter(before)
    assert done == {"bulk.applied": 1, "member.added": 2, "member.removed": 2}
    assert await schools_of(door, "P000") == {"Oak Hill": "Viewer"}
    assert "4 memberships changed" in heard(await door.clicks(ADA, "bulk undo", job=job))
    assert await schools_of(door, "P000") == {"Maple Grove": "Staff"}
    assert await schools_of(door, "P001") == {"Maple Grove": "Viewer"}


async def test_memberships_out_of_reach_are_neither_touched_nor_counted(door: Door) -> None:
    await oak_and_elm(door)
    eve = caller("eve", administers=True)
    await door.says(eve, '/invite create school:"Elm Park"')

    def elsewhere(uow: UnitOfWork) -> None:
        schools = {one.name: one for one in uow.schools.linked_to(WorkspaceKey(Platform.WEB, "playground"))}
        wanted = PeopleFilter(schools["Maple Grove"].id, text="P000")
        (one,) = uow.members.listed(wanted, after=None, limit=2)
        members.activate(uow, schools["Elm Park"].id, one.membership.person_id, "Viewer", by=None)

    await door.database.run(elsewhere)
    plan = (
        '/bulk plan act:"replace organizations" schools:"oak hill,maple grove" school:"Maple Grove" search:p0'
    )
    reply = await door.says(ADA, f"{plan}00")
    assert "Join a school\n1" in heard(reply)
    assert "Leave a school" not in heard(reply)
    assert "Nothing to change\n1" in heard(reply)
    await door.clicks(ADA, "bulk apply", **actions_in(reply)["Apply"].values)
    assert set(await schools_of(door, "P000")) == {"Elm Park", "Oak Hill", "Maple Grove"}
    said = heard(await door.says(ADA, f"{plan}01".replace("oak hill", "elm park")))
    assert "You may not add people" in said


async def test_memberships_in_archived_schools_are_neither_touched_nor_counted(door: Door) -> None:
    await oak_and_elm(door)
    await door.says(
        ADA, '/member edit person:"P000 Many" schools:"Maple Grove, Oak Hill" school:"Maple Grove"'
    )
    await door.says("root", '/school archive school:"Oak Hill"')
    plan = '/bulk plan act:"replace organizations" schools:"elm park" search:p000 school:"Maple Grove"'
    reply = await door.says("root", plan)
    assert "Leave a school\n1" in heard(reply)
    job = actions_in(reply)["Apply"].values["job"]
    await door.clicks("root", "bulk apply", job=job)
    await door.says("root", '/school restore "Oak Hill"')
    assert await schools_of(door, "P000") == {"Elm Park": "Viewer", "Oak Hill": "Viewer"}
    await door.clicks("root", "bulk undo", job=job)
    assert await schools_of(door, "P000") == {"Maple Grove": "Staff", "Oak Hill": "Viewer"}


@pytest.mark.parametrize(
    ("before", "act", "done"),
    [
        ("", "suspend", "suspended"),
        ("suspend", "reinstate", "reinstated"),
        ("", "deactivate", "deactivated"),
        ("deactivate", "reactivate", "reactivated"),
        ("", "archive", "archived"),
        ("archive", "restore", "restored"),
    ],
)
async def test_every_verb_of_the_table_is_applied_and_undone(
    door: Door, before: str, act: str, done: str
) -> None:
    await maple(door)
    await people(door, 2)
    if before:
        job = await planned(door, f"/bulk plan act:{before} search:many")
        await door.clicks(ADA, "bulk apply", job=job)
    shown = heard(await door.says(ADA, '/member show "P001 Many"'))
    job = await planned(door, f"/bulk plan act:{act} search:many")
    assert f"2 people of Maple Grove {done}" in heard(await door.clicks(ADA, "bulk apply", job=job))
    assert heard(await door.says(ADA, '/member show "P001 Many"')) != shown
    assert "2 people of Maple Grove" in heard(await door.clicks(ADA, "bulk undo", job=job))
    assert heard(await door.says(ADA, '/member show "P001 Many"')) == shown


async def test_an_invitation_in_a_chat_that_has_expired_is_repeated_in_that_chat(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person to:<@leo> name:Leo expires:3d")
    (first, *_) = [one for one in await door.invitations() if one.to]
    await door.clicks(ADA, "invite send", invitation=first.id)
    door.clock.forward(timedelta(days=3))
    job = await planned(door, "/bulk plan act:invite invited:expired")
    assert "1 person of Maple Grove invited" in heard(await door.clicks(ADA, "bulk apply", job=job))
    (again,) = [one for one in await door.invitations() if one.to and one.id != first.id]
    assert again.to is not None
    assert again.to.way is Way.DM

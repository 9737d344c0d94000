"""Bulk work while people leave, join or are invited between the plan and its application."""

import pytest

from bot.core.bulk import planning as bulk
from bot.core.bulk import work as bulk_work
from bot.core.bulk.reasons import KeptOutReason
from bot.core.bulk.views import view
from bot.core.errors import NotFound
from bot.core.ids import new_id
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.values import replace
from bot.jobs.bulk import LEASE, BulkWorker
from tests.core.bulk.test_bulk import ADA, oak_and_elm, people, planned, schools_of
from tests.core.door import Door, actions_in, heard, maple

OAK = '/bulk plan act:"replace organizations" schools:"oak hill" school:"Maple Grove" search:'


async def work(door: Door) -> None:
    worker = BulkWorker(door.database, door.clock)
    while await worker.round():
        pass


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the worker do one person at a time, and the click none."""
    monkeypatch.setattr(bulk_work, "CHUNK", 1)


@pytest.mark.usefixtures("one_by_one")
async def test_people_who_left_meanwhile_are_not_invited(door: Door) -> None:
    await maple(door, invite=None)
    await people(door, 2)
    job = await planned(door, "/bulk plan act:invite search:many")
    assert "under way" in heard(await door.clicks(ADA, "bulk apply", job=job))
    await door.says(ADA, '/member remove "P001 Many"')
    await work(door)
    assert {one.to.name for one in await door.invitations() if one.to} == {"P000 Many"}
    assert "No longer a member\n1" in heard(await door.clicks(ADA, "bulk show", job=job))


async def test_invitations_for_later_are_made_and_nobody_is_written_to(door: Door) -> None:
    await maple(door, invite=None)
    await people(door, 1)
    job = await planned(door, '/bulk plan act:"invite later" search:many')
    assert not (await door.clicks(ADA, "bulk apply", job=job)).refused
    (made, *_) = await door.invitations()
    assert made.to is not None
    assert (made.to.send_at, made.to.sent_at) == (None, None)


async def test_pending_people_and_oneself_are_not_moved(door: Door) -> None:
    await oak_and_elm(door)
    await door.says(ADA, '/school edit approval:"by request" school:"Maple Grove"')
    await door.says("nia", f"/join {(await door.invitations_of('Maple Grove'))[0].code}")
    waiting = heard(await door.says(ADA, f"{OAK}nia"))
    assert "there is nobody this applies to" in waiting
    assert "Kept out, or not let in yet\n2" in waiting
    own = heard(await door.says(ADA, f"{OAK}ada"))
    assert "Yourself" in own


@pytest.mark.usefixtures("one_by_one")
async def test_people_whose_state_differs_from_the_plan_are_left_alone(door: Door) -> None:
    await maple(door)
    await people(door, 2)
    job = await planned(door, "/bulk plan act:deactivate search:many")
    await door.clicks(ADA, "bulk apply", job=job)
    await door.says(ADA, '/member suspend "P001 Many"')
    await work(door)
    told = heard(await door.clicks(ADA, "bulk show", job=job))
    assert "1 person of Maple Grove deactivated" in told
    assert "Changed in the meantime\n1" in told
    items = await door.database.read(lambda uow: uow.bulk.items(job, None, after=0, limit=9))
    assert [one.state for one in items] == [bulk.ItemState.DONE, bulk.ItemState.KEPT]
    assert "Suspended" in heard(await door.says(ADA, '/member show "P001 Many"'))


async def test_what_a_school_has_no_room_for_is_refused_whole(door: Door) -> None:
    await oak_and_elm(door)
    await door.says("root", "/system edit members_a_school:2")
    job = await planned(door, f"{OAK}many")
    stored = await door.known()
    assert "over the limit for members in this school, which is 2" in heard(
        await door.clicks(ADA, "bulk apply", job=job)
    )
    assert await door.known() == stored


@pytest.mark.usefixtures("one_by_one")
async def test_people_who_joined_meanwhile_are_not_added_again(door: Door) -> None:
    await oak_and_elm(door)
    reply = await door.says(ADA, f"{OAK}p00")
    await door.clicks(ADA, "bulk apply", **actions_in(reply)["Apply"].values)
    await door.says(
        ADA, '/member create email:p0@example.org first_name:P000 last_name:Many school:"Oak Hill"'
    )
    await work(door)
    assert (await schools_of(door, "P000")).keys() >= {"Oak Hill"}


async def test_people_who_join_at_that_moment_are_not_added_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await oak_and_elm(door)
    job = await planned(door, f"{OAK}p000")
    await door.database.read(lambda uow: monkeypatch.setattr(type(uow.members), "add", lambda *_: False))
    assert "Nothing to change\n1" in heard(await door.clicks(ADA, "bulk apply", job=job))


async def test_several_roles_are_put_back_with_the_school_where_they_were_had(door: Door) -> None:
    await oak_and_elm(door)
    await door.says(ADA, '/member roles person:"P000 Many" roles:"Staff, Observer" school:"Maple Grove"')
    job = await planned(door, f"{OAK}p000")
    await door.clicks(ADA, "bulk apply", job=job)
    assert await schools_of(door, "P000") == {"Oak Hill": "Viewer"}
    await door.clicks(ADA, "bulk undo", job=job)
    assert await schools_of(door, "P000") == {"Maple Grove": "Observer, Staff"}


async def test_undoing_a_move_leaves_people_with_other_roles_by_now(door: Door) -> None:
    await oak_and_elm(door)
    job = await planned(door, f"{OAK}many")
    await door.clicks(ADA, "bulk apply", job=job)
    await door.says(ADA, '/member roles person:"P000 Many" roles:"Staff" school:"Oak Hill"')
    told = heard(await door.clicks(ADA, "bulk undo", job=job))
    assert "Changed in the meantime\n1" in told
    assert (await schools_of(door, "P000"))["Oak Hill"] == "Staff"
    assert await schools_of(door, "P001") == {"Maple Grove": "Viewer"}


async def test_undoing_a_move_leaves_people_who_left_and_came_back(door: Door) -> None:
    await oak_and_elm(door)
    job = await planned(door, f"{OAK}p000")
    await door.clicks(ADA, "bulk apply", job=job)
    await door.says(ADA, '/member remove "P000 Many" school:"Oak Hill"')

    def again(uow: UnitOfWork) -> None:
        who = uow.people.by_email("p0@example.org")
        (oak,) = uow.schools.overseen(None, "Oak Hill", 1, whole=True)
        assert who is not None
        assert members.activate(uow, oak.id, who.id, "Viewer", by=None) is not None

    await door.database.run(again)
    assert "Changed in the meantime\n1" in heard(await door.clicks(ADA, "bulk undo", job=job))


@pytest.mark.parametrize(("counted", "told"), [(9, "finds 4 people"), (3, "finds more than 3 people")])
async def test_too_many_people_are_counted_as_far_as_anybody_waits(
    door: Door, monkeypatch: pytest.MonkeyPatch, counted: int, told: str
) -> None:
    await maple(door)
    for name in ("p0", "p1"):
        await door.says(name, f"/join {await door.code()}")
    monkeypatch.setattr(bulk, "MOST_ITEMS", 2)
    monkeypatch.setattr(bulk, "COUNT_LIMIT", counted)
    said = heard(await door.says(ADA, "/bulk plan act:suspend"))
    assert f"{told}; 2 are the most at once" in said


async def test_too_many_changes_in_all_are_refused(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    await oak_and_elm(door)
    monkeypatch.setattr(bulk, "MOST_ITEMS", 3)
    told = heard(await door.says(ADA, f"{OAK}many"))
    assert "make 4 changes; 3 are the most at once" in told


async def test_a_plan_that_is_started_dropped_or_taken_by_another_is_left_to_them(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple(door)
    await people(door, 2)
    job = await planned(door, "/bulk plan act:archive search:many")
    stored = await door.known()
    with monkeypatch.context() as faster:
        await door.database.read(lambda uow: faster.setattr(type(uow.bulk), "start", lambda *_, **__: False))
        assert not (await door.clicks(ADA, "bulk apply", job=job)).refused
        assert await door.known() == stored
    with pytest.raises(NotFound):
        await door.database.read(lambda uow: bulk.find(uow, "none"))


@pytest.mark.usefixtures("one_by_one")
async def test_a_job_that_another_worker_has_is_not_gone_on_with(door: Door) -> None:
    await maple(door)
    await people(door, 3)
    job = await planned(door, "/bulk plan act:archive search:many")
    await door.clicks(ADA, "bulk apply", job=job)

    def both(uow: UnitOfWork) -> int:
        bulk_work.go_on(uow, job, "mine", lease=LEASE)
        bulk_work.go_on(uow, job, "yours", lease=LEASE)
        return view(uow, bulk.find(uow, job)).number(bulk.ItemState.DONE)

    assert await door.database.run(both) == 1


async def _invited(door: Door) -> str:
    """Invite a person by bulk work; return the job's id."""
    await maple(door, invite=None)
    await people(door, 1)
    job = await planned(door, "/bulk plan act:invite search:many")
    await door.clicks(ADA, "bulk apply", job=job)
    return job


async def test_what_others_undid_first_is_not_undone_twice(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await _invited(door)
    stored = await door.audited()
    await door.database.read(lambda uow: monkeypatch.setattr(type(uow.bulk), "add", lambda *_: False))
    await door.clicks(ADA, "bulk undo", job=job)
    assert await door.audited() == stored


async def test_an_invitation_that_is_revoked_meanwhile_is_not_revoked_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await _invited(door)
    await door.database.read(
        lambda uow: monkeypatch.setattr(type(uow.invitations), "revoke", lambda *_, **__: False)
    )
    assert "Nothing to change\n1" in heard(await door.clicks(ADA, "bulk undo", job=job))


async def test_a_plan_that_cannot_be_read_any_more_is_none(door: Door) -> None:
    await maple(door)
    await people(door, 1)
    job = await planned(door, "/bulk plan act:archive search:many")

    def of_another_version(uow: UnitOfWork) -> None:
        old = bulk.find(uow, job)
        uow.bulk.add(replace(old, id=f"{job}x", wanted="?"), [])

    await door.database.run(of_another_version)
    assert "I cannot find that plan" in heard(await door.clicks(ADA, "bulk apply", job=f"{job}x"))


@pytest.mark.usefixtures("one_by_one")
async def test_a_full_school_keeps_the_rest_of_a_move_where_they_were(door: Door) -> None:
    await oak_and_elm(door)
    job = await planned(door, f"{OAK}many")
    await door.clicks(ADA, "bulk apply", job=job)
    await door.says("root", "/system edit members_a_school:2")
    await work(door)
    told = heard(await door.clicks(ADA, "bulk show", job=job))
    assert "2 memberships changed" in told
    assert "No room: a limit is reached\n2" in told
    assert await schools_of(door, "P000") == {"Oak Hill": "Viewer"}
    assert await schools_of(door, "P001") == {"Maple Grove": "Viewer"}


@pytest.mark.usefixtures("one_by_one")
async def test_undoing_a_move_leaves_people_for_whom_there_is_no_room(door: Door) -> None:
    await oak_and_elm(door)
    job = await planned(door, f"{OAK}p000")
    await door.clicks(ADA, "bulk apply", job=job)
    await work(door)
    undone = await door.clicks(ADA, "bulk undo", job=job)
    await door.says("root", "/system edit members_a_school:1")
    await work(door)
    back = actions_in(undone)["Look again"].values["job"]
    assert "No room: a limit is reached\n2" in heard(await door.clicks(ADA, "bulk show", job=back))
    assert await schools_of(door, "P000") == {"Oak Hill": "Viewer"}


@pytest.mark.usefixtures("one_by_one")
async def test_a_limit_on_mails_reached_meanwhile_stops_invitations(door: Door) -> None:
    await maple(door, invite=None)
    await people(door, 2)
    job = await planned(door, "/bulk plan act:invite search:many")
    await door.clicks(ADA, "bulk apply", job=job)
    await door.says("root", "/system edit mails_a_day:1")
    await work(door)
    assert [one.to.name for one in await door.invitations() if one.to] == ["P000 Many"]
    assert "No room: a limit is reached\n1" in heard(await door.clicks(ADA, "bulk show", job=job))


@pytest.mark.usefixtures("one_by_one")
async def test_people_erased_meanwhile_are_added_nowhere(door: Door) -> None:
    await oak_and_elm(door)
    job = await planned(door, f"{OAK}many")
    await door.clicks(ADA, "bulk apply", job=job)
    await door.says(ADA, '/member erase "P001 Many" sure:yes school:"Maple Grove"')
    await work(door)
    assert "No longer a member\n2" in heard(await door.clicks(ADA, "bulk show", job=job))


async def test_people_removed_with_an_undone_import_are_added_nowhere(door: Door) -> None:
    await oak_and_elm(door)
    job = await planned(door, f"{OAK}p000")
    await door.clicks(ADA, "bulk apply", job=job)

    def unit(uow: UnitOfWork) -> dict[KeptOutReason, int]:
        done = bulk.find(uow, job)
        fresh = replace(done, id=new_id(uow.now), state=bulk.JobState.APPLYING)
        (one, *_) = uow.bulk.items(job, None, after=0, limit=1)
        uow.bulk.add(fresh, [replace(one, person_id=new_id(uow.now), state=bulk.ItemState.PLANNED)])
        bulk_work.go_on(uow, fresh.id, "worker", lease=LEASE)
        return dict(view(uow, fresh).kept)

    assert await door.database.run(unit) == {KeptOutReason.GONE: 1}


async def test_people_switched_off_are_not_moved_and_the_others_are(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await oak_and_elm(door)
    before = await planned(door, f"{OAK}many")

    def off(uow: UnitOfWork) -> None:
        (other,) = uow.bulk.items(before, None, after=2, limit=1)
        monkeypatch.setattr(type(uow.scim_users), "barred", lambda _, __, who: who == other.person_id)

    await door.database.read(off)
    reply = await door.says(ADA, f"{OAK}many")
    assert "Switched off by the district\n2" in heard(reply)
    await door.clicks(ADA, "bulk apply", **actions_in(reply)["Apply"].values)
    assert await schools_of(door, "P000") == {"Oak Hill": "Viewer"}
    assert await schools_of(door, "P001") == {"Maple Grove": "Viewer"}

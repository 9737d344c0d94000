"""Bulk work under way: how much is done at once, and what is stored about people left out."""

from datetime import timedelta

import pytest

from bot.core.bulk import work as bulk_work
from bot.core.bulk.acts import Act
from bot.core.bulk.planning import JobState
from bot.core.bulk.reasons import KeptOutReason
from bot.core.notices import deliveries
from bot.core.notices.notices import Audience, Loss
from bot.core.ports import UnitOfWork
from tests.core.bulk.test_bulk import ADA, oak_and_elm, people, planned, schools_of
from tests.core.bulk.test_bulk_acts import items, job_of, schools
from tests.core.bulk.test_bulk_meanwhile import OAK, work
from tests.core.door import Door, heard, maple
from tests.fakes.schools import FakeSchools
from tests.outbox import deliver_all

# They are the rules' own; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


async def test_one_units_worth_is_done_at_the_click_and_more_by_the_worker(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_work, "CHUNK", 2)
    await maple(door)
    await people(door, 3)
    await door.says(ADA, '/member archive "P002 Many"')
    two = await planned(door, "/bulk plan act:archive search:many")
    await door.database.run(deliver_all)
    await door.clicks(ADA, "bulk apply", job=two)
    assert (await job_of(door, two)).state is JobState.DONE
    told = await door.database.run(deliver_all)
    assert Audience.DOER not in {one.audience for one in told}
    three = await planned(door, "/bulk plan act:restore search:many status:archived")
    await door.clicks(ADA, "bulk apply", job=three)
    assert (await job_of(door, three)).state is JobState.APPLYING
    told = await door.database.run(deliver_all)
    assert [str(one.to) for one in told if one.audience is Audience.DOER] == ["web/@ada"]
    await work(door)
    assert (await job_of(door, three)).state is JobState.DONE


async def test_people_stay_if_one_of_two_schools_has_no_room_for_them(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_work, "CHUNK", 3)
    await oak_and_elm(door)
    await door.says(ADA, '/school create "Ash Lane"')
    job = await planned(door, f"{OAK.replace('oak hill', 'oak hill,ash lane')}many")
    await door.clicks(ADA, "bulk apply", job=job)
    first, *_ = await items(door, job)
    known = await door.database.read(lambda uow: {one.id: name for name, one in schools(uow).items()})
    line = "/member create email:full@example.org first_name:Full last_name:House"
    await door.says(ADA, f'{line} school:"{known[first.school_id]}"')
    await door.says("root", "/system edit members_a_school:2")
    await work(door)
    done = [(one.does, one.why) for one in (await items(door, job))[:3]]
    assert done == [(Act.ADD, KeptOutReason.FULL), (Act.ADD, None), (Act.REMOVE, KeptOutReason.FULL)]
    assert "Maple Grove" in await schools_of(door, "P000")


async def test_a_prepared_invitation_that_a_limit_stops_stays_as_it_was(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_work, "CHUNK", 1)
    await maple(door, invite=None)
    await door.says(ADA, "/school limits longest_days:7")
    await people(door, 2)
    await door.clicks(ADA, "bulk apply", job=await planned(door, '/bulk plan act:"invite later"'))
    await work(door)
    before = {one.to.name: one for one in await door.invitations() if one.to}
    door.clock.forward(timedelta(days=2))
    job = await planned(door, '/bulk plan act:invite invited:"not sent"')
    await door.clicks(ADA, "bulk apply", job=job)
    await door.says("root", "/system edit mails_a_day:1")
    await work(door)
    assert "No room: a limit is reached\n1" in heard(await door.clicks(ADA, "bulk show", job=job))
    after = {one.to.name: one for one in await door.invitations() if one.to}
    assert after["P000 Many"] != before["P000 Many"]
    assert after["P001 Many"] == before["P001 Many"]


async def test_the_schools_that_people_are_moved_between_are_held_in_one_order(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two who move people between the same schools, in different directions, do not deadlock."""
    await oak_and_elm(door)
    await door.clicks(ADA, "bulk apply", job=await planned(door, f"{OAK}p000"))
    back = '/bulk plan act:"replace organizations" schools:"maple grove" school:"Oak Hill" search:p000'
    job = await planned(door, back)
    known = await door.database.read(schools)
    in_order = sorted(known[name].id for name in ("Maple Grove", "Oak Hill"))
    held: list[str] = []
    monkeypatch.setattr(FakeSchools, "lock", lambda _, one: held.append(one))
    for click in ("bulk apply", "bulk undo"):
        held.clear()
        assert not (await door.clicks(ADA, click, job=job)).refused
        assert list(dict.fromkeys(held)) == in_order


async def test_what_was_sent_again_before_the_plan_is_taken_back_with_it(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person to:nia@example.org name:Nia")
    (made, *_) = [one for one in await door.invitations() if one.to]
    for click in ("invite send", "invite resend"):
        assert not (await door.clicks(ADA, click, invitation=made.id)).refused
        await door.database.run(_bounce)
    job = await planned(door, '/bulk plan act:invite invited:"could not be sent"')
    assert "1 person of Maple Grove invited" in heard(await door.clicks(ADA, "bulk apply", job=job))
    assert "1 person of Maple Grove no longer invited" in heard(await door.clicks(ADA, "bulk undo", job=job))


async def test_what_was_sent_again_since_is_left_alone(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person to:nia@example.org name:Nia")
    (made, *_) = [one for one in await door.invitations() if one.to]
    job = await planned(door, '/bulk plan act:invite invited:"not sent"')
    await door.clicks(ADA, "bulk apply", job=job)
    assert not (await door.clicks(ADA, "invite resend", invitation=made.id)).refused
    assert "Changed in the meantime\n1" in heard(await door.clicks(ADA, "bulk undo", job=job))


def _bounce(uow: UnitOfWork) -> None:
    """Let the mail server refuse all mails that wait."""
    for one in deliver_all(uow):
        if one.subject.startswith("invitation:"):
            deliveries.hooks_for(one).failed(uow, one, Loss.REFUSED)

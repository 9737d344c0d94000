"""A broadcast to more people than are stored at once: recipients are stored in chunks, then it is sent."""

from collections.abc import Sequence
from functools import partial

import pytest

from bot.core.messages import broadcasting, gathering
from bot.core.messages import work as broadcast_work
from bot.core.messages.broadcasts import BroadcastState, Failure, RecipientState, view
from bot.core.people import merging
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.schools.quotas import DAY
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from tests.core.broadcasts import ADA, FAILED, SENT, attend, became, crowd, drafted, found, send, work
from tests.core.door import Door, as_, heard
from tests.core.messages.test_broadcasting import HOUR, recipients


@pytest.fixture(autouse=True)
def chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a chunk three people, so that Ada, Omar, Bo and Cy need several."""
    monkeypatch.setattr(gathering, "FEW", 1)
    monkeypatch.setattr(gathering, "CHUNK", 2)
    monkeypatch.setattr(gathering, "LOOKUP_LIMIT", 3)


async def next_of(door: Door, made: str) -> tuple[str, Sequence[str]]:
    """Return the people who are to be stored next, and after whom."""
    found = await door.database.read(lambda uow: gathering.next_recipients(uow, made))
    assert found is not None
    return found


async def step(door: Door, made: str) -> bool:
    """Store one chunk as the worker does; tell whether it was the next one."""
    after, people = await next_of(door, made)
    some = next(iter(gathering.chunks(people)))
    return await door.database.run(lambda uow: gathering.go_on(uow, made, after, some))


def test_those_who_are_few_are_named_and_others_divided() -> None:
    assert [gathering.if_few(some) for some in ("", "a", "ab")] == ["", "a", None]
    assert list(gathering.chunks("abcde")) == ["ab", "cd", "e"]
    assert list(gathering.chunks("")) == [""], "a chunk, too: then all are stored"


async def test_nobody_gets_it_before_all_are_stored_and_then_everybody_once(door: Door) -> None:
    await crowd(door)
    made = await send(door, "status:active")
    of = await found(door, made)
    assert (of.gathered_to, of.expected, of.expected_mails) == ("", 4, 2)
    assert await became(door, made) == {}
    numbers = []
    while (await found(door, made)).gathering:
        assert await door.database.read(lambda uow: uow.broadcasts.ready(99)) == []
        assert await step(door, made)
        numbers.append(len(await recipients(door, made)))
        shown = await door.database.read(partial(view, broadcast=of))
        assert (shown.unsent, shown.total) == (4, 4)
    assert numbers == [2, 4, 4]
    assert await door.database.read(lambda uow: uow.broadcasts.gathering()) == []
    assert len(await work(door)) == 4
    assert await became(door, made) == {SENT: 4}


async def test_a_worker_that_saw_it_before_it_began_anew_writes_to_nobody_yet(door: Door) -> None:
    await crowd(door)
    made = await send(door)
    assert await step(door, made)
    assert not await door.database.run(lambda uow: broadcast_work.go_on(uow, made))
    assert await became(door, made) == {RecipientState.WAITING: 2}


async def test_the_worker_stores_all_and_goes_on_to_write_to_them(door: Door) -> None:
    await crowd(door)
    made = await send(door)
    assert len(await work(door)) == 4
    assert (await found(door, made)).state is BroadcastState.DONE


async def test_of_two_who_store_the_same_one_does(door: Door) -> None:
    await crowd(door)
    made = await send(door)
    after, people = await next_of(door, made)
    assert await door.database.run(lambda uow: gathering.go_on(uow, made, after, people[:2]))
    assert not await door.database.run(lambda uow: gathering.go_on(uow, made, after, people[:2]))
    await work(door)
    assert await became(door, made) == {SENT: 4}


async def test_one_to_a_district_goes_to_all_its_schools(door: Door) -> None:
    await crowd(door)
    for line in (
        "/district create North",
        '/school move school:"Maple Grove" district:North',
        "/school create Oak district:North",
        '/district grant person:omar role:"District Admin" district:North',
        "/member create email:zoe@example.org first_name:Zoe last_name:Berg school:Oak",
    ):
        assert not (await door.says("root", line)).refused, line
    wide = await drafted(door, "omar", 'view:"district users"')
    await door.clicks("omar", "message go", broadcast=wide)
    assert len(await work(door)) == 5
    assert await became(door, wide) == {SENT: 5}


async def test_what_was_searched_for_is_kept_until_all_are_stored(door: Door) -> None:
    await crowd(door)
    made = await send(door, "search:berg")
    assert "berg" in (await found(door, made)).wanted
    assert len(await work(door)) == 2
    assert "berg" not in (await found(door, made)).wanted


async def test_it_is_stopped_in_the_middle_for_those_who_are_not_stored_yet_too(door: Door) -> None:
    await crowd(door)
    made = await send(door)
    assert await step(door, made)
    after, people = await next_of(door, made)
    assert not (await door.clicks(ADA, "message cancel", broadcast=made)).refused
    assert not await door.database.run(lambda uow: gathering.go_on(uow, made, after, people))
    assert await door.database.read(lambda uow: gathering.next_recipients(uow, made)) is None
    assert await work(door) == []
    shown = heard(await door.clicks(ADA, "message show", broadcast=made))
    assert "Never sent" in shown
    assert len(await recipients(door, made)) == 2


async def test_a_broadcast_reaches_nobody_once_its_sender_lost_the_right(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, "omar")
    assert not (await door.clicks("omar", "message go", broadcast=draft)).refused
    assert await step(door, draft)
    await door.says(ADA, "/member roles person:omar roles:Viewer")
    assert await work(door) == []
    assert (await found(door, draft)).state is BroadcastState.CANCELLED


async def test_a_person_merged_while_recipients_are_gathered_gets_one_message(door: Door) -> None:
    """Bo was looked up, but merged into Cy before he was stored; people who are new by then get none."""
    await crowd(door)
    made = await send(door)
    after, people = await next_of(door, made)

    def become(uow: UnitOfWork) -> None:
        known = [
            uow.people.by_id(person_id) for person_id in uow.recipients.selected(wanted, after="", limit=9)
        ]
        bo, cy = ([one for one in known if one and one.name == name] for name in ("bo Berg", "cy Berg"))
        merging.apply(uow, as_(uow, ADA), merging.plan(uow, bo[0], cy[0]))

    wanted = PeopleFilter((await door.school()).id)
    await door.database.run(become)
    assert await door.database.run(lambda uow: gathering.go_on(uow, made, after, people))
    await work(door)
    assert await became(door, made) == {SENT: 3}


async def test_what_is_not_stored_yet_counts_for_the_days_quotas(door: Door) -> None:
    await crowd(door)
    await door.says("root", "/system edit messages_a_day:5 mails_a_day:3")
    made = await send(door)
    school = await door.school()

    async def counted() -> tuple[int, int]:
        return await door.database.read(
            lambda uow: (
                uow.recipients.count_written_since(school.id, uow.now - DAY),
                uow.recipients.count_mails_ahead(),
            )
        )

    for _ in range(3):
        assert await counted() == (4, 2)
        assert await step(door, made)
    assert await counted() == (4, 2)
    second = await drafted(door, ADA)
    assert "5" in heard(refused := await door.clicks(ADA, "message go", broadcast=second))
    assert refused.refused


async def test_those_it_has_not_reached_wait_again_in_chunks_and_count_once(door: Door) -> None:
    """Eve has got it, and gets it once."""
    await crowd(door)
    await door.says(ADA, "/invite create")
    await door.says("eve", f"/join {await door.code()}")
    made = await send(door)
    await work(door)
    school = await door.school()
    everyone = [one.person_id for one in await recipients(door, made)]

    def lose(uow: UnitOfWork) -> None:
        for one in uow.recipients.listed(made, (), after="", limit=9):
            if one.person_id == as_(uow, "eve").person_id:
                continue
            lost = replace(one, state=FAILED, why=Failure.REFUSED)
            assert uow.recipients.settle(lost, expected=one)

    await door.database.run(lose)
    await door.says("root", "/system edit messages_a_day:5")
    assert not (await door.clicks(ADA, "message again", broadcast=made)).refused
    of = await found(door, made)
    assert (of.round, of.gathered_to, of.expected, of.expected_mails) == (2, "", 4, 0)
    waiting = []
    while (await found(door, made)).gathering:
        number = await door.database.read(
            lambda uow: uow.recipients.count_written_since(school.id, uow.now - DAY)
        )
        assert number == 5
        assert await step(door, made)
        waiting.append((await became(door, made)).get(FAILED, 0))
    assert waiting == [2, 0, 0]
    assert len(await work(door)) == 4
    assert [one.person_id for one in await recipients(door, made)] == everyone
    assert await became(door, made) == {SENT: 5}


async def test_what_is_scheduled_begins_in_the_sweep_and_is_stored_by_the_worker(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, ADA, "at:3h")
    assert not (await door.clicks(ADA, "message later", broadcast=draft)).refused
    door.clock.forward(4 * HOUR)
    assert await attend(door) == 1
    assert (await found(door, draft)).gathering
    assert len(await work(door)) == 4


async def test_what_nobody_has_seen_before_its_time_waits_for_the_next_look(door: Door) -> None:
    """It came due between the look and the unit; and one whose sender had no right then may have it now."""

    await crowd(door)
    draft = await drafted(door, ADA, "at:3h")
    assert not (await door.clicks(ADA, "message later", broadcast=draft)).refused
    door.clock.forward(4 * HOUR)
    for audiences in ({}, {draft: None}):
        assert await door.database.run(lambda uow: broadcasting.sweep(uow, ItemTracker(), audiences)) == 0  # noqa: B023
        assert (await found(door, draft)).state is BroadcastState.SCHEDULED
    assert await attend(door) == 1

"""A broadcast that is much too late is not sent: its author is told, and can send it."""

from datetime import timedelta
from textwrap import dedent

import pytest

from bot.core.messages import work as broadcast_work
from bot.core.messages.broadcasts import LONGEST_DELAY, BroadcastState, Failure
from bot.core.notices import deliveries
from bot.core.notices.notices import Audience, Notice
from bot.core.ports import UnitOfWork
from bot.jobs.broadcasts import BroadcastWorker
from tests.core.broadcasts import ADA, FAILED, SENT, attend, became, crowd, drafted, found, send, work
from tests.core.door import Door, heard
from tests.core.logged import Log
from tests.outbox import deliver_all

HOUR, MOMENT = timedelta(hours=1), timedelta(microseconds=1)


async def _scheduled(door: Door) -> str:
    await crowd(door)
    draft = await drafted(door, ADA, "at:3h")
    await door.clicks(ADA, "message later", broadcast=draft)
    return draft


def _arrive(uow: UnitOfWork) -> None:
    for one in deliver_all(uow):
        deliveries.hooks_for(one).arrived(uow, one)


async def told(door: Door) -> list[Notice]:
    """Take all that is due; return the cards about broadcasts for their authors."""
    taken = await door.database.run(deliver_all)
    return [one for one in taken if one.audience is Audience.DOER and one.copy_id is None]


@pytest.mark.parametrize(("late", "goes"), [(LONGEST_DELAY, True), (LONGEST_DELAY + MOMENT, False)])
async def test_a_scheduled_message_goes_out_so_late_and_no_later(
    door: Door, late: timedelta, *, goes: bool
) -> None:
    draft = await _scheduled(door)
    send_at = (await found(door, draft)).send_at
    assert send_at is not None
    door.clock.at = send_at + late
    assert await attend(door) == 1
    assert (await found(door, draft)).state is (BroadcastState.SENDING if goes else BroadcastState.DRAFT)
    assert len(await told(door)) == 1


async def test_what_was_missed_waits_for_its_sender_who_sends_it_with_a_click(door: Door) -> None:
    draft = await _scheduled(door)
    log = Log(door)
    await log.fresh()
    door.clock.forward(timedelta(days=3))
    await attend(door)
    assert await log.fresh() == dedent("""\
        nobody (clock, Maple Grove) message.not_sent broadcast:#1
          - -> error=late
        """)
    shown = heard(await door.clicks(ADA, "message show", broadcast=draft))
    assert "“A”: not sent" in shown
    assert "More than 12 hours later it may be out of date" in shown
    assert "Not sent" in heard(await door.says(ADA, "/message list"))
    assert await attend(door) == 0, "it waits"
    look = heard(await door.clicks(ADA, "message look", broadcast=draft))
    assert "The time you said" not in look
    assert "under way" in heard(await door.clicks(ADA, "message go", broadcast=draft))
    assert (await found(door, draft)).hindrance is None
    await work(door)
    assert await became(door, draft) == {SENT: 4}


async def test_what_was_missed_can_be_given_another_time_and_missed_again(door: Door) -> None:
    draft = await _scheduled(door)
    for _ in range(2):
        door.clock.forward(timedelta(days=3))
        await attend(door)
        assert len(await told(door)) == 1
        assert "has gone by" in heard(await door.clicks(ADA, "message later", broadcast=draft))
        await door.clicks(ADA, "message later", broadcast=draft, at="2h")
        again = await found(door, draft)
        assert (again.state, again.hindrance) == (BroadcastState.SCHEDULED, None)
    await door.clicks(ADA, "message cancel", broadcast=draft)
    assert (await found(door, draft)).state is BroadcastState.CANCELLED


async def test_a_draft_shows_its_time_and_keeps_nobody_to_one_that_has_gone_by(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, ADA, "at:3h")
    assert "The time you said: " in heard(await door.clicks(ADA, "message look", broadcast=draft))
    door.clock.forward(3 * HOUR)
    refused = heard(await door.clicks(ADA, "message later", broadcast=draft))
    assert "has gone by: choose another, or send it now" in refused
    assert (await found(door, draft)).state is BroadcastState.DRAFT


@pytest.mark.parametrize("on_their_way", [0, 2, 4])
async def test_what_stood_still_ends_and_goes_on_when_its_sender_says_so(
    door: Door, monkeypatch: pytest.MonkeyPatch, on_their_way: int
) -> None:
    """Nobody is at work for days: neither whom it was queued for gets it, nor whom it was not."""
    await crowd(door)
    made = await send(door)
    if on_their_way:
        monkeypatch.setattr(broadcast_work, "CHUNK", on_their_way)
        await BroadcastWorker(door.database).round()
    door.clock.forward(LONGEST_DELAY + MOMENT)
    await work(door)
    assert (await found(door, made)).state is BroadcastState.DONE
    counts = await door.database.read(lambda uow: uow.recipients.counts(made))
    assert {(state, why) for state, _, why in counts} == {(FAILED, Failure.LATE)}
    shown = heard(await door.clicks(ADA, "message show", broadcast=made))
    assert "it would have come more than 12 hours late" in shown
    await door.says("root", "/system edit messages_a_day:4")
    another = await drafted(door, ADA)
    assert "under way" in heard(await door.clicks(ADA, "message go", broadcast=another)), "nobody got it"
    await door.clicks(ADA, "message cancel", broadcast=another)
    assert "under way" in heard(await door.clicks(ADA, "message again", broadcast=made))
    await work(door)
    assert await became(door, made) == {SENT: 4}


async def test_the_sender_of_a_stalled_message_is_told_again(door: Door) -> None:
    await crowd(door)
    await send(door)
    assert len(await told(door)) == 1
    door.clock.forward(LONGEST_DELAY + MOMENT)
    while await BroadcastWorker(door.database).round():
        pass
    assert len(await told(door)) == 1


async def test_what_takes_long_but_goes_on_is_not_late(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast_work, "CHUNK", 1)
    await crowd(door)
    made = await send(door)
    for _ in range(4):
        door.clock.forward(LONGEST_DELAY)
        await BroadcastWorker(door.database).round()
        await door.database.run(_arrive)
    assert await became(door, made) == {SENT: 4}

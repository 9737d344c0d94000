"""Broadcasts while things change: recipients leave, clicks come late, a day's mails are used up."""

from datetime import timedelta
from functools import partial

import pytest

from bot.core.messages import letters
from bot.core.messages import work as broadcast_work
from bot.core.messages.broadcasts import BroadcastState, DeliveryMethod, Failure, RecipientState
from bot.core.notices import deliveries, destinations
from bot.core.notices.notices import Loss, Notice
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform
from bot.core.values import replace
from bot.jobs.broadcasts import BroadcastWorker
from tests.core.broadcasts import ADA, attend, became, crowd, drafted, found, half_queued, send, work
from tests.core.door import Door, actions_in, heard, maple
from tests.outbox import deliver_all
from tests.world import caller

SENT, FAILED, OUT = RecipientState.SENT, RecipientState.FAILED, RecipientState.OPTED_OUT


async def _queued(door: Door) -> list[Notice]:
    """Queue a broadcast for everyone, and take it from the outbox without sending it."""
    await BroadcastWorker(door.database).round()
    taken = await door.database.run(deliver_all)
    return [one for one in taken if one.subject.startswith("message:")]


async def test_a_draft_is_looked_at_again_and_thrown_away_without_a_trace(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, ADA)
    before = await door.audited()
    assert "to 4 people" in heard(await door.clicks(ADA, "message look", broadcast=draft))
    for _ in range(2):
        assert "cancelled" in heard(await door.clicks(ADA, "message cancel", broadcast=draft))
    assert "cancelled" in heard(await door.clicks(ADA, "message look", broadcast=draft))
    assert await door.audited() == before


async def test_a_message_is_scheduled_for_a_time_and_a_second_click_is_nothing_new(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, ADA)
    assert "is missing" in heard(await door.clicks(ADA, "message later", broadcast=draft))
    for _ in range(2):
        told = heard(await door.clicks(ADA, "message later", broadcast=draft, at="2026-09-03 17:00"))
        assert "goes out" in told
    assert (await door.audited()).count("message.scheduled") == 1


async def test_what_was_scheduled_is_not_sent_by_hand_when_it_is_for_nobody_any_more(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, ADA, "search:omar at:3h")
    await door.clicks(ADA, "message later", broadcast=draft)
    await door.says(ADA, "/member remove Omar")
    stored = await door.known()
    assert "for nobody any more" in heard(await door.clicks(ADA, "message go", broadcast=draft))
    assert await door.known() == stored


async def test_what_is_scheduled_waits_for_no_quota_and_says_so(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, ADA, "at:3h")
    await door.clicks(ADA, "message later", broadcast=draft)
    await door.says("root", "/system edit messages_a_day:1")
    door.clock.forward(timedelta(hours=4))
    assert await attend(door) == 1
    shown = heard(await door.clicks(ADA, "message show", broadcast=draft))
    assert "gone over the daily limit" in shown


async def test_an_erased_author_is_not_told_about_a_scheduled_message(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crowd(door)
    draft = await drafted(door, "omar", "at:3h")
    await door.clicks("omar", "message later", broadcast=draft)
    await door.database.run(deliver_all)
    door.clock.forward(timedelta(hours=4))
    with monkeypatch.context() as erased:
        await door.database.read(lambda uow: erased.setattr(type(uow.accounts), "current", lambda *_: None))
        assert await attend(door) == 1
    assert not await door.database.run(deliver_all)
    assert "no longer allowed to send it" in heard(await door.clicks(ADA, "message show", broadcast=draft))


async def test_people_who_opt_out_or_lose_their_address_in_time_get_nothing(
    door: Door,
) -> None:
    await crowd(door)
    made = await send(door)
    await door.clicks("omar", "message stop")

    def out_of_reach(uow: UnitOfWork) -> None:
        ada = uow.people.by_account(ADA.account)
        assert ada is not None
        assert uow.accounts.unlink(ADA.account, ada.id)

    await door.database.run(out_of_reach)
    assert len(await _queued(door)) == 2
    nowhere = RecipientState.NOWHERE
    assert await became(door, made) == {RecipientState.QUEUED: 2, OUT: 1, nowhere: 1}


async def test_a_mail_in_place_of_a_direct_message_is_within_the_days_quota(door: Door) -> None:
    await crowd(door)

    def with_address(uow: UnitOfWork) -> str:
        bo = uow.people.by_email("bo@example.org")
        assert bo is not None
        assert uow.accounts.link(caller("bo-chat").account, bo.id, uow.now)
        return bo.id

    await door.database.run(with_address)
    made = await send(door)
    await door.says("root", "/system edit mails_a_day:1")
    await work(door, {"bo-chat": Loss.GONE})
    counts = await door.database.read(lambda uow: uow.recipients.counts(made))
    assert counts[FAILED, DeliveryMethod.MAIL, Failure.QUOTA] == 1


async def test_a_worker_finds_nothing_to_do_where_all_is_on_its_way_or_nothing_is_sent(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, ADA)
    made = await send(door)
    await _queued(door)
    for one in (draft, made):
        stored = await door.known()
        assert not await door.database.run(partial(broadcast_work.go_on, broadcast_id=one))
        assert await door.known() == stored


async def test_nothing_is_stored_or_sent_for_a_recipient_who_is_gone(door: Door) -> None:
    await crowd(door)
    made = await send(door)
    queued = await _queued(door)
    await door.says(ADA, '/member erase "bo Berg" sure:yes')
    await door.clicks(ADA, "member erase", person="bo Berg", sure="yes")

    def gone(uow: UnitOfWork) -> list[Notice]:
        return [one for one in queued if letters.letter(uow, one.subject.partition(":")[2]) is None]

    (lost,) = await door.database.read(gone)
    stored = await door.known()
    hooks = deliveries.hooks_for(lost)

    def late(uow: UnitOfWork) -> None:
        assert not hooks.wanted(uow, lost)
        assert hooks.mint(uow, lost) == ""
        hooks.withheld(uow, lost)
        hooks.arrived(uow, lost)
        hooks.failed(uow, lost, Loss.GONE)

    await door.database.run(late)
    assert await door.known() == stored
    assert (await became(door, made))[FAILED] == 1


async def test_a_person_erased_while_a_worker_reads_gets_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crowd(door)
    made = await send(door, "search:omar")

    def erased(uow: UnitOfWork) -> None:
        known = type(uow.accounts).current
        omar = uow.people.by_account(caller("omar").account)
        assert omar is not None
        monkeypatch.setattr(
            type(uow.accounts),
            "current",
            lambda accounts, of: None if of == omar.id else known(accounts, of),
        )

    await door.database.read(erased)
    await BroadcastWorker(door.database).round()
    counts = await door.database.read(lambda uow: uow.recipients.counts(made))
    assert dict(counts) == {(FAILED, None, Failure.ERASED): 1}


async def test_a_draft_for_another_district_than_the_schools_is_not_found(door: Door) -> None:
    await maple(door, invite=None)
    for one in ("North", "South"):
        await door.says("root", f"/district create {one}")
    await door.says("root", '/school move district:North school:"Maple Grove"')
    shown = actions_in(
        await door.says("root", '/message send subject:A text:B view:"district users" school:"Maple Grove"')
    )
    draft = shown["Send now"].values["broadcast"]
    await door.says("root", '/school move district:South school:"Maple Grove"')
    assert "cannot find that" in heard(await door.clicks("root", "message go", broadcast=draft))


async def test_a_scheduled_message_that_was_cancelled_while_its_time_came_stays(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crowd(door)
    draft = await drafted(door, ADA, "at:3h")
    await door.clicks(ADA, "message later", broadcast=draft)
    door.clock.forward(timedelta(hours=4))

    stored = await door.known()
    await door.database.read(lambda uow: monkeypatch.setattr(type(uow.broadcasts), "hold", lambda *_: None))
    assert await attend(door) == 0
    assert await door.known() == stored


async def test_what_is_sent_by_hand_after_all_was_done_is_seen_on_the_senders_card(door: Door) -> None:
    await crowd(door)
    made = await send(door, "search:omar")
    (lost,) = await _queued(door)
    hooks = deliveries.hooks_for(lost)
    assert not hooks.secret(lost)
    await door.database.run(lambda uow: hooks.failed(uow, lost, Loss.GONE))
    await work(door)
    assert "0 people" in heard(await door.clicks(ADA, "message show", broadcast=made))
    await door.database.run(lambda uow: hooks.arrived(uow, lost))
    assert "sent to 1 person" in heard(await door.clicks(ADA, "message show", broadcast=made))


async def test_a_school_that_is_closed_in_the_middle_sends_nothing_more_not_even_what_is_queued(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await half_queued(door, monkeypatch)
    assert not (await door.says("root", '/school archive school:"Maple Grove"')).refused
    before = await door.audited()
    await work(door)
    assert await became(door, made) == {RecipientState.WAITING: 4}
    assert (await found(door, made)).state is BroadcastState.CANCELLED
    assert (await door.audited())[len(before) :] == ["message.cancelled"]
    (entry,) = [one for one in await door.audit_entries() if one.action == "message.cancelled"]
    assert (entry.school_id, entry.new) == ((await found(door, made)).school_id, {"error": "no right"})
    assert "Never sent\n4" in heard(await door.clicks("root", "message show", broadcast=made))


async def test_a_sender_who_is_suspended_meanwhile_sends_nothing_more(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, "omar")
    await door.clicks("omar", "message go", broadcast=draft)
    await door.says(ADA, "/member suspend Omar")
    await work(door)
    assert await became(door, draft) == {RecipientState.WAITING: 4}
    assert "cancelled" in heard(await door.clicks(ADA, "message show", broadcast=draft))


async def test_an_admin_of_the_district_writes_to_people_of_a_closed_school(door: Door) -> None:
    await crowd(door)
    await door.says("root", '/school archive school:"Maple Grove"')
    draft = await drafted(door, "root", 'school:"Maple Grove"')
    await door.clicks("root", "message go", broadcast=draft)
    await work(door)
    assert await became(door, draft) == {SENT: 4}


async def test_tried_again_it_goes_to_nobody_who_has_left_or_is_kept_out_since(door: Door) -> None:
    await crowd(door)
    made = await send(door, "role:Viewer")
    await work(door, {"omar": Loss.REFUSED, **dict.fromkeys(await _boxes(door, made), Loss.GONE)})
    lost = (await became(door, made))[FAILED]
    await door.says(ADA, '/member remove "bo Berg"')
    assert "under way" in heard(await door.clicks(ADA, "message again", broadcast=made))
    await work(door)
    assert await became(door, made) == {FAILED: 1, SENT: lost - 1}
    assert "with everyone whom it can reach" in heard(await door.clicks(ADA, "message again", broadcast=made))


async def test_people_are_written_to_in_each_chat_and_at_last_by_mail(
    door: Door,
) -> None:
    await crowd(door)

    def chats(uow: UnitOfWork) -> None:
        for name in ("bo", "cy"):
            person = uow.people.by_email(f"{name}@example.org")
            assert person is not None
            for account in (f"{name}-1", f"{name}-2"):
                assert uow.accounts.link(caller(account).account, person.id, uow.now)
        omar = uow.people.by_account(caller("omar").account)
        assert omar is not None
        assert uow.accounts.link(caller("omar-2").account, omar.id, uow.now)

    await door.database.run(chats)
    made = await send(door)
    lost = {"bo-1": Loss.REFUSED, "cy-1": Loss.GONE, "cy-2": Loss.REFUSED, "omar": Loss.REFUSED}
    gone = [str(one.to) for one in await work(door, lost)]
    assert gone.count("web/@bo-2") == gone.count("web/@omar-2") == 1
    assert sum(one.startswith("email/") for one in gone) == 1
    assert await became(door, made) == {SENT: 4}


async def test_what_was_looked_for_is_forgotten_once_it_goes_out(door: Door) -> None:
    await crowd(door)
    made = await send(door, "search:omar")
    assert "omar" not in (await found(door, made)).wanted


async def test_a_retry_is_in_the_name_of_whoever_clicked(door: Door) -> None:
    await crowd(door)
    made = await drafted(door, "omar")
    await door.clicks("omar", "message go", broadcast=made)
    await work(door, {"ada": Loss.REFUSED})
    await door.says(ADA, "/member suspend Omar")
    door.clock.forward(timedelta(minutes=1))
    await door.clicks(replace(ADA, platform=Platform.SLACK), "message again", broadcast=made)
    of = await found(door, made)
    assert (of.front, of.moved_at, of.gathering) == ("slack", door.clock.now(), False)
    await work(door)
    assert (await became(door, made))[SENT] == 4


async def _boxes(door: Door, made: str) -> list[str]:
    every = tuple(RecipientState)
    found = await door.database.read(lambda uow: uow.recipients.listed(made, every, after="", limit=9))
    return [str(destinations.mailbox(one.person_id).account) for one in found]


@pytest.mark.parametrize("ends", ["remove", "suspend", "archive"])
async def test_whoever_left_or_is_kept_out_before_their_turn_gets_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """A message to thousands takes hours. One of these is queued already, the other waits still."""
    made = await half_queued(door, monkeypatch)
    for name in ("omar", "cy Berg"):
        assert not (await door.says(ADA, f'/member {ends} "{name}"')).refused
    told = await work(door)
    assert len(told) == 3
    assert await became(door, made) == {SENT: 2, FAILED: 2}
    done = await door.clicks(ADA, "message show", broadcast=made)
    assert "has left in the meantime, or is kept out" in heard(done)
    assert not any(label.startswith("Try again") for label in actions_in(done))


async def test_people_who_are_kept_out_get_what_is_for_them(door: Door) -> None:
    await crowd(door)
    await door.says(ADA, '/member suspend "bo Berg"')
    made = await send(door, "status:suspended")
    await work(door)
    assert await became(door, made) == {SENT: 1}

"""How a broadcast reaches each person: by which way, only once, and not if they opted out or left."""

from functools import partial

import pytest

from bot.core.messages import opting_out
from bot.core.messages import work as broadcast_work
from bot.core.messages.broadcasts import BroadcastState, DeliveryMethod, Failure, RecipientState
from bot.core.notices.notices import Loss, Notice
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.values import replace
from bot.jobs.broadcasts import BroadcastWorker
from tests.core.broadcasts import (
    ADA,
    FAILED,
    OUT,
    SENT,
    became,
    crowd,
    drafted,
    found,
    half_queued,
    send,
    work,
)
from tests.core.door import Door, actions_in, heard
from tests.outbox import deliver_all
from tests.world import caller


async def test_a_refused_direct_message_is_replaced_by_a_mail(door: Door) -> None:
    await crowd(door)
    await door.says(ADA, "/member create email:di@example.org first_name:Di last_name:Dean")

    def with_chats(uow: UnitOfWork) -> None:
        for name, account in (("bo", "bo-chat"), ("cy", "cy-chat"), ("di", "di-chat")):
            person = uow.people.by_email(f"{name}@example.org")
            assert person is not None
            assert uow.accounts.link(caller(account).account, person.id, uow.now)

    await door.database.run(with_chats)
    made = await send(door)
    lost = {"bo-chat": Loss.REFUSED, "cy-chat": Loss.TRIED, "di-chat": Loss.GONE, "omar": Loss.REFUSED}
    await work(door, lost)
    counts = await door.database.read(lambda uow: uow.recipients.counts(made))
    assert dict(counts) == {
        (SENT, DeliveryMethod.CHAT, None): 1,
        (SENT, DeliveryMethod.MAIL, None): 2,
        (FAILED, DeliveryMethod.CHAT, Failure.TRIED): 1,
        (FAILED, DeliveryMethod.CHAT, Failure.REFUSED): 1,
    }
    again = await door.clicks(ADA, "message again", broadcast=made)
    assert "under way" in heard(again)
    gone = await work(door)
    assert sorted(str(one.to.account) for one in gone) == ["cy-chat", "omar"]
    assert await became(door, made) == {SENT: 5}
    assert (await found(door, made)).round == 2
    assert (await door.clicks(ADA, "message again", broadcast=made)).refused


async def test_people_who_left_the_chat_get_a_mail(door: Door) -> None:
    await crowd(door)
    key = caller("bo-chat").account

    def bo(uow: UnitOfWork) -> str:
        person = uow.people.by_email("bo@example.org")
        assert person is not None
        return person.id

    await door.database.run(lambda uow: uow.accounts.link(key, bo(uow), uow.now))
    made = await send(door)
    await BroadcastWorker(door.database).round()
    await door.database.run(lambda uow: uow.accounts.unlink(key, bo(uow)))
    gone = await work(door, {"bo-chat": Loss.REFUSED})
    theirs = f"/{await door.database.read(bo)}"
    told = [one.to.platform.value for one in gone if one.subject.endswith(theirs)]
    assert told == ["web", "email"]
    assert await became(door, made) == {SENT: 4}


async def test_what_was_given_up_and_is_sent_by_hand_does_not_make_two(door: Door) -> None:
    """An admin retries the broadcast for all, and the operator resends undelivered notices."""
    await crowd(door)
    made = await send(door)

    def lose(uow: UnitOfWork) -> Notice:
        (lost,) = [one for one in deliver_all(uow) if one.to.account == "omar"]
        broadcast_work.failed(uow, lost, Loss.REFUSED)
        return lost

    await BroadcastWorker(door.database).round()
    lost = await door.database.run(lose)
    assert await door.database.read(lambda uow: broadcast_work.wanted(uow, lost))  # by hand alone, it goes
    await door.database.run(lambda uow: _rest_arrived(uow, made))
    await work(door)
    await door.clicks(ADA, "message again", broadcast=made)
    await BroadcastWorker(door.database).round()
    assert not await door.database.read(lambda uow: broadcast_work.wanted(uow, lost))
    await door.database.run(lambda uow: broadcast_work.withheld(uow, lost))
    (fresh,) = await work(door)
    assert fresh.subject == lost.subject
    assert fresh.id != lost.id
    assert await became(door, made) == {SENT: 4}


def _rest_arrived(uow: UnitOfWork, made: str) -> None:
    for one in uow.recipients.listed(made, (RecipientState.QUEUED,), after="", limit=9):
        uow.recipients.settle(replace(one, state=SENT), expected=one)


async def test_cancelled_in_the_middle_it_reaches_nobody_else_not_even_what_is_queued(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await half_queued(door, monkeypatch)
    assert await became(door, made) == {RecipientState.QUEUED: 2, RecipientState.WAITING: 2}
    said = heard(await door.clicks(ADA, "message cancel", broadcast=made))
    assert "cancelled" in said
    await work(door)
    assert await became(door, made) == {RecipientState.WAITING: 4}
    shown = heard(await door.clicks(ADA, "message show", broadcast=made))
    assert "Never sent\n4" in shown
    for command in ("message go", "message again", "message later"):
        assert "cancelled" in heard(await door.clicks(ADA, command, broadcast=made))
    assert (await door.audited()).count("message.cancelled") == 1


async def test_opting_out_stops_even_queued_messages(door: Door) -> None:
    await crowd(door)
    made = await send(door)
    await BroadcastWorker(door.database).round()
    await door.clicks("omar", "message stop")
    assert "You will get no more" in heard(await door.clicks("omar", "message stop"))
    gone = await work(door)
    assert len(gone) == 4
    assert await became(door, made) == {SENT: 3, OUT: 1}
    assert "Want no messages\n1" in heard(await door.says(ADA, "/message send subject:A text:B"))
    assert (await door.audited()).count("person.edited") == 1
    await door.says("omar", "/account edit message_notifications:yes")
    assert "Want no messages\n0" in heard(await door.says(ADA, "/message send subject:A text:B"))


async def test_a_link_of_a_mail_opts_out_once_and_looking_at_it_changes_nothing(door: Door) -> None:
    await crowd(door)

    def person(uow: UnitOfWork) -> tuple[str, str]:
        bo = uow.people.by_email("bo@example.org")
        assert bo is not None
        return bo.id, uow.broadcasts.stop_token(bo.id)

    bo, token = await door.database.read(person)
    assert await door.database.read(lambda uow: opting_out.link_works(uow, token))
    before = await door.audited()
    for _ in range(2):
        assert await door.database.run(lambda uow: opting_out.by_link(uow, token))
    assert (await door.audited())[len(before) :] == ["person.opted_out"]
    details = await door.database.read(lambda uow: uow.people.details(bo))
    assert details == PersonDetails("bo", "Berg", email="bo@example.org", message_notifications=False)
    for wrong in (f"{token}x", "", bo, token.partition(".")[2]):
        assert not await door.database.run(partial(opting_out.by_link, token=wrong))
        assert not await door.database.read(partial(opting_out.link_works, token=wrong))


async def test_nothing_is_sent_to_or_by_an_erased_person(door: Door) -> None:
    await crowd(door)
    made = await send(door)
    await door.says(ADA, '/member erase "bo Berg" sure:yes')
    await door.clicks(ADA, "member erase", person="bo Berg", sure="yes")
    await work(door)
    counts = await became(door, made)
    assert counts[SENT] == 3
    assert counts[FAILED] == 1


@pytest.mark.parametrize("stopped", [True, False])
async def test_an_erased_person_is_no_name_and_nobody_to_try_again(door: Door, *, stopped: bool) -> None:
    """What is over stays as it was: who waited for a message that was stopped was never sent it."""
    await crowd(door)
    made = await send(door)
    if stopped:
        await door.clicks(ADA, "message cancel", broadcast=made)
    await door.says(ADA, '/member erase "bo Berg" sure:yes')
    await door.clicks(ADA, "member erase", person="bo Berg", sure="yes")
    await work(door)
    told = await door.clicks(ADA, "message show", broadcast=made)
    if stopped:
        assert await became(door, made) == {RecipientState.WAITING: 4}
        assert "Not reached" not in heard(told)
    else:
        assert "Not reached\nWhy\n—\nwas erased" in heard(told)
    assert [one for one in actions_in(told) if one.startswith("Try again")] == []


async def test_a_message_that_waits_and_searches_for_somebody_who_is_erased_is_cancelled(door: Door) -> None:
    """Unless it is for others, too: without its search, it would go to everyone."""
    await crowd(door)
    searches = {"bo": BroadcastState.CANCELLED, "Berg, BÓ": BroadcastState.CANCELLED}
    searches |= {
        "bo@example": BroadcastState.CANCELLED,
        "berg": BroadcastState.DRAFT,
        "": BroadcastState.DRAFT,
    }
    made = {await drafted(door, ADA, f'search:"{one}"' if one else ""): one for one in searches}
    await door.says(ADA, '/member erase "bo Berg" sure:yes')
    await door.clicks(ADA, "member erase", person="bo Berg", sure="yes")
    for of, text in made.items():
        one = await found(door, of)
        assert (text, one.state) == (text, searches[text])
        assert ("berg" in one.wanted) == (text == "berg")

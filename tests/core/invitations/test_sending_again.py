"""Sending an invitation twice, after it has expired, or again and again."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.chat.notifier import DeliveryFailed
from bot.chat.text import plain
from bot.core.invitations import link_views, sending
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor, Caller
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA, link, newest, signed_in, state
from tests.core.letters import REFUSED, Desk, invited

DAY = timedelta(days=1)
NIA = signed_in("nia", "nia@example.org")
INVITE = "/invite person to:nia@example.org name:Nia"


async def _made(door: Door, settings: str = "") -> Invitation:
    await maple(door, invite=None)
    assert not (await door.says(ADA, f"{INVITE} {settings}")).refused
    return await newest(door)


async def _goes_out(door: Door, invitation: Invitation) -> None:
    """Send the mail, as the delivery would."""
    now = door.clock.now()
    await door.database.run(
        lambda uow: uow.sendings.save_status(invitation.id, send_at=None, sent_at=now, error="")
    )


async def test_a_second_click_does_not_send_an_invitation_twice(door: Door) -> None:
    made = await _made(door)
    await door.clicks(ADA, "invite send", invitation=made.id)
    await _goes_out(door, made)
    before = await door.known()
    again = await door.clicks(ADA, "invite send", invitation=made.id)
    assert again.refused
    assert "has already been sent" in heard(again)
    assert await door.known() == before
    assert not (await door.clicks(ADA, "invite resend", invitation=made.id)).refused


@pytest.mark.parametrize("command", ["invite send", "invite resend"])
async def test_two_clicks_at_the_same_moment_leave_one_mail(door: Door, command: str) -> None:
    made = await _made(door)
    await asyncio.gather(*(door.clicks(ADA, command, invitation=made.id) for _ in range(2)))
    waiting = await door.database.read(lambda uow: uow.outbox.count_waiting())
    assert waiting == 1


async def test_each_time_it_is_sent_again_it_lasts_as_long_as_at_first(door: Door) -> None:
    made = await _made(door, "expires:7d")
    for _ in range(3):
        door.clock.forward(6 * DAY)
        await door.clicks(ADA, "invite resend", invitation=made.id)
        expires_at = (await newest(door)).expires_at
        assert expires_at is not None
        assert expires_at - door.clock.now() <= 7 * DAY
    await door.clicks(ADA, "invite resend", invitation=made.id, at="in 3 days")
    door.clock.forward(4 * DAY)
    await door.clicks(ADA, "invite reissue", invitation=made.id)
    expires_at = (await newest(door)).expires_at
    assert expires_at is not None
    assert 6 * DAY < expires_at - door.clock.now() <= 7 * DAY


async def test_it_is_not_sent_after_its_end(door: Door) -> None:
    made = await _made(door, "expires:2d")
    told = await door.clicks(ADA, "invite send", invitation=made.id, at="in 3 days")
    assert told.refused
    assert "when it has expired" in heard(told)
    assert await state(door, made) is InvitationState.NOT_SENT
    assert not (await door.clicks(ADA, "invite send", invitation=made.id, at="in 1 day")).refused
    told = await door.clicks(ADA, "invite resend", invitation=made.id, at="in 3 days")
    assert not told.refused, "its end moves with it"


async def test_what_is_for_one_person_is_cleared_and_not_locked(door: Door) -> None:
    made = await _made(door)
    told = await door.clicks(ADA, "invite lock", invitation=made.id)
    assert told.refused
    assert "is for one person alone" in heard(told)
    assert await state(door, made) is InvitationState.NOT_SENT


async def test_a_draft_is_not_shown_to_whom_it_is_for(door: Door) -> None:
    made = await _made(door)

    async def waits_for(who: Caller) -> int:
        def unit(uow: UnitOfWork) -> int:
            return len(link_views.waiting(uow, Actor(who, uow.people.by_account(who.account)), 10))

        return await door.database.read(unit)

    assert await waits_for(NIA) == 0
    await door.clicks(ADA, "invite send", invitation=made.id, at="in 2 days")
    assert await waits_for(NIA) == 0
    await _goes_out(door, made)
    assert await waits_for(NIA) == 1
    assert await waits_for(signed_in("eve", "eve@example.org")) == 0


async def test_what_anybody_may_redeem_can_be_accepted_too(door: Door) -> None:
    """People cannot know which kind of invitation they hold."""
    await maple(door)
    made = await newest(door)
    assert "not for one person" in heard(await door.says("nia", f"/invite decline {made.code}"))
    assert heard(await door.says("nia", f"/invite accept {made.code}")).startswith("Welcome to Maple Grove")
    for typed in (link(made), made.id):
        assert (await door.clicks("leo", "invite accept", invitation=typed)).refused is (typed == made.id)


@pytest.mark.parametrize("fails", [None, REFUSED])
async def test_a_mail_under_way_says_nothing_of_the_one_that_takes_its_place(
    door: Door, monkeypatch: pytest.MonkeyPatch, fails: DeliveryFailed | None
) -> None:
    desk = Desk(door)
    made = await invited(desk)
    post = desk.mail.post

    async def slowly(*told: Any) -> Any:
        await door.database.run(lambda uow: sending.queue(uow, made, uow.now + DAY))
        return await post(*told)

    monkeypatch.setattr(desk.mail, "post", slowly)
    desk.mail.fails, desk.mail.once = fails, True
    await desk.deliver()
    assert await desk.state(made) is InvitationState.SCHEDULED
    assert await door.audited() == []
    assert desk.chat.cards == [], "nobody is told of what has been given up"
    monkeypatch.setattr(desk.mail, "post", post)
    door.clock.forward(DAY)
    await desk.deliver()
    assert await desk.state(made) is InvitationState.SENT
    assert await door.audited() == ["invitation.sent"]


async def test_the_inviter_is_told_if_an_invitation_expires_before_it_is_sent(door: Door) -> None:
    """Nobody was at work for a week."""
    desk = Desk(door)
    made = await _made(door, "expires:2d")
    await door.clicks(ADA, "invite send", invitation=made.id, at="in 1 day")
    door.clock.forward(7 * DAY)
    await desk.deliver()
    assert desk.mail.cards == []
    ((_, told),) = desk.chat.cards
    assert plain(told.title) == "Your invitation for Nia could not be sent"
    assert (await door.audited())[-1] == "invitation.not_sent"
    shown = heard(await door.says(ADA, f"/invite show invitation:{made.id}"))
    assert "It expired before I could send it." in shown
    await door.clicks(ADA, "invite resend", invitation=made.id)
    await desk.deliver()
    assert await state(door, made) is InvitationState.SENT


async def test_nobody_is_told_about_an_invitation_revoked_before_it_is_sent(door: Door) -> None:
    desk = Desk(door)
    made = await _made(door, "expires:2d")
    await door.clicks(ADA, "invite send", invitation=made.id, at="in 1 day")
    await door.clicks(ADA, "invite clear", invitation=made.id)
    door.clock.forward(7 * DAY)
    await desk.deliver()
    assert (desk.mail.cards, desk.chat.cards) == ([], [])

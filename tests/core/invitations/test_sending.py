"""What happens to an addressed invitation that is sent, on any database and with every failure."""

import pytest

from bot.cards.invitations.mail import why_not_sent as why
from bot.chat.actions import Action
from bot.chat.context import Links
from bot.chat.notifier import DeliveryFailed, Notifiers
from bot.chat.text import plain
from bot.core.invitations import sending
from bot.core.invitations.addressees import Way
from bot.core.invitations.invitations import InvitationState
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.jobs.delivery import Delivery
from bot.jobs.delivery_results import MOST_ATTEMPTS
from bot.platforms.mail.notifier import NoMail
from tests.core.door import Door
from tests.core.letters import (
    DAY,
    HOUR,
    NIA,
    OURS,
    PUT_OFF,
    REFUSED,
    Desk,
    buttons,
    close,
    invited,
    link_of,
    said,
)
from tests.world import BASE_URL


@pytest.fixture
def desk(door: Door) -> Desk:
    return Desk(door)


async def test_a_mail_goes_out_with_all_that_its_reader_needs(desk: Desk) -> None:
    made = await invited(desk)
    assert await desk.state(made) is InvitationState.SCHEDULED
    await desk.deliver()
    ((to, card),) = desk.mail.cards
    assert to == f"email/@invitation:{made.id}"
    assert plain(card.title) == "Ada invited you to Maple Grove"
    for text in ("Nia Okafor", "Observer, Staff", "See you on Monday", "did not expect", "the office"):
        assert text in said(card)
    assert await desk.opened(link_of(card)) == await desk.now(made)
    assert await desk.state(made) is InvitationState.SENT
    assert await desk.door.audited() == ["invitation.sent"]
    assert desk.chat.cards == []


async def test_only_the_hash_of_a_mails_link_is_stored(desk: Desk) -> None:
    await invited(desk)
    await desk.deliver()
    token = link_of(desk.mail.cards[0][1]).rpartition("/")[2]
    assert len(token) == 22
    assert token not in repr(await desk.door.tables())


async def test_the_audit_log_and_the_outbox_know_no_address(desk: Desk) -> None:
    await invited(desk)
    await desk.deliver()
    tables = await desk.door.tables()
    told = repr([tables[name] for name in tables if "audit" in name or name in {"outbox", "card_copies"}])
    assert "invitation.sent" in told
    assert "@example.org" not in told
    assert "Nia" not in told


async def test_a_mail_waits_for_its_time(desk: Desk) -> None:
    made = await invited(desk, at=DAY)
    await desk.deliver()
    assert desk.mail.cards == []
    assert await desk.state(made) is InvitationState.SCHEDULED
    desk.door.clock.forward(DAY)
    await desk.deliver()
    assert len(desk.mail.cards) == 1
    assert (await desk.now(made)).to.sent_at == desk.door.clock.now()  # type: ignore[union-attr]


async def test_what_is_revoked_meanwhile_is_not_sent(desk: Desk) -> None:
    made = await invited(desk, at=DAY)
    await desk.door.database.run(lambda uow: uow.invitations.revoke(made.id, by=made.created_by, at=uow.now))
    desk.door.clock.forward(DAY)
    await desk.deliver()
    assert desk.mail.cards == []
    assert await desk.door.database.read(lambda uow: uow.outbox.count_waiting()) == 0
    assert await desk.state(made) is InvitationState.REVOKED
    assert await desk.door.audited() == []
    assert not (await desk.door.tables())["mail_tokens"], "no link that nobody gets"


@pytest.mark.parametrize("why", ["closed", "out of office"])
async def test_what_would_lead_nowhere_is_not_sent_and_the_inviter_is_told(desk: Desk, why: str) -> None:
    made = await invited(desk, at=DAY)

    def ends(uow: UnitOfWork) -> None:
        if why == "closed":
            close(uow, made)
        else:
            assert uow.members.unassign(made.created_by, SCHOOL_ADMIN.name, made.school_id)

    await desk.door.database.run(ends)
    desk.door.clock.forward(DAY)
    await desk.deliver()
    assert desk.mail.cards == []
    assert await desk.state(made) is InvitationState.NOT_DELIVERED
    ((_, told),) = desk.chat.cards
    assert "could not be sent" in said(told)
    assert "Nobody could have used it at that time" in said(told)
    assert [one for one in await desk.door.audited() if "sent" in one] == ["invitation.not_sent"]


async def test_once_the_school_is_open_again_it_is_sent_again(desk: Desk) -> None:
    made = await invited(desk, at=DAY)
    await desk.door.database.run(lambda uow: close(uow, made))
    desk.door.clock.forward(DAY)
    await desk.deliver()
    again = await desk.now(made)
    await desk.door.database.run(lambda uow: close(uow, made, at=False))
    await desk.door.database.run(lambda uow: sending.queue(uow, again))
    await desk.deliver()
    assert len(desk.mail.cards) == 1
    assert await desk.state(made) is InvitationState.SENT


async def test_sent_again_it_has_another_link_and_the_older_one_ends(desk: Desk) -> None:
    made = await invited(desk)
    await desk.deliver()
    await desk.door.database.run(lambda uow: sending.queue(uow, made))
    await desk.deliver()
    first, second = (link_of(card) for _, card in desk.mail.cards)
    assert await desk.opened(first) is None
    assert await desk.opened(second) == await desk.now(made)


async def test_another_time_takes_the_place_of_the_first(desk: Desk) -> None:
    made = await invited(desk, at=DAY)
    await desk.door.database.run(lambda uow: sending.queue(uow, made, uow.now + 2 * DAY))
    desk.door.clock.forward(DAY)
    await desk.deliver()
    assert desk.mail.cards == []
    desk.door.clock.forward(DAY)
    await desk.deliver()
    assert len(desk.mail.cards) == 1


async def test_a_mail_that_is_put_off_is_tried_again_and_every_copy_opens(desk: Desk) -> None:
    made = await invited(desk)
    desk.mail.fails = PUT_OFF
    await desk.deliver()
    assert await desk.state(made) is InvitationState.SCHEDULED
    desk.mail.fails = None
    desk.door.clock.forward(HOUR)
    await desk.deliver()
    assert await desk.opened(link_of(desk.mail.cards[0][1])) == await desk.now(made)
    assert await desk.state(made) is InvitationState.SENT
    assert desk.chat.cards == []


async def test_a_refused_recipient_is_told_to_the_inviter_who_can_send_again(desk: Desk) -> None:
    made = await invited(desk)
    desk.mail.fails = REFUSED
    await desk.deliver()
    assert await desk.state(made) is InvitationState.NOT_DELIVERED
    ((to, card),) = desk.chat.cards
    assert to == "web/@ada"
    assert plain(card.title) == "Your invitation for Nia Okafor could not be sent"
    assert "The mail server of nia@example.org refused it" in said(card)
    assert buttons(card)["Send again"] == Action("invite resend", {"invitation": made.id})
    assert (await desk.door.audit_entries())[-1].new == {"error": "refused"}

    desk.mail.fails = None
    await desk.door.database.run(lambda uow: sending.queue(uow, made))
    await desk.deliver()
    assert await desk.state(made) is InvitationState.SENT
    assert "sent" in said(desk.chat.redrawn[-1])
    assert buttons(desk.chat.redrawn[-1]) == {}


async def test_a_direct_message_goes_to_the_account_that_was_named(desk: Desk) -> None:
    made = await invited(desk, email="", account=NIA, way=Way.DM)
    await desk.deliver()
    ((to, _),) = desk.slack.cards
    assert to == "slack/@T1/U9"
    assert await desk.state(made) is InvitationState.SENT


async def test_the_inviter_is_told_of_people_who_take_no_direct_messages(desk: Desk) -> None:
    made = await invited(desk, email="", account=NIA, way=Way.DM)
    desk.slack.fails = DeliveryFailed("Slack did not take it: cannot_dm_bot", final=True)
    await desk.deliver()
    assert await desk.state(made) is InvitationState.NOT_DELIVERED
    ((to, card),) = desk.chat.cards
    assert to == "web/@ada"
    assert "They do not accept direct messages from me" in said(card)
    assert "Send again" in buttons(card)


async def test_an_account_that_only_signs_in_gets_no_direct_message(desk: Desk) -> None:
    made = await invited(desk, email="", account=AccountKey("google", "1"), way=Way.DM)
    assert await desk.state(made) is InvitationState.NOT_DELIVERED


async def test_a_second_failure_is_told_as_the_first(desk: Desk) -> None:
    made = await invited(desk)
    desk.mail.fails = REFUSED
    await desk.deliver()
    await desk.door.database.run(lambda uow: sending.queue(uow, made))
    await desk.deliver()
    assert len(desk.chat.cards) == 2


async def test_a_mail_that_nobody_takes_for_hours_is_given_up_and_told(desk: Desk) -> None:
    made = await invited(desk)
    desk.mail.fails = PUT_OFF
    for _ in range(MOST_ATTEMPTS):
        assert await desk.state(made) is InvitationState.SCHEDULED
        await desk.deliver()
        desk.door.clock.forward(HOUR)
    await desk.deliver()
    assert await desk.state(made) is InvitationState.NOT_DELIVERED
    assert "I tried for hours" in said(desk.chat.cards[0][1])


async def test_the_inviter_is_told_at_once_if_no_mail_is_set_up(desk: Desk) -> None:
    made = await invited(desk)
    notifiers: Notifiers = {Platform.EMAIL: NoMail(), Platform.WEB: desk.chat}
    desk.delivery = Delivery(desk.door.database, notifiers, desk.door.clock, Links(BASE_URL))
    await desk.deliver()
    assert await desk.state(made) is InvitationState.NOT_DELIVERED
    assert "This installation sends no e-mail" in said(desk.chat.cards[0][1])


async def test_what_the_operator_must_mend_loses_no_mail(desk: Desk) -> None:
    made = await invited(desk)
    desk.mail.fails = OURS
    for _ in range(3 * MOST_ATTEMPTS):
        await desk.deliver()
        desk.door.clock.forward(HOUR)
    assert await desk.state(made) is InvitationState.SCHEDULED
    desk.mail.fails = PUT_OFF
    await desk.deliver()
    assert await desk.state(made) is InvitationState.SCHEDULED, "those were no attempts"
    for _ in range(MOST_ATTEMPTS - 2):
        desk.door.clock.forward(HOUR)
        await desk.deliver()
    desk.mail.fails = OURS
    desk.door.clock.forward(HOUR)
    await desk.deliver()
    assert await desk.state(made) is InvitationState.SCHEDULED, "nor is it the last one"
    desk.mail.fails = None
    desk.door.clock.forward(HOUR)
    await desk.deliver()
    assert await desk.state(made) is InvitationState.SENT


async def test_an_inviter_without_a_chat_is_told_by_mail(desk: Desk) -> None:
    await invited(desk, inviter_account=None)
    desk.mail.fails, desk.mail.once = REFUSED, True
    await desk.deliver()
    ((to, card),) = desk.mail.cards
    assert to.startswith("email/@person:")
    assert "could not be sent" in plain(card.title)


@pytest.mark.parametrize(("way", "says"), [(Way.EMAIL, "no e-mail address"), (Way.DM, "no account")])
async def test_an_invitation_to_an_unreachable_person_counts_as_not_sent(
    desk: Desk, way: Way, says: str
) -> None:
    made = await invited(desk, email="", way=way)
    assert await desk.state(made) is InvitationState.NOT_DELIVERED
    letter = await desk.door.database.read(lambda uow: sending.letter(uow, made))
    assert letter is not None
    await desk.deliver()
    assert (desk.mail.cards, desk.chat.cards) == ([], [])
    assert says in plain(why(letter))


async def test_one_that_goes_by_hand_is_sent_nowhere(desk: Desk) -> None:
    made = await invited(desk, way=Way.HAND)
    await desk.deliver()
    assert desk.mail.cards == []
    assert await desk.state(made) is InvitationState.NOT_SENT

"""Delivering a broadcast: queue one notice for each recipient, in chunks, and store what became of each.

Each recipient has one row, and its state changes in the transaction that queues the notice. So after a crash
the notice is either queued or not, and nobody gets the broadcast twice.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import count

from bot.core import audit
from bot.core.errors import LimitReached
from bot.core.messages.broadcasts import (
    LONGEST_DELAY,
    Broadcast,
    BroadcastState,
    DeliveryMethod,
    Failure,
    NotSentReason,
    Recipient,
    RecipientState,
    may_send,
    tell_sender,
)
from bot.core.messages.recipients import is_still_for
from bot.core.notices import destinations, mail_addresses, pacing
from bot.core.notices.notices import Audience, Destination, Loss, Notice, redraw_copies, tell_once
from bot.core.ports import UnitOfWork
from bot.core.rights import acting
from bot.core.schools import quotas
from bot.core.stored import stored_school
from bot.core.values import replace

# How many notices one unit of work queues, and how many of one broadcast are in the outbox at a time. Other
# notices, such as a join request to decide, never wait behind more than that.
CHUNK, AHEAD = 50, 200
_AUDIENCES = {DeliveryMethod.CHAT: Audience.RECIPIENT, DeliveryMethod.MAIL: Audience.RECIPIENT_BY_MAIL}
_FAILURES = {
    Loss.REFUSED: Failure.REFUSED,
    Loss.GONE: Failure.GONE,
    Loss.TRIED: Failure.TRIED,
    Loss.NO_WAY: Failure.NO_WAY,
}


def go_on(uow: UnitOfWork, broadcast_id: str) -> bool:
    """Queue the next chunk of a broadcast, or end it if all are done; return whether anything was done."""
    held = hold(uow, broadcast_id)
    if held is None:
        return False
    if held.state is not BroadcastState.SENDING:
        return True  # `hold` has just ended it
    if held.gathering:
        return False
    under_way = uow.recipients.count_queued(held.id)
    waiting = (RecipientState.WAITING,)
    todo = uow.recipients.listed(held.id, waiting, after="", limit=min(CHUNK, AHEAD - under_way))
    if not todo:
        return under_way == 0 and _end(uow, held)
    if held.moved_at is not None and uow.now > held.moved_at + LONGEST_DELAY:
        for recipient in todo:
            _settle(uow, recipient, RecipientState.FAILED, why=Failure.LATE)
    else:
        turns = count(uow.recipients.count_queued(held.id, DeliveryMethod.CHAT) + 1)
        for recipient in todo:
            _write_to(uow, held, recipient, turns)
        uow.broadcasts.save(replace(held, moved_at=uow.now), expected=held.state)
    redraw_copies(uow, held.subject)
    return True


def hold(uow: UnitOfWork, broadcast_id: str) -> Broadcast | None:
    """Return a broadcast under way, locked; None if it is not under way.

    If its sender no longer has the right to send it, it is cancelled and returned as such.
    """
    known = uow.broadcasts.by_id(broadcast_id)
    stops = known is not None and not _may_go_on(uow, known)
    if known is not None and stops:
        uow.schools.lock(known.school_id)  # always before the things in a school
    held = uow.broadcasts.hold(broadcast_id)
    if held is None or held.state is not BroadcastState.SENDING:
        return None
    return _stop(uow, held) if stops else held


def _end(uow: UnitOfWork, held: Broadcast) -> bool:
    """End a broadcast whose recipients are all done; tell the sender if it was too late for some of them."""
    uow.broadcasts.save(replace(held, state=BroadcastState.DONE, ended_at=uow.now), expected=held.state)
    if any(why is Failure.LATE for _, _, why in uow.recipients.counts(held.id)):
        sender = acting.as_person(uow, held.created_by, held.front)
        tell_sender(uow, held, sender.caller.account, again=True)
    else:
        redraw_copies(uow, held.subject)
    return True


def _may_go_on(uow: UnitOfWork, broadcast: Broadcast) -> bool:
    """Return whether the sender of a broadcast still has the right to send it."""
    school = stored_school(uow, broadcast.school_id)
    sender = acting.as_person(uow, broadcast.created_by, broadcast.front)
    return may_send(uow, sender, school, broadcast.district_id)


def _stop(uow: UnitOfWork, held: Broadcast) -> Broadcast:
    """Cancel a broadcast whose sender has lost the right to send it; recipients who wait never get it."""
    over = held.cancelled(uow.now)
    uow.broadcasts.save(over, expected=held.state)
    audit.record_without_actor(
        uow,
        "message.cancelled",
        held.subject,
        front=audit.CLOCK,
        school_id=held.school_id,
        new={"error": NotSentReason.NO_RIGHT.value},
    )
    redraw_copies(uow, held.subject)
    return over


def _write_to(uow: UnitOfWork, broadcast: Broadcast, recipient: Recipient, turns: Iterator[int]) -> None:
    """Queue the notice for one recipient by the best way to reach them now.

    `turns` counts the chat notices of this broadcast on their way, by which they are paced.
    """
    person = uow.accounts.current(recipient.person_id)
    if person is None:
        _settle(uow, recipient, RecipientState.FAILED, why=Failure.ERASED)
        return
    if not is_still_for(uow, broadcast, person.id):
        _settle(uow, recipient, RecipientState.FAILED, why=Failure.LEFT)
        return
    details = uow.people.details(person.id)
    if not details.message_notifications:
        _settle(uow, recipient, RecipientState.OPTED_OUT)
        return
    chats = destinations.chats(uow, person.id) if broadcast.by is DeliveryMethod.CHAT else []
    if chats:
        late = pacing.delay(chats[0].platform, next(turns))
        _queue(uow, broadcast, recipient, DeliveryMethod.CHAT, chats[0], uow.now + late)
    elif mail_addresses.of_person(uow, person.id):
        _mail(uow, broadcast, recipient, counted=recipient.by is DeliveryMethod.MAIL)
    else:
        _settle(uow, recipient, RecipientState.NOWHERE)


def _mail(uow: UnitOfWork, broadcast: Broadcast, recipient: Recipient, *, counted: bool) -> None:
    """Queue a mail; unless it was `counted` when the broadcast started, count it against the quota now."""
    if not counted:
        try:
            quotas.mail(uow)
        except LimitReached:
            _settle(uow, recipient, RecipientState.FAILED, by=DeliveryMethod.MAIL, why=Failure.QUOTA)
            return
    _queue(uow, broadcast, recipient, DeliveryMethod.MAIL, destinations.mailbox(recipient.person_id))


def _queue(
    uow: UnitOfWork,
    broadcast: Broadcast,
    recipient: Recipient,
    by: DeliveryMethod,
    to: Destination,
    at: datetime | None = None,
) -> None:
    key = f"message {broadcast.id}/{recipient.person_id} {broadcast.round} {to}"
    notice_id = tell_once(uow, broadcast.subject_for(recipient.person_id), _AUDIENCES[by], to, key, at)
    _settle(uow, recipient, RecipientState.QUEUED, by=by, notice_id=notice_id)


def _settle(
    uow: UnitOfWork,
    recipient: Recipient,
    state: RecipientState,
    *,
    by: DeliveryMethod | None = None,
    why: Failure | None = None,
    notice_id: str | None = None,
) -> None:
    now = replace(recipient, state=state, by=by, why=why, notice_id=notice_id, at=uow.now)
    uow.recipients.settle(now, expected=recipient)


# The functions that `deliveries` calls before and after a notice is delivered.


def _carried(uow: UnitOfWork, notice: Notice) -> tuple[Broadcast, Recipient] | None:
    """Return the broadcast and the recipient that a notice is for.

    None if the recipient is erased, or if another notice carries the broadcast to them by now.
    """
    broadcast_id, _, person_id = notice.subject.partition(":")[2].partition("/")
    broadcast, person = uow.broadcasts.by_id(broadcast_id), uow.accounts.current(person_id)
    if broadcast is None or person is None:
        return None
    recipient = uow.recipients.of(broadcast.id, person.id)
    if recipient is None or recipient.notice_id != notice.id:
        return None
    return broadcast, recipient


def wanted(uow: UnitOfWork, notice: Notice) -> bool:
    """Return whether a notice is still to be sent: not cancelled, not too late, and still wanted."""
    carried = _carried(uow, notice)
    if carried is None:
        return False
    broadcast, recipient = carried
    if broadcast.state is BroadcastState.CANCELLED or recipient.state is RecipientState.SENT:
        return False
    if broadcast.state is BroadcastState.SENDING and not _may_go_on(uow, broadcast):
        return False
    if _is_late(uow, notice) or not is_still_for(uow, broadcast, recipient.person_id):
        return False
    return uow.people.details(recipient.person_id).message_notifications


def _is_late(uow: UnitOfWork, notice: Notice) -> bool:
    """Return whether a notice could not be delivered for so long that its content may be out of date."""
    return uow.now > notice.due_at + LONGEST_DELAY


def withheld(uow: UnitOfWork, notice: Notice) -> None:
    """Settle the recipient of a notice that was not sent: not reached, opted out, or waiting again."""
    carried = _carried(uow, notice)
    if carried is None or carried[1].state is not RecipientState.QUEUED:
        return
    broadcast, recipient = carried
    wants = uow.people.details(recipient.person_id).message_notifications
    if not wants:
        _settle(uow, recipient, RecipientState.OPTED_OUT)
    elif broadcast.state is BroadcastState.CANCELLED:
        _settle(uow, recipient, RecipientState.WAITING)
    elif not is_still_for(uow, broadcast, recipient.person_id):
        _settle(uow, recipient, RecipientState.FAILED, by=recipient.by, why=Failure.LEFT)
    elif _is_late(uow, notice):
        _settle(uow, recipient, RecipientState.FAILED, by=recipient.by, why=Failure.LATE)
    else:
        _settle(uow, recipient, RecipientState.WAITING)


def mint(uow: UnitOfWork, notice: Notice) -> str:
    """Return the token of the unsubscribe link for the mail's recipient; empty if they are gone."""
    carried = _carried(uow, notice)
    return uow.broadcasts.stop_token(carried[1].person_id) if carried else ""


def by_mail(notice: Notice) -> bool:
    """Return whether a notice is a mail, which has an unsubscribe link of its own."""
    return notice.audience is Audience.RECIPIENT_BY_MAIL


def arrived(uow: UnitOfWork, notice: Notice) -> None:
    """Store that a recipient got a broadcast."""
    carried = _carried(uow, notice)
    if carried is None:
        return
    broadcast, recipient = carried
    _settle(uow, recipient, RecipientState.SENT, by=recipient.by, notice_id=notice.id)
    if broadcast.state is not BroadcastState.SENDING:  # an admin resent the notice after the end
        redraw_copies(uow, broadcast.subject)


def failed(uow: UnitOfWork, notice: Notice, loss: Loss) -> None:
    """Try the recipient's next chat, and finally their e-mail address; if none is left, store the failure.

    A notice that was tried until it was given up may have arrived after all, so no other way is tried:
    nobody is to get a broadcast twice.
    """
    carried = _carried(uow, notice)
    if carried is None:
        return
    broadcast, recipient = carried
    chat = notice.audience is Audience.RECIPIENT
    if chat and broadcast.state is BroadcastState.SENDING and loss is not Loss.TRIED:
        ways = destinations.chats(uow, recipient.person_id)
        others = ways[ways.index(notice.to) + 1 :] if notice.to in ways else []
        if others:
            _queue(uow, broadcast, recipient, DeliveryMethod.CHAT, others[0])
            return
        if mail_addresses.of_person(uow, recipient.person_id):
            _mail(uow, broadcast, recipient, counted=False)
            return
    # The recipient keeps this notice's id: an admin may resend the notice by hand.
    why = _FAILURES[loss]
    _settle(uow, recipient, RecipientState.FAILED, by=recipient.by, why=why, notice_id=notice.id)

"""Sending a broadcast that was shown as a draft: now or at a set time, cancelling it, and trying it again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.core import audit, due_work
from bot.core.errors import BadValue, LimitReached, NothingToChange, Refusal
from bot.core.messages import drafts, gathering
from bot.core.messages.broadcasts import (
    KIND,
    LONGEST_DELAY,
    Broadcast,
    BroadcastState,
    BroadcastView,
    NotSentReason,
    find,
    tell_sender,
    view,
)
from bot.core.messages.drafts import AudienceSnapshot, Preview
from bot.core.notices.notices import redraw_copies
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights import acting
from bot.core.rights.actors import Actor
from bot.core.schools import quotas
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.stuck import ItemTracker
from bot.core.values import replace

# How many scheduled broadcasts one unit of work starts.
_BATCH = 5
_UNSENT = (BroadcastState.DRAFT, BroadcastState.SCHEDULED)


def _held(
    uow: UnitOfWork, actor: Actor, school: School, broadcast_id: str, *states: BroadcastState
) -> Broadcast | None:
    """Lock the school and then the broadcast; return it, or None if it is in none of these states by now."""
    uow.schools.lock(school.id)
    find(uow, actor, broadcast_id)  # checks the rights again, under the lock
    held = uow.broadcasts.hold(broadcast_id)
    return held if held and held.state in states else None


def current_audience(
    uow: UnitOfWork, actor: Actor, school: School, broadcast: Broadcast
) -> AudienceSnapshot | None:
    """Return the audience that an unsent broadcast would have now; None if it is under way or has ended."""
    current = uow.broadcasts.by_id(broadcast.id) or broadcast
    return gathering.audience(uow, actor, school, current) if current.state in _UNSENT else None


def show(
    uow: UnitOfWork, actor: Actor, school: School, broadcast: Broadcast, audience: AudienceSnapshot | None
) -> BroadcastView | Preview:
    """Return a draft's preview as of now; whoever sends it next agrees to the numbers shown here."""
    held = _held(uow, actor, school, broadcast.id, BroadcastState.DRAFT)
    if held is None or audience is None:
        return view(uow, broadcast)
    drafts.require(uow, actor, school, drafts.filter_of(held, school))
    return _show_again(uow, held, school, audience, stale=False)


def _show_again(
    uow: UnitOfWork, held: Broadcast, school: School, audience: AudienceSnapshot, *, stale: bool
) -> Preview:
    uow.broadcasts.save(replace(held, facts=audience.counts.facts), expected=held.state)
    return drafts.preview(held, school, audience, stale=stale)


def send(
    uow: UnitOfWork, actor: Actor, school: School, broadcast: Broadcast, audience: AudienceSnapshot | None
) -> BroadcastView | Preview:
    """Start sending a draft if its audience is still as shown, else show it again with the new numbers.

    Of two clicks, only the first one sends.
    """
    held = _held(uow, actor, school, broadcast.id, *_UNSENT)
    if held is None or audience is None:
        return view(uow, broadcast)
    drafts.require(uow, actor, school, drafts.filter_of(held, school))
    sender = members.enrol(uow, actor)
    if held.state is BroadcastState.DRAFT and audience.counts.facts != held.facts:
        return _show_again(uow, held, school, audience, stale=True)
    if not audience.counts.reached:
        raise NothingToChange("for nobody any more")
    _begin(uow, replace(actor, person=sender), held, audience)
    return view(uow, held)


def _begin(uow: UnitOfWork, actor: Actor, held: Broadcast, audience: AudienceSnapshot) -> None:
    """Start a broadcast within the quotas and store its recipients; the worker delivers it from now on."""
    counts = audience.counts
    quotas.messages(uow, held.school_id, people=counts.reached, mails=counts.mail)
    assert actor.person is not None  # noqa: S101 - the sender is a stored person
    begun = replace(
        held,
        state=BroadcastState.SENDING,
        started_at=uow.now,
        moved_at=uow.now,
        hindrance=None,
        created_by=actor.person.id,
        front=actor.caller.platform.value,
    )
    begun = gathering.begin(uow, begun, audience.people, counts.reached, counts.mail)
    uow.broadcasts.save(begun, expected=held.state)
    new = {"chat": counts.chat, "mail": counts.mail, "opted_out": counts.opted_out}
    audit.record(uow, actor, "message.sent", held.subject, school_id=held.school_id, new=new)
    tell_sender(uow, held, actor.caller.account)


def schedule(
    uow: UnitOfWork, actor: Actor, school: School, broadcast: Broadcast, at: datetime | None
) -> BroadcastView:
    """Schedule a broadcast, or change its time; its recipients are looked up when that time comes."""
    held = _held(uow, actor, school, broadcast.id, *_UNSENT)
    if held is None:
        return view(uow, broadcast)
    at = at or held.send_at
    if at is None:
        raise BadValue("at", "is missing", "Friday 17:00")
    drafts.require(uow, actor, school, drafts.filter_of(held, school))
    if held.state is BroadcastState.SCHEDULED and at == held.send_at:  # a second click
        return view(uow, held)
    if at <= uow.now:
        raise BadValue("at", "has gone by: choose another, or send it now", "Friday 17:00")
    sender = members.enrol(uow, actor)
    front = actor.caller.platform.value
    due = replace(
        held,
        state=BroadcastState.SCHEDULED,
        send_at=at,
        created_by=sender.id,
        front=front,
        hindrance=None,
    )
    uow.broadcasts.save(due, expected=held.state)
    new = {"at": at.isoformat()}
    audit.record(uow, actor, "message.scheduled", held.subject, school_id=school.id, new=new)
    redraw_copies(uow, held.subject)
    return view(uow, due)


def cancel(uow: UnitOfWork, actor: Actor, school: School, broadcast: Broadcast) -> BroadcastView:
    """Cancel a broadcast; recipients who have not got it yet never will."""
    held = _held(uow, actor, school, broadcast.id, *_UNSENT, BroadcastState.SENDING)
    if held is None:
        return view(uow, broadcast)
    over = held.cancelled(uow.now)
    uow.broadcasts.save(over, expected=held.state)
    if held.state is not BroadcastState.DRAFT or held.missed:  # only its author knew of a draft
        old = {"state": held.state.value}
        audit.record(uow, actor, "message.cancelled", held.subject, school_id=school.id, old=old)
        redraw_copies(uow, held.subject)
    return view(uow, over)


def missed(uow: UnitOfWork, school: School, broadcast: Broadcast) -> Sequence[str]:
    """Return the ids of those whom a finished broadcast has not reached and its filter still selects."""
    wanted = drafts.filter_of(broadcast, school) if broadcast.state is BroadcastState.DONE else None
    return uow.recipients.not_reached(broadcast.id, wanted, after="", limit=None) if wanted else ()


def send_again(
    uow: UnitOfWork, actor: Actor, school: School, broadcast: Broadcast, people: Sequence[str]
) -> BroadcastView:
    """Send a finished broadcast again to the people whom it has `missed`, and to nobody else."""
    held = _held(uow, actor, school, broadcast.id, BroadcastState.DONE)
    if held is None:
        return view(uow, broadcast)
    if not people:
        raise NothingToChange("with everyone whom it can reach")
    fresh = replace(
        held,
        state=BroadcastState.SENDING,
        created_by=members.enrol(uow, actor).id,
        front=actor.caller.platform.value,
        round=held.round + 1,
        ended_at=None,
        moved_at=uow.now,
    )
    fresh = gathering.begin(uow, fresh, gathering.if_few(people), len(people), 0)
    uow.broadcasts.save(fresh, expected=held.state)
    quotas.messages(uow, held.school_id, people=0, mails=0)  # the recipients are stored, and so are counted
    new = {"people": len(people)}
    audit.record(uow, actor, "message.sent_again", held.subject, school_id=school.id, new=new)
    tell_sender(uow, held, actor.caller.account)
    return view(uow, fresh)


def due_audiences(uow: UnitOfWork, tracker: ItemTracker) -> Mapping[str, AudienceSnapshot | None]:
    """Return the audience of each due scheduled broadcast by its id; None for one that may not be sent."""
    due = uow.broadcasts.due(uow.now, _BATCH)
    return {one.id: _audience_of(uow, one) for one in tracker.each(KIND, due, lambda one: one.id)}


def _audience_of(uow: UnitOfWork, due: Broadcast) -> AudienceSnapshot | None:
    school = stored_school(uow, due.school_id)
    try:
        return gathering.audience(uow, acting.as_person(uow, due.created_by, due.front), school, due)
    except Refusal:
        return None


def sweep(uow: UnitOfWork, tracker: ItemTracker, audiences: Mapping[str, AudienceSnapshot | None]) -> int:
    """Start the due scheduled broadcasts with the audiences that were seen for them; return how many."""

    def due() -> Sequence[Broadcast]:
        return [one for one in uow.broadcasts.due(uow.now, _BATCH) if one.id in audiences]

    return due_work.do_due(uow, tracker, KIND, due, lambda one: _sweep_one(uow, one, audiences[one.id]))


def _sweep_one(uow: UnitOfWork, due: Broadcast, audience: AudienceSnapshot | None) -> bool:
    """Start a scheduled broadcast whose school is locked; return False if another replica was faster."""
    held = uow.broadcasts.hold(due.id)
    if held is None or held.state is not BroadcastState.SCHEDULED:
        return False
    return _start_due(uow, held, audience)


def _start_due(uow: UnitOfWork, held: Broadcast, audience: AudienceSnapshot | None) -> bool:
    """Start a due broadcast as the person who scheduled it, or tell them why it was not sent.

    Returns False if it must be looked at again.
    """
    school = stored_school(uow, held.school_id)
    actor = acting.as_person(uow, held.created_by, held.front)
    try:
        wanted = drafts.filter_of(held, school)
        drafts.require(uow, actor, school, wanted)
        if held.send_at is not None and uow.now > held.send_at + LONGEST_DELAY:
            _back_to_draft(uow, held, actor)
            return True
        if audience is None:  # the sender has got the right back since the audience was looked up
            return False
        if audience.counts.reached:
            _begin(uow, actor, held, audience)
            return True
        hindrance = NotSentReason.NOBODY
    except LimitReached:
        hindrance = NotSentReason.QUOTA
    except Refusal:
        hindrance = NotSentReason.ARCHIVED if school.archived else NotSentReason.NO_RIGHT
    over = replace(held, state=BroadcastState.REFUSED, hindrance=hindrance, wanted="", ended_at=uow.now)
    _not_sent(uow, over, hindrance, actor)
    return True


def _back_to_draft(uow: UnitOfWork, held: Broadcast, actor: Actor) -> None:
    """Turn a broadcast that is too late back into a draft: it may be out of date, so its sender decides."""
    _not_sent(
        uow,
        replace(held, state=BroadcastState.DRAFT, hindrance=NotSentReason.LATE),
        NotSentReason.LATE,
        actor,
    )


def _not_sent(uow: UnitOfWork, broadcast: Broadcast, why: NotSentReason, actor: Actor) -> None:
    uow.broadcasts.save(broadcast, expected=BroadcastState.SCHEDULED)
    new = {"error": why.value}
    audit.record_without_actor(
        uow, "message.not_sent", broadcast.subject, front=audit.CLOCK, school_id=broadcast.school_id, new=new
    )
    if actor.person is not None:
        tell_sender(uow, broadcast, actor.caller.account, again=True)

"""Sending a message to many that was shown: now or at its time; cancelled, tried again."""

from datetime import datetime
from functools import partial

from bot.core import (
    acting,
    attending,
    audit,
    members,
    quotas,
)
from bot.core import broadcast_drafts as drafts
from bot.core.actors import Actor
from bot.core.broadcast_drafts import Preview
from bot.core.broadcasts import (
    KIND,
    LATEST,
    Broadcast,
    BroadcastState,
    BroadcastView,
    Hindrance,
    Reckoning,
    find,
    tell_sender,
    view,
)
from bot.core.errors import BadValue, LimitReached, NothingToChange, Refusal
from bot.core.notices import redraw_copies
from bot.core.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.stuck import Hand
from bot.core.values import replace

# So many scheduled messages one unit begins.
_BATCH = 5
_UNSENT = (BroadcastState.DRAFT, BroadcastState.SCHEDULED)


def _held(
    uow: UnitOfWork, actor: Actor, school: School, broadcast_id: str, *states: BroadcastState
) -> Broadcast | None:
    """Hold a message in one of some states, its school first; None if somebody was faster."""
    uow.schools.lock(school.id)
    find(uow, actor, broadcast_id)  # the rights that count are those under the lock
    held = uow.broadcasts.hold(broadcast_id)
    return held if held and held.state in states else None


def look(uow: UnitOfWork, actor: Actor, school: School, of: Broadcast) -> BroadcastView | Preview:
    """Show a draft as it would be read now; its numbers are what is agreed to then."""
    held = _held(uow, actor, school, of.id, BroadcastState.DRAFT)
    if held is None:
        return view(uow, of)
    wanted = drafts.wanted_of(held, school)
    drafts.require(uow, actor, school, wanted)
    return _shown_anew(uow, held, school, wanted, stale=False)


def _shown_anew(
    uow: UnitOfWork, held: Broadcast, school: School, wanted: PeopleFilter, *, stale: bool
) -> Preview:
    shown = drafts.preview(uow, held, school, wanted, stale=stale)
    uow.broadcasts.save(replace(held, facts=shown.reckoning.facts), expected=held.state)
    return shown


def send(uow: UnitOfWork, actor: Actor, school: School, of: Broadcast) -> BroadcastView | Preview:
    """Send a message that was shown if the numbers are the same, or show it anew; of two clicks one sends."""
    held = _held(uow, actor, school, of.id, *_UNSENT)
    if held is None:
        return view(uow, of)
    wanted = drafts.wanted_of(held, school)
    drafts.require(uow, actor, school, wanted)
    sender = members.enrol(uow, actor)
    reckoning = uow.recipients.reckon(wanted, held.by, ())
    if held.state is BroadcastState.DRAFT and reckoning.facts != held.facts:
        return _shown_anew(uow, held, school, wanted, stale=True)
    if not reckoning.reached:
        raise NothingToChange("for nobody any more")
    _begin(uow, replace(actor, person=sender), held, wanted, reckoning)
    return view(uow, held)


def _begin(
    uow: UnitOfWork, actor: Actor, held: Broadcast, wanted: PeopleFilter, reckoning: Reckoning
) -> None:
    """Store everyone whom a message is for; from now on the worker sends it."""
    quotas.messages(uow, held.school_id, people=reckoning.reached, mails=reckoning.mail)
    assert actor.person is not None  # noqa: S101 - whoever sends has become somebody
    begun = replace(
        held,
        state=BroadcastState.SENDING,
        started_at=uow.now,
        moved_at=uow.now,
        hindrance=None,
        wanted=replace(wanted, text="").pack(),
        created_by=actor.person.id,
        front=actor.caller.platform.value,
    )
    uow.broadcasts.save(begun, expected=held.state)
    uow.recipients.fill(held.id, wanted, held.by)
    new = {"chat": reckoning.chat, "mail": reckoning.mail, "opted_out": reckoning.opted_out}
    audit.record(uow, actor, "message.sent", held.subject, school_id=held.school_id, new=new)
    tell_sender(uow, held, actor.caller.account)


def schedule(
    uow: UnitOfWork, actor: Actor, school: School, of: Broadcast, at: datetime | None
) -> BroadcastView:
    """Let a message go out at its time. Whom it is for is worked out then."""
    held = _held(uow, actor, school, of.id, *_UNSENT)
    if held is None:
        return view(uow, of)
    at = at or held.send_at
    if at is None:
        raise BadValue("at", "is missing", "Friday 17:00")
    drafts.require(uow, actor, school, drafts.wanted_of(held, school))
    if held.state is BroadcastState.SCHEDULED and at == held.send_at:  # clicked once more
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


def cancel(uow: UnitOfWork, actor: Actor, school: School, of: Broadcast) -> BroadcastView:
    """Take a message back; whom it has not reached yet it never reaches."""
    held = _held(uow, actor, school, of.id, *_UNSENT, BroadcastState.SENDING)
    if held is None:
        return view(uow, of)
    over = held.cancelled(uow.now)
    uow.broadcasts.save(over, expected=held.state)
    if held.state is not BroadcastState.DRAFT or held.missed:  # nobody but its writer knew of a draft
        old = {"state": held.state.value}
        audit.record(uow, actor, "message.cancelled", held.subject, school_id=school.id, old=old)
        redraw_copies(uow, held.subject)
    return view(uow, over)


def again(uow: UnitOfWork, actor: Actor, school: School, of: Broadcast) -> BroadcastView:
    """Send a message again to those whom it has not reached and still means, and to nobody else."""
    held = _held(uow, actor, school, of.id, BroadcastState.DONE)
    if held is None:
        return view(uow, of)
    number = uow.recipients.again(held.id, drafts.wanted_of(held, school))
    if not number:
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
    uow.broadcasts.save(fresh, expected=held.state)
    quotas.messages(uow, held.school_id, people=0, mails=0)  # they wait by now, so they are counted
    audit.record(uow, actor, "message.sent_again", held.subject, school_id=school.id, new={"people": number})
    tell_sender(uow, held, actor.caller.account)
    return view(uow, fresh)


def attend(uow: UnitOfWork, hand: Hand) -> int:
    """Send the scheduled messages whose time has come; return how many."""
    due = partial(uow.broadcasts.due, uow.now, _BATCH)
    return attending.attend(uow, hand, KIND, due, partial(_attend, uow))


def _attend(uow: UnitOfWork, due: Broadcast) -> bool:
    """Send a scheduled message whose school is held; False if somebody was faster."""
    held = uow.broadcasts.hold(due.id)
    if held is None or held.state is not BroadcastState.SCHEDULED:
        return False
    _go_out(uow, held)
    return True


def _go_out(uow: UnitOfWork, held: Broadcast) -> None:
    """Send a scheduled message as whoever scheduled it, if they still may; else tell them."""
    school = uow.schools.by_id(held.school_id)
    assert school is not None  # noqa: S101 - a message's school cannot be deleted
    actor = acting.as_person(uow, held.created_by, held.front)
    try:
        wanted = drafts.wanted_of(held, school)
        drafts.require(uow, actor, school, wanted)
        if held.send_at is not None and uow.now > held.send_at + LATEST:
            _miss(uow, held, actor)
            return
        reckoning = uow.recipients.reckon(wanted, held.by, ())
        if reckoning.reached:
            _begin(uow, actor, held, wanted, reckoning)
            return
        hindrance = Hindrance.NOBODY
    except LimitReached:
        hindrance = Hindrance.QUOTA
    except Refusal:
        hindrance = Hindrance.NO_RIGHT
    over = replace(held, state=BroadcastState.REFUSED, hindrance=hindrance, wanted="", ended_at=uow.now)
    _not_sent(uow, over, hindrance, actor)


def _miss(uow: UnitOfWork, held: Broadcast, actor: Actor) -> None:
    """Make a draft again of what nothing could send at its time: it may tell of what is over."""
    _not_sent(uow, replace(held, state=BroadcastState.DRAFT, hindrance=Hindrance.LATE), Hindrance.LATE, actor)


def _not_sent(uow: UnitOfWork, of: Broadcast, why: Hindrance, actor: Actor) -> None:
    uow.broadcasts.save(of, expected=BroadcastState.SCHEDULED)
    new = {"error": why.value}
    audit.record_own(uow, "message.not_sent", of.subject, front=audit.CLOCK, school_id=of.school_id, new=new)
    if actor.person is not None:
        tell_sender(uow, of, actor.caller.account, anew=True)

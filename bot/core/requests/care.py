"""What approvers can do with a pending join request short of deciding it: claim, snooze or close it."""

from datetime import datetime, timedelta

from bot.core import audit
from bot.core.errors import BadValue, NothingToChange
from bot.core.joining_errors import AlreadyDecided, ApplicantPresent, RequestClaimed
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, redraw_copies, tell_each_time
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests, pending_memberships
from bot.core.requests.clock import next_step
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.values import replace

SNOOZE = timedelta(hours=4)
LONGEST_SNOOZE = timedelta(days=30)


def claim(uow: UnitOfWork, actor: Actor, request: JoinRequest, school: School) -> JoinRequest:
    """Claim a request, to show that the actor is handling it; others may still decide it.

    Refuses with `RequestClaimed` if another approver claimed it first, and may still decide it.
    """
    request = _held(uow, actor, request, school)
    person = members.enrol(uow, actor)
    if request.claimed_by == person.id:
        return request
    if join_requests.claim_stands(uow, request, school):
        raise RequestClaimed(request)
    claimed = replace(request, claimed_by=person.id, claimed_at=uow.now)
    _save_progress(uow, request, claimed)
    _redraw_and_audit(uow, actor, claimed, "claimed")
    return claimed


def release(uow: UnitOfWork, actor: Actor, request: JoinRequest, school: School) -> JoinRequest:
    """End a claim on a request, one's own or another approver's."""
    request = _held(uow, actor, request, school)
    if request.claimed_by is None:
        raise NothingToChange("free")
    released = replace(request, claimed_by=None, claimed_at=None)
    _save_progress(uow, request, released)
    _redraw_and_audit(uow, actor, released, "released")
    return released


def snooze(uow: UnitOfWork, actor: Actor, request: JoinRequest, school: School, until: datetime) -> None:
    """Remind the actor about a request at a later time, and send them no other reminder before then."""
    request = _held(uow, actor, request, school)
    if until > uow.now + LONGEST_SNOOZE:
        raise BadValue("until", f"is more than {LONGEST_SNOOZE.days} days away", "tomorrow 9:00")
    members.enrol(uow, actor)
    to = destinations.of_account(uow, actor.caller.account)
    if to is None:
        raise NothingToChange("out of reach")
    uow.outbox.drop(request.subject, Audience.SNOOZED, to)
    tell_each_time(uow, request.subject, Audience.SNOOZED, to, until)
    new = {"until": until.isoformat()}
    audit.record(uow, actor, "join_request.snoozed", request.subject, school_id=school.id, new=new)


def close(uow: UnitOfWork, actor: Actor, request: JoinRequest, school: School) -> JoinRequest:
    """Close the request of an applicant who has left the workspace; nobody is told.

    Refuses with `ApplicantPresent` if they have not left.
    """
    request = _held(uow, actor, request, school)
    if request.gone_at is None:
        raise ApplicantPresent
    person = members.enrol(uow, actor)
    closed = replace(request, state=RequestState.CLOSED, decided_by=person.id, decided_at=uow.now)
    if not uow.join_requests.decide(closed):
        raise AlreadyDecided(_current(uow, request))
    pending_memberships.undo_pending_membership(uow, request)
    _redraw_and_audit(uow, actor, closed, "closed")
    return closed


def _held(uow: UnitOfWork, actor: Actor, request: JoinRequest, school: School) -> JoinRequest:
    """Lock the school and return the request as it is now; refuses an actor who may not decide it."""
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.REQUEST_DECIDE, school)
    current = _current(uow, request)
    join_requests.refuse_undecidable(actor, current)
    return current


def _current(uow: UnitOfWork, request: JoinRequest) -> JoinRequest:
    return uow.join_requests.by_id(request.id) or request


def _save_progress(uow: UnitOfWork, before: JoinRequest, after: JoinRequest) -> None:
    """Store a changed request, with the time of its next step; refuses if it was decided meanwhile."""
    timed = replace(after, due_at=next_step(after, uow.settings.of(after.school_id), uow.now))
    if not uow.join_requests.save_progress(timed, expected=before):
        raise AlreadyDecided(_current(uow, before))


def _redraw_and_audit(uow: UnitOfWork, actor: Actor, request: JoinRequest, how: str) -> None:
    redraw_copies(uow, request.subject)
    audit.record(uow, actor, f"join_request.{how}", request.subject, school_id=request.school_id)

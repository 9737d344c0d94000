"""Asking to join a public school: at once if it lets everybody in, else by a join request."""

from datetime import datetime, timedelta

from bot.core import audit
from bot.core.errors import NotFound
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.joining_errors import (
    AlreadyDecided,
    AlreadyMember,
    AskAgainLater,
    InvitationEnded,
    SchoolPrivate,
)
from bot.core.people import members
from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.requests.questions import GivenAnswers, Question, answered
from bot.core.rights.actors import Actor
from bot.core.schools.schools import Approval, School, SchoolAccess
from bot.core.values import dataclass
from bot.core.workspaces import bans

# Nobody has decided such a request, so its applicant may file it again.
_UNANSWERED = {RequestState.LAPSED, RequestState.CLOSED}
# An invitation in such a state is closed for good or for now: a request that came by it is not filed again.
_SHUT = {InvitationState.REVOKED, InvitationState.LOCKED, InvitationState.CLEARED}


@dataclass(frozen=True, slots=True)
class PendingQuestions:
    """The questions that must be answered before anything happens.

    `with_others` says that the form combines the questions of several schools.
    """

    school: School
    questions: tuple[Question, ...]
    with_others: bool = False


def questions_for(uow: UnitOfWork, actor: Actor, school: School) -> PendingQuestions:
    """Return the questions of a public school to people who want to join; raise if the actor cannot join."""
    _former_membership(uow, actor, school)
    return PendingQuestions(school, uow.settings.of(school.id).questions)


def submit(
    uow: UnitOfWork, actor: Actor, school: School, given: GivenAnswers | None = None
) -> JoinRequest | PendingQuestions | None:
    """Ask to join a public school; return the request, or the questions if they are not answered yet.

    Returns None if the school lets everybody in: the actor is a member at once.
    """
    former = _former_membership(uow, actor, school)
    if _is_let_in(uow, actor, school, former):
        _enter(uow, actor, school, former)
        return None
    asked = uow.settings.of(school.id).questions
    answers = answered(asked, given)
    if answers is None:
        return PendingQuestions(school, asked)
    person, role = members.enrol(uow, actor), school.default_role
    request = join_requests.file(uow, actor, person, school, role, former=former, answers=answers)
    audit.record(uow, actor, "join_request.submitted", request.subject, school_id=school.id, by=person.id)
    return request


def ask_again(uow: UnitOfWork, actor: Actor, request: JoinRequest) -> JoinRequest | None:
    """File a lapsed or closed join request again, unless an admin has closed that way into the school since.

    Returns None if the school lets everybody in by now: the actor is a member at once.
    Raises `AlreadyDecided`, `AskAgainLater`, `SchoolPrivate` or `InvitationEnded`.
    """
    school, person = uow.schools.by_id(request.school_id), actor.person
    if school is None or school.archived or person is None or person.id != request.person_id:
        raise NotFound("request")
    former = uow.members.of(school.id, person.id)
    if former is not None:
        refuse_former(uow, school, former)
    if request.state not in _UNANSWERED:
        raise AlreadyDecided(request)
    _refuse_shut(uow, request, school)
    if request.invitation_id is None and _is_let_in(uow, actor, school, former):
        _enter(uow, actor, school, former)
        return None
    fresh = join_requests.file(
        uow,
        actor,
        person,
        school,
        request.role,
        invitation_id=request.invitation_id,
        former=former,
        answers=request.answers,
        late=request.late,
        further=request.further,
    )
    new: dict[str, object] = {"after": request.id}
    audit.record(uow, actor, "join_request.submitted", fresh.subject, school_id=school.id, new=new)
    return fresh


def unanswered(uow: UnitOfWork, invitation: Invitation, school: School, person_id: str) -> JoinRequest | None:
    """Return a person's last request by an invitation if nobody answered it and they may file it again."""
    if school.archived or invitation.state(uow.now) in _SHUT:
        return None
    last = uow.join_requests.last_of(school.id, person_id)
    mine = last is not None and last.invitation_id == invitation.id and last.state in _UNANSWERED
    return last if mine else None


def _refuse_shut(uow: UnitOfWork, request: JoinRequest, school: School) -> None:
    invitation = uow.invitations.by_id(request.invitation_id) if request.invitation_id else None
    if invitation is None:
        if school.access is not SchoolAccess.PUBLIC:
            raise SchoolPrivate
    elif invitation.state(uow.now) in _SHUT:
        raise InvitationEnded(invitation)


def _is_let_in(uow: UnitOfWork, actor: Actor, school: School, former: Membership | None) -> bool:
    """Return whether the actor, who is new or waits, is let in without the decision of an admin."""
    return (former is None or former.standing is Standing.PENDING) and _lets_in(uow, actor, school)


def _lets_in(uow: UnitOfWork, actor: Actor, school: School) -> bool:
    """Return whether a school lets everybody in, and has not banned the actor."""
    banned = bans.is_banned(uow, actor.person_id, school, actor.caller.account)
    return school.approval is Approval.AUTOMATIC and not banned


def _enter(uow: UnitOfWork, actor: Actor, school: School, former: Membership | None) -> None:
    if former is not None:
        uow.schools.lock(school.id)  # an admin may decide at this moment; before the person, as everywhere
    person, role = members.enrol(uow, actor), school.default_role
    if former is not None:
        join_requests.supersede_pending(uow, school.id, person.id)
    if members.activate(uow, school.id, person.id, role, by=None, former=former) is None:
        raise AlreadyMember(school)
    new: dict[str, object] = {"role": role}
    audit.record(uow, actor, "school.joined", school.subject, school_id=school.id, by=person.id, new=new)


def _former_membership(uow: UnitOfWork, actor: Actor, school: School) -> Membership | None:
    """Return the membership that the actor has in the school already, or None; raise if they cannot ask."""
    if school.archived or school.access is not SchoolAccess.PUBLIC:
        raise SchoolPrivate
    former = uow.members.of(school.id, actor.person_id) if actor.person_id else None
    if former is not None and not _may_enter_now(uow, actor, school, former):
        refuse_former(uow, school, former)
    return former


def _may_enter_now(uow: UnitOfWork, actor: Actor, school: School, former: Membership) -> bool:
    """Return whether the actor waits, never rejected, for a school that lets everybody in by now."""
    return _lets_in(uow, actor, school) and members.waits_unrejected(uow, former)


def refuse_former(uow: UnitOfWork, school: School, former: Membership) -> None:
    """Raise if a person is barred, a member already, waits for a decision, or was rejected too recently."""
    if former.barred_as == Standing.REJECTED.value:
        last = uow.join_requests.last_of(school.id, former.person_id)
        at = asks_again_at(school, last) if last is not None else None
        if at is not None and at > uow.now:
            raise AskAgainLater(school, at)
        return
    join_requests.refuse_present(uow, school, former)


def asks_again_at(school: School, request: JoinRequest) -> datetime | None:
    """Return when a rejected applicant may ask again; None if the request is not rejected."""
    if request.state is not RequestState.REJECTED or request.decided_at is None:
        return None
    return request.decided_at + timedelta(days=school.ask_again_days)


def can_ask_again_at(school: School, request: JoinRequest) -> datetime | None:
    """Return when a rejected applicant can ask again; None unless the school is public and not archived."""
    found = school.access is SchoolAccess.PUBLIC and not school.archived
    return asks_again_at(school, request) if found else None

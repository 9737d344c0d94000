"""Requests to join a school, and the decisions on them: of several clicks, the first wins."""

from datetime import datetime
from enum import StrEnum

from bot.core import audit
from bot.core.errors import NotFound
from bot.core.ids import new_id
from bot.core.joining_errors import AlreadyDecided, AlreadyMember, ApplicantBarred, OwnRequest, RequestPending
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, Destination, redraw_copies, tell
from bot.core.people import members
from bot.core.people.holdings import RecordKind
from bot.core.people.members import Access, Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests import mirror_answers, pace, pending_memberships
from bot.core.requests.questions import Answer
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.schools import quotas, which_school
from bot.core.schools.schools import School
from bot.core.stored import stored_person, stored_school
from bot.core.values import dataclass, replace

# How many approvers are sent direct messages at most.
MOST_APPROVER_DMS = 25
KIND = "join_request"


class RequestState(StrEnum):
    """The states of a join request; all but the first are final."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """A person's request to join a school, made from `account`; `role` is what they would get.

    An addressed invitation may give them `further` roles, which they get if they are let in with this one.

    While the request is pending, the person `claimed_by` is handling it, `escalation` says how far up it has
    been reported, and `due_at` when the sweep handles it next; `gone_at` is when the applicant left, if they
    did. `asked_in` is the id of the workspace from which they asked, if it is on the account's platform.
    `late` is the state of the invitation that they used, if it no longer let anybody in directly.
    """

    id: str
    school_id: str
    person_id: str
    account: AccountKey
    role: str
    submitted_at: datetime
    invitation_id: str | None = None
    state: RequestState = RequestState.PENDING
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str = ""
    answers: tuple[Answer, ...] = ()
    late: str = ""
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    reminded_at: datetime | None = None
    escalation: int = 0
    escalated_at: datetime | None = None
    gone_at: datetime | None = None
    due_at: datetime | None = None
    asked_in: str | None = None
    further: tuple[str, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """All roles that the applicant would get, or was given."""
        return (self.role, *self.further)

    @property
    def subject(self) -> str:
        """The request's name in notices and in the audit log."""
        return f"{KIND}:{self.id}"


def find(uow: UnitOfWork, actor: Actor, request_id: str) -> tuple[JoinRequest, School]:
    """Find a request; raise `NotFound` if it is not the actor's and they may not know of its school."""
    request = uow.join_requests.by_id(request_id)
    if request is None:
        raise NotFound("request")
    if actor.person_id == request.person_id:
        return request, stored_school(uow, request.school_id)
    return request, which_school.known(uow, actor, request.school_id, "request")


def file(
    uow: UnitOfWork,
    actor: Actor,
    person: Person,
    school: School,
    role: str,
    *,
    invitation_id: str | None = None,
    former: Membership | None = None,
    answers: tuple[Answer, ...] = (),
    late: str = "",
    further: tuple[str, ...] = (),
) -> JoinRequest:
    """Store a join request and its pending membership, and tell the approvers and the applicant."""
    pace.count(uow, actor.caller.account, school)
    if not members.await_approval(uow, school.id, person.id, former):
        waiting = uow.join_requests.pending_of(school.id, person.id)  # another click by the same person
        raise RequestPending(waiting) if waiting else AlreadyMember(school)
    request = JoinRequest(
        id=new_id(uow.now),
        school_id=school.id,
        person_id=person.id,
        account=actor.caller.account,
        role=role,
        submitted_at=uow.now,
        invitation_id=invitation_id,
        answers=answers,
        late=late,
        due_at=uow.now,  # the next sweep works out the right time from the settings
        asked_in=_where(actor),
        further=further,
    )
    uow.join_requests.add(request)
    announce(uow, request, school)
    return request


def announce(uow: UnitOfWork, request: JoinRequest, school: School) -> None:
    """Send the cards of a new request to the applicant and the approvers."""
    destinations.tell_account(uow, request.subject, Audience.APPLICANT, request.account, school.id)
    for place in approvers(uow, school, excluding=request.person_id):
        tell(uow, request.subject, Audience.APPROVER, place, school.id)


def _where(actor: Actor) -> str | None:
    """Return the id of the actor's workspace; None if it is on another platform than their account."""
    place, account = actor.caller.workspace, actor.caller.account
    return place.external_id if place is not None and place.platform == account.issuer else None


def refuse_present(uow: UnitOfWork, school: School, former: Membership) -> None:
    """Refuse a person whose membership is barred or active, or whose request to the school is pending."""
    members.refuse_barred(uow, former)
    if former.standing is Standing.ACTIVE:
        raise AlreadyMember(school)
    waiting = uow.join_requests.pending_of(school.id, former.person_id)
    if waiting is not None:
        raise RequestPending(waiting)


def approvers(uow: UnitOfWork, school: School, *, excluding: str) -> list[Destination]:
    """Return where approvers are told: in channels, and directly if the school wants it or has no channel."""
    places = destinations.channels(uow, school.id)
    if school.approver_dms or not places:
        places += destinations.of_holders(
            uow, school.id, Permission.REQUEST_DECIDE, MOST_APPROVER_DMS, excluding=excluding
        )
    return places


def claim_stands(uow: UnitOfWork, request: JoinRequest, school: School) -> bool:
    """Tell whether a request is claimed by somebody who may still decide it."""
    if request.claimed_by is None:
        return False
    return Permission.REQUEST_DECIDE in access.rights_of_person(uow, request.claimed_by, school).holds


def redraw_claimed(uow: UnitOfWork, person_id: str, school_id: str | None = None) -> None:
    """Redraw the cards of pending requests that name a person as their claimant, which is about to change."""
    for row in uow.holdings.records(RecordKind.CLAIMED, person_id, school_id):
        if row["state"] == RequestState.PENDING:
            redraw_copies(uow, f"{KIND}:{row['id']}")


def approve(
    uow: UnitOfWork, actor: Actor, request: JoinRequest, school: School, role: str | None
) -> JoinRequest:
    """Approve a pending request with a role, or with the proposed one if None.

    With the proposed role, the applicant also gets the request's further roles. Raise `AlreadyDecided` if
    somebody else decided first.
    """
    uow.schools.lock(school.id)  # so that no role is deleted, and the school not archived, in between
    school = uow.schools.by_id(school.id) or school
    request = uow.join_requests.by_id(request.id) or request
    _refuse_to_decide(uow, actor, request, school)
    granted = access.school_role(uow, actor, school, role or request.role)
    further = request.further if granted.name == request.role else ()
    _refuse_kept_out(uow, request)
    quotas.seat(uow, school.id)  # before anything is written: a bulk approval goes on after a refusal
    approved = replace(request, state=RequestState.APPROVED, role=granted.name, further=further)
    for name in approved.roles:
        access.grantable_role(uow, actor, school, name, target_id=request.person_id)
    decided = _decide(uow, actor, approved)
    membership = uow.members.of(school.id, request.person_id)
    if membership is None or not members.let_in(uow, membership):
        raise AlreadyDecided(request)
    for name in decided.roles:
        members.grant(uow, school.id, request.person_id, name, by=decided.decided_by)
    told = {"further": list(further)} if further else {}
    _conclude(uow, actor, decided, {"role": granted.name, **told})
    return decided


def reject(uow: UnitOfWork, actor: Actor, request: JoinRequest, school: School, reason: str) -> JoinRequest:
    """Reject a pending request; raise `AlreadyDecided` if somebody else decided first."""
    _refuse_to_decide(uow, actor, request, school)
    decided = _decide(uow, actor, replace(request, state=RequestState.REJECTED, reason=reason))
    membership = uow.members.of(school.id, request.person_id)
    if membership is None or not members.turn_away(uow, membership):
        raise AlreadyDecided(request)
    _conclude(uow, actor, decided, {"reason_given": bool(reason)})
    return decided


def withdraw(uow: UnitOfWork, actor: Actor, request: JoinRequest) -> JoinRequest:
    """Withdraw the actor's own request; they may ask again."""
    if actor.person_id != request.person_id:
        raise NotFound("request")
    decided = _decide(uow, actor, replace(request, state=RequestState.WITHDRAWN))
    pending_memberships.undo_pending_membership(uow, request)
    redraw_copies(uow, request.subject)
    _record(uow, actor, decided, {})
    return decided


def supersede(uow: UnitOfWork, request: JoinRequest, *, by: str) -> None:
    """Withdraw a request that is no longer needed because its applicant got in another way."""
    gone = replace(request, state=RequestState.WITHDRAWN, decided_by=by, decided_at=uow.now)
    if uow.join_requests.decide(gone):
        mirror_answers.decided(uow, gone)
        redraw_copies(uow, request.subject)


def supersede_pending(uow: UnitOfWork, school_id: str, person_id: str) -> None:
    """Withdraw a person's pending request to a school, if any, because they are getting in another way."""
    waiting = uow.join_requests.pending_of(school_id, person_id)
    if waiting is not None:
        supersede(uow, waiting, by=person_id)


def _refuse_to_decide(uow: UnitOfWork, actor: Actor, request: JoinRequest, school: School) -> None:
    access.require(uow, actor, Permission.REQUEST_DECIDE, school)
    refuse_undecidable(actor, request)


def _refuse_kept_out(uow: UnitOfWork, request: JoinRequest) -> None:
    """Refuse to approve an applicant who is barred, for example suspended: approval would not let them in."""
    membership = uow.members.of(request.school_id, request.person_id)
    waits = membership is not None and membership.standing is Standing.PENDING
    state = membership.barred_as if membership is not None and waits else None
    if state is None and uow.scim_users.barred(request.school_id, request.person_id):
        state = Access.DEACTIVATED.value
    if state is not None:
        raise ApplicantBarred(stored_person(uow, request.person_id).name, state)


def refuse_undecidable(actor: Actor, request: JoinRequest) -> None:
    """Refuse to decide the actor's own request, or one that is not pending any more."""
    if actor.person_id == request.person_id:
        raise OwnRequest(request)
    if request.state is not RequestState.PENDING:
        raise AlreadyDecided(request)


def _decide(uow: UnitOfWork, actor: Actor, request: JoinRequest) -> JoinRequest:
    person = members.enrol(uow, actor)
    decided = replace(request, decided_by=person.id, decided_at=uow.now)
    if not uow.join_requests.decide(decided):
        raise AlreadyDecided(uow.join_requests.by_id(request.id) or request)
    return decided


def _conclude(uow: UnitOfWork, actor: Actor, decided: JoinRequest, new: dict[str, object]) -> None:
    """Redraw every copy of the card, and send the applicant a new one: an edited message notifies nobody."""
    redraw_copies(uow, decided.subject)
    mirror_answers.decided(uow, decided)
    destinations.tell_account(uow, decided.subject, Audience.OUTCOME, decided.account)
    _record(uow, actor, decided, new)


def _record(uow: UnitOfWork, actor: Actor, decided: JoinRequest, new: dict[str, object]) -> None:
    audit.record(
        uow,
        actor,
        f"join_request.{decided.state.value}",
        decided.subject,
        school_id=decided.school_id,
        old={"state": RequestState.PENDING.value},
        new={"state": decided.state.value, **new},
    )

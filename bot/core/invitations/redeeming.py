"""Redeeming an invitation, which leads to a membership at once or to a join request."""

from datetime import UTC, datetime

from bot.core import audit
from bot.core.errors import OwnMembership, Refusal
from bot.core.ids import new_id
from bot.core.invitations import accepting, answering
from bot.core.invitations import views as invitation_views
from bot.core.invitations.accepting import Accepted
from bot.core.invitations.invitations import Invitation, InvitationState, Redemption
from bot.core.joining_errors import AlreadyMember, InvitationDead, InvitationUnusable
from bot.core.notices import destinations
from bot.core.people import members
from bot.core.people.members import Membership
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests
from bot.core.requests.asking import PendingQuestions
from bot.core.requests.join_requests import JoinRequest
from bot.core.requests.questions import Answer, GivenAnswers, Question, answered
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import Role
from bot.core.schools.schools import School
from bot.core.values import dataclass
from bot.core.workspaces import bans

# A revoked, cleared or declined code was taken back, and is more than just late.
_LATE = frozenset({InvitationState.EXPIRED, InvitationState.EXHAUSTED, InvitationState.LOCKED})
# Stands in for the school of an unknown code.
_NOWHERE = School("", "", datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Redeemed:
    """The result of a redemption: a membership, or the join request that was filed."""

    school: School
    role: str
    request: JoinRequest | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """How a person would come in by an invitation: to which school, and in which role.

    `late` is the state of an invitation that no longer lets anybody in, but may still be used to ask.
    `needs_approval` says whether an admin decides even if the invitation works.
    """

    invitation: Invitation
    school: School
    role: str
    former: Membership | None
    needs_approval: bool
    late: str = ""

    @property
    def needs_decision(self) -> bool:
        """Whether an admin decides."""
        return bool(self.late) or self.needs_approval


def redeem(
    uow: UnitOfWork, actor: Actor, typed: str, given: GivenAnswers | None = None
) -> Redeemed | Accepted | PendingQuestions:
    """Redeem a code or a link: become a member, or file a join request where the school wants approval.

    The use is taken by one conditional update in the transaction that makes the membership. A late code
    becomes a join request without taking a use, where the school allows it.
    """
    invitation, school = _invitation_and_school(uow, typed, hold=True)
    if invitation is not None and invitation.to is not None:
        if _may_know_of(uow, actor, invitation):
            return accepting.accept(uow, actor, invitation, holds_link=True, given=given)
        invitation, school = None, _NOWHERE  # strangers get the same answer as for an unknown code
    entry = _entry(uow, actor, invitation, school)
    asked = _questions(uow, entry)
    answers = answered(asked, given)
    if answers is None:
        return PendingQuestions(school, asked)
    if not entry.late:
        uow.invitations.take_use_or_retry(entry.invitation.id, uow.now)
    return _carry_out(uow, actor, entry, answers)


def questions_for(uow: UnitOfWork, actor: Actor, typed: str) -> PendingQuestions:
    """Return what a school asks of a person with a code, and change nothing.

    Refuses a person who could not redeem the code.
    """
    invitation, school = _invitation_and_school(uow, typed, hold=False)
    if invitation is not None and invitation.to is not None and _may_know_of(uow, actor, invitation):
        return accepting.questions_for(uow, actor, invitation, holds_link=True)
    entry = _entry(uow, actor, invitation, school)
    return PendingQuestions(school, _questions(uow, entry))


def _may_know_of(uow: UnitOfWork, actor: Actor, invitation: Invitation) -> bool:
    """Tell whether an actor with the code of an addressed invitation may learn that it exists."""
    return invitation.state(uow.now).alive or answering.could_answer(actor, invitation)


def _questions(uow: UnitOfWork, entry: _Entry) -> tuple[Question, ...]:
    return uow.settings.of(entry.school.id).questions if entry.needs_decision else ()


def _entry(uow: UnitOfWork, actor: Actor, invitation: Invitation | None, school: School) -> _Entry:
    """Find how the actor would come in by a code; refuses if they cannot."""
    former = uow.members.of(school.id, actor.person_id) if actor.person_id else None
    if former is not None and not admitted_at_once(uow, actor, invitation, school, former):
        join_requests.refuse_present(uow, school, former)
    late = late_state(invitation, school, uow.now)
    if invitation is None or not (late or invitation.state(uow.now) is InvitationState.OPEN):
        raise _dead_refusal(uow, actor, invitation, school)
    role = access.role_named(uow, school, invitation.role_for(school))
    if role is None or not access.inviter_may_still(uow, invitation.created_by, school, role):
        raise InvitationUnusable
    if invitation.created_by == actor.person_id and _gains(uow, actor, school, role):
        raise OwnMembership
    return _Entry(invitation, school, role.name, former, bans.needs_approval(uow, actor, school), late)


def _gains(uow: UnitOfWork, actor: Actor, school: School, role: Role) -> bool:
    """Tell whether a role holds anything beyond the actor's own rights.

    People may not redeem their own invitations to a role that they may grant but do not hold themselves.
    """
    return bool(role.holds - access.rights_of(uow, actor, school).holds)


def admitted_at_once(
    uow: UnitOfWork, actor: Actor, invitation: Invitation | None, school: School, former: Membership
) -> bool:
    """Tell whether a person who waits for a school has an invitation that lets them in at once."""
    is_open = invitation is not None and invitation.state(uow.now) is InvitationState.OPEN
    shut = not is_open or bans.needs_approval(uow, actor, school)
    return not shut and members.waits_unrejected(uow, former)


def late_state(invitation: Invitation | None, school: School, now: datetime) -> str:
    """Return the state of a dead code with which one may still ask to join; "" for any other code."""
    state = invitation.state(now) if invitation else None
    return state.value if state in _LATE and school.late_codes else ""


def _invitation_and_school(uow: UnitOfWork, typed: str, *, hold: bool) -> tuple[Invitation | None, School]:
    """Find the invitation and school behind a code or link; an unknown code costs the same query."""
    found = invitation_views.with_school(uow, typed, hold=hold)
    return (None, _NOWHERE) if found is None or found[1].archived else found


def _dead_refusal(uow: UnitOfWork, actor: Actor, invitation: Invitation | None, school: School) -> Refusal:
    """Choose the refusal for a dead invitation: those who may see it get the reason, the rest one answer."""
    may_know = access.holds(uow, actor, Permission.INVITATION_READ, school)
    if invitation is not None and may_know:
        return InvitationDead(invitation)
    return InvitationUnusable()


def _carry_out(uow: UnitOfWork, actor: Actor, entry: _Entry, answers: tuple[Answer, ...]) -> Redeemed:
    invitation, school, role, late = entry.invitation, entry.school, entry.role, entry.late
    person, former = members.enrol(uow, actor), entry.former
    request: JoinRequest | None = None
    if entry.needs_decision:
        by = invitation.id
        request = join_requests.file(
            uow, actor, person, school, role, invitation_id=by, former=former, answers=answers, late=late
        )
    else:
        _let_in(uow, entry, person)
    destinations.keep_proved_address(uow, actor.caller, person.id)
    if request is not None and late:
        new: dict[str, object] = {"role": role, "late": late, "invitation": invitation.id}
        about = request.subject
        audit.record(uow, actor, "join_request.submitted", about, school_id=school.id, by=person.id, new=new)
        return Redeemed(school, role, request)
    uow.invitations.add_redemption(Redemption(new_id(uow.now), invitation.id, person.id, uow.now))
    audit.record(
        uow,
        actor,
        "invitation.redeemed",
        invitation.subject,
        school_id=school.id,
        by=person.id,
        new={"role": role, "standing": "pending" if entry.needs_decision else "active"},
    )
    return Redeemed(school, role, request)


def _let_in(uow: UnitOfWork, entry: _Entry, person: Person) -> None:
    """Make a person a member, and end the join request that they had waiting."""
    school, former = entry.school, entry.former
    if former is not None:
        join_requests.supersede_pending(uow, school.id, person.id)
    by = entry.invitation.created_by
    if members.activate(uow, school.id, person.id, entry.role, by=by, former=former) is None:
        raise AlreadyMember(school)

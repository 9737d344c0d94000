"""Accepting or declining an addressed invitation: only its addressee can, only once, in one transaction.

Everything is checked first: nothing is written unless at least one grant can be given.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TypeAlias

from bot.core import audit
from bot.core.email_addresses import same_email
from bot.core.ids import new_id
from bot.core.invitations import answering
from bot.core.invitations.addressees import Addressee, Grant
from bot.core.invitations.answering import AnswerAttempt
from bot.core.invitations.invitations import Invitation, InvitationState, Redemption
from bot.core.joining_errors import InvitationEnded, InvitationVoid, MembershipBarred
from bot.core.notices import destinations
from bot.core.notices.notices import redraw_copies
from bot.core.people import members, merging
from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests, pending_memberships
from bot.core.requests.asking import PendingQuestions
from bot.core.requests.join_requests import JoinRequest
from bot.core.requests.questions import Answer, GivenAnswers, answered, for_school, merged
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person
from bot.core.rights.roles import ScopeKind
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace
from bot.core.workspaces import bans

# A school that the addressee can join by an invitation, and the roles they get there.
SchoolRoles: TypeAlias = tuple[School, tuple[str, ...]]


class LeftOutReason(StrEnum):
    """Why a role that an invitation offers was not granted."""

    GONE = "gone"
    NOT_ALLOWED = "not allowed"
    BARRED = "barred"


@dataclass(frozen=True, slots=True)
class Entered:
    """A school that the addressee joined, with their roles; if an admin must approve, with the `request`."""

    school: School
    roles: tuple[str, ...]
    request: JoinRequest | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A role that an invitation offers and that was not granted."""

    school: School
    role: str
    why: LeftOutReason


@dataclass(frozen=True, slots=True)
class Accepted:
    """The result of accepting an invitation."""

    invitation: Invitation
    entered: tuple[Entered, ...]
    left_out: tuple[LeftOut, ...]


def questions_for(
    uow: UnitOfWork, actor: Actor, invitation: Invitation, *, holds_link: bool
) -> PendingQuestions:
    """Return the questions to answer when accepting an invitation; raise if the actor cannot accept it.

    Changes nothing.
    """
    attempt = answering.hold_for_answer(uow, actor, invitation, holds_link=holds_link)
    possible, _ = _split_grants(uow, attempt, uow.schools.by_id)
    return _pending_questions(uow, actor, attempt, possible)


def accept(
    uow: UnitOfWork,
    actor: Actor,
    invitation: Invitation,
    *,
    holds_link: bool,
    given: GivenAnswers | None = None,
) -> Accepted | PendingQuestions:
    """Accept an invitation: its use is taken by one conditional update, and all changes happen or none.

    `holds_link` says that the actor came with the invitation's link or code, not just with its id. If an
    admin must approve and the school's questions are not answered yet, they are returned and nothing changes.
    Raises `InvitationEnded` if the invitation has ended in the meantime.
    """
    attempt = answering.hold_for_answer(uow, actor, invitation, holds_link=holds_link)
    possible, left_out = _split_grants(uow, attempt, uow.schools.hold)
    asked = _pending_questions(uow, actor, attempt, possible)
    answers = answered(asked.questions, given)
    if answers is None:
        return asked
    if not uow.invitations.take_use(invitation.id, uow.now):
        raise InvitationEnded(uow.invitations.by_id(invitation.id) or invitation)
    person = _link_account(uow, actor, attempt)
    entered = tuple(_enter(uow, actor, person, attempt, school, roles, answers) for school, roles in possible)
    for school_id in sorted({one.school.id for one in left_out} - {one.school.id for one in entered}):
        _drop_list_entry(uow, school_id, person.id)
    _keep_address(uow, actor, person, attempt.to)
    destinations.keep_proved_address(uow, actor.caller, person.id)
    uow.followings.nudge_those_of(person.id)  # several schools may change, but only one is audited
    uow.invitations.add_redemption(Redemption(new_id(uow.now), invitation.id, person.id, uow.now))
    redraw_copies(uow, invitation.subject)
    audit.record(
        uow,
        actor,
        "invitation.accepted",
        invitation.subject,
        school_id=invitation.school_id,
        by=person.id,
        new={
            "granted": [_audited(one.school, *one.roles, waits=one.request is not None) for one in entered],
            "left_out": [_audited(one.school, one.role, why=one.why.value) for one in left_out],
        },
    )
    return Accepted(uow.invitations.by_id(invitation.id) or invitation, entered, left_out)


def _audited(school: School, *roles: str, **how: object) -> dict[str, object]:
    return {"school": school.id, "roles": list(roles), **how}


def decline(uow: UnitOfWork, actor: Actor, invitation: Invitation, *, holds_link: bool) -> Invitation:
    """Decline an invitation for good; the actor's account is not linked to the addressee.

    Raises `InvitationEnded` if the invitation has ended in the meantime.
    """
    attempt = answering.hold_for_answer(uow, actor, invitation, holds_link=holds_link)
    if not uow.addressed.decline(invitation.id, uow.now):
        raise InvitationEnded(uow.invitations.by_id(invitation.id) or invitation)
    redraw_copies(uow, invitation.subject)
    audit.record(
        uow,
        actor,
        "invitation.declined",
        invitation.subject,
        school_id=invitation.school_id,
        by=attempt.addressee.id,
        new={"state": InvitationState.DECLINED.value},
    )
    return uow.invitations.by_id(invitation.id) or invitation


def still_grantable(uow: UnitOfWork, invitation: Invitation) -> tuple[tuple[School, str], ...]:
    """Return the schools and roles of an invitation that its inviter could still grant to a newcomer."""
    grantable = []
    for grant in uow.addressed.grants(invitation.id) or _grants_of_open(uow, invitation):
        found = access.role_at(uow, grant.school_id, grant.role)
        if found and access.inviter_may_still(uow, invitation.created_by, *found):
            school, role = found
            grantable.append((school, role.name))
    return tuple(grantable)


def _grants_of_open(uow: UnitOfWork, invitation: Invitation) -> Sequence[Grant]:
    home = uow.schools.by_id(invitation.school_id)
    return [Grant(home.id, invitation.role_for(home))] if home else []


def _split_grants(
    uow: UnitOfWork, attempt: AnswerAttempt, find: Callable[[str], School | None]
) -> tuple[list[SchoolRoles], tuple[LeftOut, ...]]:
    """Return what can be granted now, school by school, and what cannot; raise if nothing can."""
    possible: dict[str, SchoolRoles] = {}
    left_out: list[LeftOut] = []
    barred: list[MembershipBarred] = []
    for grant in attempt.grants:
        school = find(grant.school_id)
        assert school is not None  # noqa: S101 - a grant's school cannot be deleted
        membership = _membership(uow, attempt, school)
        why = _why_not(uow, attempt, school, grant.role, membership)
        if why is not None:
            left_out.append(LeftOut(school, grant.role, why))
            if why is LeftOutReason.BARRED and membership is not None:
                barred.append(MembershipBarred(membership, school))
        else:
            _, roles = possible.get(school.id, (school, ()))
            possible[school.id] = (school, (*roles, grant.role))
    if not possible:
        raise barred[0] if barred else InvitationVoid()
    return list(possible.values()), tuple(left_out)


def _membership(uow: UnitOfWork, attempt: AnswerAttempt, school: School) -> Membership | None:
    """Return the membership that the addressee will have once the actor's account is theirs."""
    found = [
        one for one in (uow.members.of(school.id, person_id) for person_id in sorted(attempt.ids)) if one
    ]
    return merging.combined(*found) if len(found) > 1 else next(iter(found), None)


def _pending_questions(
    uow: UnitOfWork, actor: Actor, attempt: AnswerAttempt, possible: Sequence[SchoolRoles]
) -> PendingQuestions:
    """Combine the questions of the schools where an admin will decide, the invitation's own school first."""
    home = attempt.invitation.school_id
    asking = [
        school
        for school, _ in sorted(possible, key=lambda one: one[0].id != home)
        if bans.needs_approval(uow, actor, school) and not _is_in(_membership(uow, attempt, school))
    ]
    questions = merged(uow.settings.of(school.id).questions for school in asking)
    return PendingQuestions(asking[0] if asking else possible[0][0], questions, with_others=len(asking) > 1)


def _is_in(membership: Membership | None) -> bool:
    return membership is not None and membership.standing is Standing.ACTIVE


def _why_not(
    uow: UnitOfWork, attempt: AnswerAttempt, school: School, name: str, membership: Membership | None
) -> LeftOutReason | None:
    """Return why a grant cannot be given, checked as if the inviter gave it now; None if it can."""
    inviter = attempt.invitation.created_by
    role = access.role_named(uow, school, name)
    if school.archived or role is None or role.level is not ScopeKind.SCHOOL:
        return LeftOutReason.GONE
    if inviter in attempt.ids or not access.inviter_may_still(uow, inviter, school, role):
        return LeftOutReason.NOT_ALLOWED
    return LeftOutReason.BARRED if membership is not None and membership.barred_as is not None else None


def _link_account(uow: UnitOfWork, actor: Actor, attempt: AnswerAttempt) -> Person:
    """Link the actor's account to the addressee, or merge the two people; return the person who remains."""
    if attempt.account_owner is None:
        uow.accounts.take(actor.caller.account, attempt.addressee.id, uow.now)
    elif attempt.needs_link:
        takes = answering.may_take_address(uow, actor, attempt)
        plan = merging.plan(uow, attempt.addressee, attempt.account_owner)
        merging.apply(uow, actor, plan, takes_address=takes)
        return attempt.account_owner
    return attempt.addressee


def _drop_list_entry(uow: UnitOfWork, school_id: str, person_id: str) -> None:
    """Remove the pending membership of a person in a school that they were invited to but cannot join."""
    membership = uow.members.of(school_id, person_id)
    if membership is not None and answering.is_list_entry(uow, membership):
        pending_memberships.end_pending_membership(uow, membership)


def _keep_address(uow: UnitOfWork, actor: Actor, person: Person, to: Addressee) -> None:
    """Store the invitation's address for a person who has none, if the platform says it is the actor's."""
    details = uow.people.details(person.id)
    if to.email and not details.email and same_email(actor.caller.verified_email, to.email):
        uow.people.save_details(person.id, replace(details, email=to.email))


def _enter(
    uow: UnitOfWork,
    actor: Actor,
    person: Person,
    attempt: AnswerAttempt,
    school: School,
    roles: tuple[str, ...],
    answers: Sequence[Answer],
) -> Entered:
    """Add a person to a school with all their roles, or file their join request."""
    membership = uow.members.of(school.id, person.id)
    if not _is_in(membership):
        join_requests.supersede_pending(uow, school.id, person.id)
        if bans.needs_approval(uow, actor, school):
            request = join_requests.file(
                uow,
                actor,
                person,
                school,
                roles[0],
                further=roles[1:],
                invitation_id=attempt.invitation.id,
                former=membership,
                answers=for_school(uow.settings.of(school.id).questions, answers),
            )
            return Entered(school, roles, request)
        by = attempt.invitation.created_by
        members.activate(uow, school.id, person.id, roles[0], by=by, former=membership)
    for role in roles:
        members.grant(uow, school.id, person.id, role, by=attempt.invitation.created_by)
    return Entered(school, roles)

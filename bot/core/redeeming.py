"""Redeeming an invitation: a membership at once, or a request that waits."""

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.core import accepting, access, audit, join_requests, members
from bot.core.accepting import Accepted
from bot.core.actors import Actor
from bot.core.errors import AlreadyMember, InvitationDead, InvitationUnusable, Refusal, RequestPending
from bot.core.ids import new_id
from bot.core.invitations import Invitation, InvitationState, Redemption, by_typed
from bot.core.join_requests import JoinRequest
from bot.core.members import Membership, Standing
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School

# The school of codes that are unknown.
_NOWHERE = School("", "", datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a redemption led to: a membership at once, or a request that waits."""

    school: School
    role: str
    request: JoinRequest | None = None


def needs_approval(school: School) -> bool:
    """Tell whether whoever redeems an invitation of this school waits for an admin."""
    return school.asks_invited


def redeem(uow: UnitOfWork, actor: Actor, typed: str) -> Redeemed | Accepted:
    """Redeem a code or a link: a membership, or a request where the school wants approval.

    The use is taken by one conditional update in the transaction that makes the membership.
    """
    invitation, school = _behind(uow, typed)
    if invitation is not None and invitation.to is not None:
        return accepting.accept(uow, actor, invitation, holds_link=True)
    former = uow.members.of(school.id, actor.person_id) if actor.person_id else None
    _refuse_known(uow, school, former)
    if invitation is None or invitation.state(uow.now) is not InvitationState.OPEN:
        raise _dead(uow, actor, invitation, school)
    role = access.role_named(uow, school, invitation.role_for(school))
    if role is None or not access.inviter_may_still(uow, invitation.created_by, school, role):
        raise InvitationUnusable
    if not uow.invitations.take_use(invitation.id, uow.now):
        raise _dead(uow, actor, uow.invitations.by_id(invitation.id) or invitation, school)
    return _enter(uow, actor, invitation, school, role.name, former)


def _behind(uow: UnitOfWork, typed: str) -> tuple[Invitation | None, School]:
    """Find what a code or link opens. Of one that is unknown the same is asked, so that it takes as long."""
    invitation = by_typed(uow, typed)
    school = uow.schools.by_id(invitation.school_id if invitation else _NOWHERE.id)
    return (None, _NOWHERE) if school is None or school.archived else (invitation, school)


def _refuse_known(uow: UnitOfWork, school: School, former: Membership | None) -> None:
    if former is None:
        return
    members.refuse_barred(uow, former)
    if former.standing is Standing.ACTIVE:
        raise AlreadyMember(school)
    request = uow.join_requests.pending_of(school.id, former.person_id)
    if request is not None:
        raise RequestPending(request)


def _dead(uow: UnitOfWork, actor: Actor, invitation: Invitation | None, school: School) -> Refusal:
    """Choose what to say of a dead invitation: the reason to those who may know, one answer to the rest."""
    may_know = access.holds(uow, actor, Permission.INVITATION_READ, school)
    if invitation is not None and may_know:
        return InvitationDead(invitation)
    return InvitationUnusable()


def _enter(
    uow: UnitOfWork,
    actor: Actor,
    invitation: Invitation,
    school: School,
    role: str,
    former: Membership | None,
) -> Redeemed:
    person = members.enrol(uow, actor)
    at_once = not needs_approval(school)
    request: JoinRequest | None = None
    if at_once:
        by = invitation.created_by
        if members.activate(uow, school.id, person.id, role, by=by, former=former) is None:
            raise AlreadyMember(school)
    else:
        request = join_requests.file(
            uow, actor, person, school, role, invitation_id=invitation.id, former=former
        )
    uow.invitations.add_redemption(Redemption(new_id(uow.now), invitation.id, person.id, uow.now))
    audit.record(
        uow,
        actor,
        "invitation.redeemed",
        invitation.subject,
        school_id=school.id,
        by=person.id,
        new={"role": role, "standing": "active" if at_once else "pending"},
    )
    return Redeemed(school, role, request)

"""Replacing an invitation with the same one under a new link and code."""

from bot.core import audit
from bot.core.invitations import addressed, invitations
from bot.core.invitations.addressed import Invitee, Offer
from bot.core.invitations.invitations import Invitation
from bot.core.joining_errors import AlreadyReissued
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School

_REISSUED = "invitation.reissued"


def reissue(uow: UnitOfWork, actor: Actor, invitation: Invitation, school: School) -> Invitation:
    """Revoke an invitation and make the same one again, with a new link and code.

    Raises `AlreadyReissued` with the invitation that replaced it, since people click twice.
    """
    access.require(uow, actor, Permission.INVITATION_REVOKE, school)
    grants = uow.addressed.grants(invitation.id)
    addressed.lock_schools(uow, {school.id, *(one.school_id for one in grants)})
    before = uow.audit.last(invitation.school_id, [invitation.subject], {_REISSUED})
    made = uow.invitations.by_id(str(before.new["invitation"])) if before and before.new else None
    if made is not None:
        raise AlreadyReissued(made)
    invitations.revoke(uow, actor, invitation, school)
    fresh = make_again(uow, actor, invitation, school)
    audit.record(
        uow,
        actor,
        _REISSUED,
        invitation.subject,
        school_id=invitation.school_id,
        new={"invitation": fresh.id},
    )
    return fresh


def make_again(uow: UnitOfWork, actor: Actor, invitation: Invitation, school: School) -> Invitation:
    """Make the same invitation again, with a new link and code, and as long a life."""
    expires_at, to = invitation.expiry_counted_from(uow.now), invitation.to
    if to is None:
        return invitations.create(
            uow,
            actor,
            school,
            role=invitation.role,
            uses_allowed=invitation.uses_allowed,
            expires_at=expires_at,
            note=invitation.note,
            label=invitation.label,
        )
    grants = uow.addressed.grants(invitation.id)
    given = [(uow.schools.by_id(one.school_id), one.role) for one in grants]
    first = [(one, role) for one, role in given if one is not None and one.id == school.id]
    others = [(one, role) for one, role in given if one is not None and one.id != school.id]
    recipient = Invitee(to.name, to.email, to.account, to.person_id)
    return addressed.create(uow, actor, recipient, Offer((*first, *others), expires_at, invitation.note))

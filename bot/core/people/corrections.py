"""A corrected e-mail address of a person, which their unanswered invitations by e-mail follow."""

from collections.abc import Mapping

from bot.core import audit
from bot.core.errors import Refusal
from bot.core.invitations import sending
from bot.core.invitations.invitations import Invitation
from bot.core.people import people
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School


def edit(
    uow: UnitOfWork, actor: Actor, school: School, person_id: str, changes: Mapping[str, object]
) -> list[Invitation]:
    """Change the details of a member; return the invitations that wait to be sent to their new address.

    Raises what `people.edit` raises.
    """
    uow.schools.lock(school.id)
    uow.people.lock(person_id)  # else another admin may be replacing the address that is read now
    before = uow.people.details(person_id).email
    after = people.edit(uow, actor, school, person_id, changes).email
    return follow(uow, actor, person_id, before, after)


def follow(uow: UnitOfWork, actor: Actor, person_id: str, before: str, after: str) -> list[Invitation]:
    """Give a person's unanswered invitations by e-mail their corrected address, as far as the actor may.

    Return, as they were before, those that wait to be sent to it.
    """
    if not after or people.email_key(before) == people.email_key(after):
        return []
    # Without an address before, only their invitations knew one.
    return [one for one in uow.addressed.mailed_to(person_id, before) if _follows(uow, actor, one, after)]


def _follows(uow: UnitOfWork, actor: Actor, invitation: Invitation, address: str) -> bool:
    """Give an invitation the corrected address; return whether it now has to be sent again.

    Only if the actor could make it: else somebody who may only edit people could have what others offer.
    """
    if not _could_make(uow, actor, invitation) or not uow.addressed.readdress(invitation.id, address):
        return False
    audit.record(
        uow, actor, "invitation.readdressed", invitation.subject, school_id=invitation.school_id, new={}
    )
    return sending.start_over(uow, invitation)


def _could_make(uow: UnitOfWork, actor: Actor, invitation: Invitation) -> bool:
    for one in uow.addressed.grants(invitation.id):
        school = uow.schools.by_id(one.school_id)
        if school is None or not access.holds(uow, actor, Permission.INVITATION_CREATE, school):
            return False
        target = invitation.to.person_id if invitation.to else None
        try:
            access.grantable_role(uow, actor, school, one.role, target_id=target)
        except Refusal:
            return False
    return True

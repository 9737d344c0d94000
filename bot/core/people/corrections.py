"""An e-mail address that is corrected or taken away, which its person's invitations by e-mail follow."""

from collections.abc import Mapping

from bot.core import audit
from bot.core.email_addresses import email_key
from bot.core.errors import Refusal
from bot.core.invitations import sending
from bot.core.invitations.invitations import Invitation
from bot.core.notices.notices import redraw_copies
from bot.core.people import people
from bot.core.people.holdings import RecordKind
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
    people.lock_member(uow, school, person_id)  # else the address read now could be replaced meanwhile
    before = uow.people.details(person_id).email
    after = people.edit(uow, actor, school, person_id, changes).email
    if before and not after:
        _forget(uow, actor, school, person_id)
    return follow(uow, actor, person_id, before, after)


def forget(uow: UnitOfWork, actor: Actor, school: School, person_id: str) -> bool:
    """Take away the address that only a member's invitations know; return whether there was one."""
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.MEMBER_EDIT, school)
    people.refuse_above(uow, actor, school, person_id)
    return _forget(uow, actor, school, person_id)


def _forget(uow: UnitOfWork, actor: Actor, school: School, person_id: str) -> bool:
    """Delete a member's address from the school's invitations, and clear those that were not answered."""
    every = (
        uow.invitations.by_id(str(row["id"]))
        for row in uow.holdings.records(RecordKind.ADDRESSED, person_id, school.id)
    )
    found = [one for one in every if one is not None and one.to is not None and one.to.email]
    for one in found:
        ends = uow.addressed.clear(one.id, uow.now)
        if ends:
            access.require(uow, actor, Permission.INVITATION_REVOKE, school)
        uow.addressed.forget_address(one.id)
        redraw_copies(uow, one.subject)
        done = "invitation.cleared" if ends else "invitation.readdressed"
        audit.record(uow, actor, done, one.subject, school_id=school.id, new={})
    return bool(found)


def follow(uow: UnitOfWork, actor: Actor, person_id: str, before: str, after: str) -> list[Invitation]:
    """Give a person's unanswered invitations by e-mail their corrected address, as far as the actor may.

    Return, as they were before, those that wait to be sent to it.
    """
    if not after or email_key(before) == email_key(after):
        return []
    # Without an address before, only their invitations knew one, which may be the same.
    found = [one for one in uow.addressed.mailed_to(person_id, before) if not _goes_to(one, after)]
    return [one for one in found if _follows(uow, actor, one, after)]


def _goes_to(invitation: Invitation, address: str) -> bool:
    return invitation.to is not None and email_key(invitation.to.email) == email_key(address)


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

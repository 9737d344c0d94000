"""Posting open invitations in channels; their cards there are redrawn when they end."""

from bot.core import audit
from bot.core.errors import BadValue
from bot.core.invitations import redeeming, sending
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.joining_errors import InvitationDead, InvitationVoid
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, Destination, Loss, Notice, tell_each_time
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School, SchoolAccess
from bot.core.stored import stored_school
from bot.core.values import dataclass

_POSTED = "invitation.posted"


@dataclass(frozen=True, slots=True)
class Posted:
    """What the card of a posted invitation shows; `late` says that it only lets people ask to join by now."""

    invitation: Invitation
    school: School
    state: InvitationState
    late: bool = False


def may_post(uow: UnitOfWork, invitation: Invitation, school: School, *, confirmed: bool) -> bool:
    """Tell whether an invitation may be posted to a channel; a private school's only if `confirmed`.

    Raise `InvitationDead` if it is not open, or `InvitationVoid` if it would let nobody in.
    """
    if invitation.to is not None:
        raise BadValue("invitation", "is for one person alone: send it to them instead")
    if invitation.state(uow.now) is not InvitationState.OPEN:
        raise InvitationDead(invitation)
    if sending.leads_nowhere(uow, invitation):
        raise InvitationVoid
    return confirmed or school.access is SchoolAccess.PUBLIC


def post(uow: UnitOfWork, actor: Actor, invitation: Invitation, school: School) -> bool:
    """Post an invitation in the actor's channel, and record where, since leaks are looked for there first.

    Return False outside of channels, where the caller has to show the card.
    """
    access.require(uow, actor, Permission.INVITATION_VIEW_SECRET, school)
    person, caller = members.enrol(uow, actor), actor.caller
    new: dict[str, object] = {"channel": caller.channel or ""}
    audit.record(uow, actor, _POSTED, invitation.subject, school_id=school.id, by=person.id, new=new)
    if caller.workspace is None or not caller.channel:
        return False
    uow.leaks.mark_posted(invitation.id, uow.now)
    to = Destination.in_channel(caller.workspace, caller.channel)
    if to not in uow.outbox.places(invitation.subject, Audience.POSTED):  # else somebody clicked twice
        tell_each_time(uow, invitation.subject, Audience.POSTED, to)
    return True


def posted(uow: UnitOfWork, invitation: Invitation) -> Posted:
    """Gather what the card of a posted invitation shows now."""
    school = stored_school(uow, invitation.school_id)
    late = bool(redeeming.late_state(invitation, school, uow.now))
    return Posted(invitation, school, invitation.state(uow.now), late)


# Called before a delivery and with its outcome; see `deliveries`.


def wanted(uow: UnitOfWork, notice: Notice) -> bool:
    """Tell whether an invitation should still be posted: it may have ended since it was queued."""
    invitation = uow.invitations.by_id(notice.subject.partition(":")[2])
    is_open = invitation is not None and invitation.state(uow.now) is InvitationState.OPEN
    return invitation is not None and is_open and not sending.leads_nowhere(uow, invitation)


def failed(uow: UnitOfWork, notice: Notice, _: Loss) -> None:
    """Tell whoever posted an invitation that their channel did not take it."""
    entry = uow.audit.last(notice.school_id or "", [notice.subject], {_POSTED})
    places = destinations.of_people(uow, [entry.actor_id] if entry and entry.actor_id else [])
    here = [one for one in places if one.platform is notice.to.platform]
    for place in (here or places)[:1]:
        tell_each_time(uow, notice.subject, Audience.ADMIN, place)

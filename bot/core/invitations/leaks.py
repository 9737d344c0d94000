"""Leaked codes: a rush of redemptions is noticed; admins can lock a code and suspend who came in with it."""

from datetime import datetime, timedelta

from bot.core import audit
from bot.core.bulk.acts import Act
from bot.core.bulk.planning import BulkRequest
from bot.core.errors import BadValue, NothingToChange
from bot.core.invitations import views as invitation_views
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, redraw_copies, tell_each_time
from bot.core.people import members
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.stuck import ItemTracker
from bot.core.values import dataclass

RUSH = "rush"
# The period in which the redemptions of a rush are counted.
WITHIN = timedelta(minutes=10)
# How old an invitation must be before its usual speed is known.
_KNOWN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Watch:
    """What counts as a rush: `many` redemptions within the period, or `times_usual` as many as usual.

    What is usual is known only of invitations that are a day old; fewer than `few` are never a rush.
    """

    many: int = 30
    times_usual: int = 5
    few: int = 10

    def is_rush(self, invitation: Invitation, number: int, now: datetime) -> bool:
        """Tell whether this number of redemptions within the period is a rush."""
        if number >= self.many:
            return True
        age = now - WITHIN - invitation.created_at
        if number < self.few or age < _KNOWN_AFTER:
            return False
        usual = (invitation.uses_taken - number) / (age / WITHIN)
        return number > self.times_usual * usual


@dataclass(frozen=True, slots=True)
class Rush:
    """What admins are shown of an invitation that is redeemed unusually fast."""

    invitation: Invitation
    school: School
    state: InvitationState
    number: int
    noticed_at: datetime | None


def lock(uow: UnitOfWork, actor: Actor, invitation: Invitation, school: School) -> None:
    """Lock an open invitation: nobody can redeem it until it is unlocked. Members stay."""
    if invitation.to is not None:
        raise BadValue("invitation", "is for one person alone: clear it, or send it again with a new link")
    access.require(uow, actor, Permission.INVITATION_REVOKE, school)
    if not uow.leaks.lock(invitation.id, uow.now):
        raise _as_it_stands(uow, invitation)
    _changed(uow, actor, invitation, "invitation.locked")


def unlock(uow: UnitOfWork, actor: Actor, invitation: Invitation, school: School) -> None:
    """Unlock an invitation, so that it can be redeemed again.

    This gives its role to whoever has the code, so the actor must have the role, or be able to grant it.
    """
    access.require(uow, actor, Permission.INVITATION_REVOKE, school)
    invitation_views.require_within(uow, actor, school, invitation)
    if not uow.leaks.unlock(invitation.id):
        raise _as_it_stands(uow, invitation)
    _changed(uow, actor, invitation, "invitation.unlocked")


def _as_it_stands(uow: UnitOfWork, invitation: Invitation) -> NothingToChange:
    current = uow.invitations.by_id(invitation.id) or invitation
    return NothingToChange(current.state(uow.now).value)


def _changed(uow: UnitOfWork, actor: Actor, invitation: Invitation, action: str) -> None:
    person = members.enrol(uow, actor)
    redraw_copies(uow, invitation.subject)
    audit.record(uow, actor, action, invitation.subject, school_id=invitation.school_id, by=person.id)


def tell_of_rushes(uow: UnitOfWork, tracker: ItemTracker, *, watch: Watch) -> int:
    """Tell admins of invitations that are redeemed unusually fast, once for each; return of how many."""
    told = 0
    off = uow.stuck.waiting(RUSH, uow.now)
    found = uow.leaks.rushed(uow.now - WITHIN, min(watch.few, watch.many))
    rushed = [one for one in found if one[0] not in off]
    for invitation_id, number in tracker.each(RUSH, rushed, lambda one: one[0]):
        invitation = uow.invitations.by_id(invitation_id)
        if invitation is None or not watch.is_rush(invitation, number, uow.now):
            continue
        if uow.leaks.alarm(invitation_id, uow.now):  # no other replica has told them
            told += 1
            for place in destinations.admins(uow, invitation.school_id, Permission.INVITATION_REVOKE):
                tell_each_time(uow, invitation.subject, Audience.WATCHER, place)
    return told


def rush(uow: UnitOfWork, invitation: Invitation) -> Rush:
    """Gather what admins are shown of a rush on an invitation."""
    school = stored_school(uow, invitation.school_id)
    at = uow.leaks.alarmed_at(invitation.id)
    number = uow.leaks.count_redemptions(invitation.id, at - WITHIN, at) if at else 0
    return Rush(invitation, school, invitation.state(uow.now), number, at)


def suspension(invitation: Invitation, school: School) -> BulkRequest:
    """Return the bulk request to suspend everyone who came in through an invitation."""
    return BulkRequest(Act.SUSPEND, PeopleFilter(school.id, came_by=invitation.id))

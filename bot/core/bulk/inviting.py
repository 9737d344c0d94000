"""Inviting many people at once: who is invited, whose invitation is sent, and who is invited again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.core.errors import NotFound, NothingToChange
from bot.core.invitations import addressed, answering, reissuing, sending
from bot.core.invitations.addressed import Invitee, Offer
from bot.core.invitations.addressees import Way
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.people.members import Membership
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools import quotas
from bot.core.schools.schools import School
from bot.core.values import dataclass

if TYPE_CHECKING:
    from bot.core.bulk.planning import Item

# The states of an invitation that waits for somebody to send it.
UNSENT = frozenset({InvitationState.NOT_SENT, InvitationState.NOT_DELIVERED})


@dataclass(frozen=True, slots=True)
class Invite:
    """Invites a member who has no account yet; the invitation is sent at once, or only made.

    If `sends`, an invitation that is prepared already, or could not be sent, is sent; somebody who is on the
    list only for an invitation that has expired is invited to the same again.
    """

    sends: bool

    def state(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        """Return how the person or their invitation stands, or raise if they cannot be invited."""
        uow.schools.lock(school.id)
        access.require(uow, actor, Permission.INVITATION_CREATE, school)
        membership = uow.members.of(school.id, item.person_id)
        if membership is None:
            raise NotFound("member")
        waiting = uow.addressed.newest_of(school.id, item.person_id)
        if waiting is not None and self._sends(uow, school, waiting):
            return waiting.state(uow.now).value
        if waiting is not None and self._repeats(uow, school, membership, waiting):
            for grant in uow.addressed.grants(waiting.id):
                access.grantable_role(uow, actor, school, grant.role, target_id=item.person_id)
            return InvitationState.EXPIRED.value
        waits = waiting is not None and waiting.state(uow.now).alive
        if waits or not membership.active or uow.people.accounts([item.person_id]):
            raise NothingToChange(membership.status)
        for name in self._roles(uow, school, item):
            access.grantable_role(uow, actor, school, name, target_id=item.person_id)
        return membership.status

    def _sends(self, uow: UnitOfWork, school: School, waiting: Invitation) -> bool:
        """Tell whether an invitation of this school has not reached anybody yet, and is to be sent now."""
        unsent = waiting.state(uow.now) in UNSENT
        return self._goes(waiting, school) and unsent and sending.is_of_use(uow, waiting)

    def _repeats(self, uow: UnitOfWork, school: School, membership: Membership, waiting: Invitation) -> bool:
        """Tell whether somebody was invited to this school alone, and their invitation has expired.

        Not if it lasted longer than the school allows by now.
        """
        end = waiting.expiry_counted_from(uow.now)
        if end is not None and quotas.ends_too_late(uow.settings.of(school.id), end, uow.now):
            return False
        expired = waiting.state(uow.now) is InvitationState.EXPIRED
        here = all(one.school_id == school.id for one in uow.addressed.grants(waiting.id))
        return self._goes(waiting, school) and expired and here and answering.is_list_entry(uow, membership)

    def _goes(self, invitation: Invitation, school: School) -> bool:
        to = invitation.to
        return self.sends and to is not None and to.way is not Way.HAND and invitation.school_id == school.id

    def do(self, uow: UnitOfWork, actor: Actor, school: School, item: "Item") -> str:
        """Invite the person, and return the id of the invitation."""
        waiting = uow.addressed.newest_of(school.id, item.person_id)
        if waiting is not None and waiting.state(uow.now).alive:  # `state` found that it is to be sent
            sending.require_room(uow, waiting)
            return addressed.send(uow, actor, waiting, school).id
        membership = uow.members.of(school.id, item.person_id)
        if waiting is not None and membership and self._repeats(uow, school, membership, waiting):
            sending.require_room(uow, waiting)
            again = reissuing.make_again(uow, actor, waiting, school)
            return addressed.send(uow, actor, again, school).id
        person = uow.people.by_id(item.person_id)
        assert person is not None  # noqa: S101 - a member is a stored person
        email = uow.people.details(item.person_id).email
        to = Invitee(person.name, email, person_id=item.person_id)
        offer = Offer(tuple((school, role) for role in self._roles(uow, school, item)))
        if self.sends and email:
            quotas.mail(uow)
        made = addressed.create(uow, actor, to, offer)
        if self.sends and email:
            addressed.send(uow, actor, made, school)
        return made.id

    @staticmethod
    def _roles(uow: UnitOfWork, school: School, item: "Item") -> Sequence[str]:
        return uow.members.roles(school.id, item.person_id) or [school.default_role]

"""What whoever holds a link may see of its invitation, and one's own schools. Nothing here changes anything."""

from dataclasses import dataclass

from bot.core import access
from bot.core.actors import Actor, Person
from bot.core.invitations import Invitation, InvitationState
from bot.core.join_requests import JoinRequest
from bot.core.members import Membership
from bot.core.ports import UnitOfWork
from bot.core.schools import School, Workspace


@dataclass(frozen=True, slots=True)
class OwnSchool:
    """A school as its own member sees it: how they stand, what they are, where the school meets."""

    school: School
    membership: Membership
    roles: tuple[str, ...]
    request: JoinRequest | None
    workspaces: tuple[Workspace, ...]


@dataclass(frozen=True, slots=True)
class Doorstep:
    """An invitation as the holder of its link sees it; `known` is a membership that they have there."""

    invitation: Invitation
    school: School
    inviter: Person | None
    usable: bool
    known: Membership | None


def look(uow: UnitOfWork, token: str, actor: Actor | None) -> Doorstep | None:
    """Find what a link leads to. None is the one answer to strangers for whatever does not work."""
    invitation = uow.invitations.by_token(token)
    school = uow.schools.by_id(invitation.school_id) if invitation else None
    if invitation is None or school is None:
        return None
    person_id = actor.person_id if actor else None
    known = uow.members.of(school.id, person_id) if person_id else None
    usable = _usable(uow, invitation, school)
    if not usable and known is None:
        return None
    return Doorstep(invitation, school, uow.people.by_id(invitation.created_by), usable, known)


def _usable(uow: UnitOfWork, invitation: Invitation, school: School) -> bool:
    """Tell whether someone could come in by an invitation now."""
    role = access.role_named(uow, school, invitation.role_for(school))
    return (
        not school.archived
        and invitation.state(uow.now) is InvitationState.OPEN
        and role is not None
        and access.inviter_may_still(uow, invitation.created_by, school, role)
    )


def own_schools(uow: UnitOfWork, person_id: str | None) -> tuple[OwnSchool, ...]:
    """List all schools of a person, by name, with how they stand in each."""
    found = []
    for membership in uow.members.of_person(person_id) if person_id else ():
        school = uow.schools.by_id(membership.school_id)
        if school is not None:
            roles = tuple(uow.members.roles(school.id, membership.person_id))
            request = uow.join_requests.last_of(school.id, membership.person_id)
            serving = tuple(uow.schools.serving(school.id)) if membership.active else ()
            found.append(OwnSchool(school, membership, roles, request, serving))
    return tuple(sorted(found, key=lambda own: own.school.name.casefold()))

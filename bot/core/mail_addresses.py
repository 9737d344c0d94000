"""The address that a mail goes to, looked up by what knows it, such as `person:<id>`."""

from bot.core.actors import Person
from bot.core.ports import UnitOfWork
from bot.core.values import dataclass

PERSON, INVITATION, REQUEST = "person", "invitation", "join_request"


@dataclass(frozen=True, slots=True)
class Recipient:
    """An e-mail address, and the zone in which its owner reads times."""

    address: str
    zone: str | None = None


def recipient(uow: UnitOfWork, whom: str) -> Recipient | None:
    """Look up the address that a mail goes to; None once nobody has one."""
    kind, _, of = whom.partition(":")
    if kind == INVITATION:
        return _invited(uow, of)
    if kind == REQUEST:
        return _asking(uow, of)
    person = uow.accounts.current(of) if kind == PERSON else None
    details = uow.people.details(person.id) if person else None
    if person is None or details is None or not details.email:
        return None
    return Recipient(details.email, details.zone or _zone_of_school(uow, person.id))


def address(uow: UnitOfWork, whom: str) -> str:
    """Look up the address alone: what is queued for a stranger asks as much as for somebody known."""
    kind, _, of = whom.partition(":")
    if kind == INVITATION:
        invitation = uow.invitations.by_id(of)
        return invitation.to.email if invitation and invitation.to else ""
    if kind == REQUEST:
        request = uow.join_requests.by_id(of)
        return request.address if request else ""
    person = uow.accounts.current(of) if kind == PERSON else None
    return uow.people.details(person.id).email if person else ""


def _zone_of_school(uow: UnitOfWork, person_id: str) -> str | None:
    """Tell the zone of the school that somebody came to first, where they have set none of their own."""
    found = sorted(uow.members.of_person(person_id), key=lambda one: (not one.active, one.id))
    school = uow.schools.by_id(found[0].school_id) if found else None
    return school.zone if school else None


def _invited(uow: UnitOfWork, invitation_id: str) -> Recipient | None:
    invitation = uow.invitations.by_id(invitation_id)
    if invitation is None or invitation.to is None or not invitation.to.email:
        return None
    person = uow.people.by_id(invitation.to.person_id)
    return Recipient(invitation.to.email, _zone(uow, person, invitation.school_id))


def _asking(uow: UnitOfWork, request_id: str) -> Recipient | None:
    """Look up the address of a request: of somebody who has neither a chat nor an address that is known."""
    request = uow.join_requests.by_id(request_id)
    if request is None or not request.address:
        return None
    person = uow.accounts.current(request.person_id)
    return Recipient(request.address, _zone(uow, person, request.school_id))


def _zone(uow: UnitOfWork, person: Person | None, school_id: str) -> str | None:
    """Tell somebody's own zone, or else the one of the school that writes to them."""
    school = uow.schools.by_id(school_id)
    return (person.zone if person else None) or (school.zone if school else None)

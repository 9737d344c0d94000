"""The address that a mail goes to, looked up by what knows it, such as `person:<id>`."""

from bot.core.actors import Person
from bot.core.ports import UnitOfWork
from bot.core.values import dataclass

PERSON, INVITATION = "person", "invitation"


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
    person = uow.accounts.current(of) if kind == PERSON else None
    if person is None or not (to := of_person(uow, person.id)):
        return None
    return Recipient(to, uow.people.details(person.id).zone or _zone_of_school(uow, person.id))


def address(uow: UnitOfWork, whom: str) -> str:
    """Look up the address alone: what is queued for a stranger asks as much as for somebody known."""
    kind, _, of = whom.partition(":")
    if kind == INVITATION:
        invitation = uow.invitations.by_id(of)
        return invitation.to.email if invitation and invitation.to else ""
    person = uow.accounts.current(of) if kind == PERSON else None
    return of_person(uow, person.id) if person else ""


def of_person(uow: UnitOfWork, person_id: str) -> str:
    """Return where a person is written to: the address that is known of them, else one that they proved."""
    return uow.people.details(person_id).email or uow.accounts.proved(person_id)


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


def _zone(uow: UnitOfWork, person: Person | None, school_id: str) -> str | None:
    """Tell somebody's own zone, or else the one of the school that writes to them."""
    school = uow.schools.by_id(school_id)
    return (person.zone if person else None) or (school.zone if school else None)

"""The address that an e-mail goes to, looked up when it is sent by a key such as `person:<id>`."""

from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person
from bot.core.values import dataclass

PERSON, INVITATION = "person", "invitation"


@dataclass(frozen=True, slots=True)
class Recipient:
    """An e-mail address, and the time zone in which its owner is shown times."""

    address: str
    zone: str | None = None


def recipient(uow: UnitOfWork, whom: str) -> Recipient | None:
    """Look up the recipient of an e-mail; None if the person or invitation is gone, or has no address."""
    kind, _, of = whom.partition(":")
    if kind == INVITATION:
        return _invited(uow, of)
    person = uow.accounts.current(of) if kind == PERSON else None
    if person is None or not (to := of_person(uow, person.id)):
        return None
    return Recipient(to, uow.people.details(person.id).zone or _zone_of_school(uow, person.id))


def address(uow: UnitOfWork, whom: str) -> str:
    """Return the address alone, or "". It takes as many queries for a stranger as for a known person."""
    kind, _, of = whom.partition(":")
    if kind == INVITATION:
        invitation = uow.invitations.by_id(of)
        return invitation.to.email if invitation and invitation.to else ""
    person = uow.accounts.current(of) if kind == PERSON else None
    return of_person(uow, person.id) if person else ""


def of_person(uow: UnitOfWork, person_id: str) -> str:
    """Return a person's e-mail address: the one in their details, else the one that they proved, else ""."""
    return uow.people.details(person_id).email or uow.accounts.proved_email(person_id)


def _zone_of_school(uow: UnitOfWork, person_id: str) -> str | None:
    """Return the time zone of a person's first school, preferring schools where they are active."""
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
    """Return a person's own time zone, or else that of the school that writes to them."""
    school = uow.schools.by_id(school_id)
    return (person.zone if person else None) or (school.zone if school else None)

"""The address that a mail goes to, looked up by whom it is for: `person:<id>` or `invitation:<id>`."""

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
    details = uow.people.details(person.id) if person else None
    return Recipient(details.email, details.zone) if details and details.email else None


def _invited(uow: UnitOfWork, invitation_id: str) -> Recipient | None:
    invitation = uow.invitations.by_id(invitation_id)
    if invitation is None or invitation.to is None or not invitation.to.email:
        return None
    person = uow.people.by_id(invitation.to.person_id)
    school = uow.schools.by_id(invitation.school_id)
    zone = (person.zone if person else None) or (school.zone if school else None)
    return Recipient(invitation.to.email, zone)

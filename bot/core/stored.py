"""Look-ups by ids that the database stores, of things that are never deleted and so must exist."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.audit import AuditEntry
    from bot.core.ports import UnitOfWork
    from bot.core.rights.actors import Person
    from bot.core.schools.schools import School


def stored_school(uow: "UnitOfWork", school_id: str) -> "School":
    """Return the school with a stored id; raises `LookupError` if there is none."""
    school = uow.schools.by_id(school_id)
    if school is None:
        raise LookupError(f"No school has the id {school_id}")
    return school


def stored_person(uow: "UnitOfWork", person_id: str) -> "Person":
    """Return the person with a stored id; raises `LookupError` if there is none."""
    person = uow.people.by_id(person_id)
    if person is None:
        raise LookupError(f"No person has the id {person_id}")
    return person


def stored_entry(uow: "UnitOfWork", entry_id: str) -> "AuditEntry":
    """Return the audit entry with a stored id; raises `LookupError` if there is none."""
    entry = uow.audit.by_id(entry_id)
    if entry is None:
        raise LookupError(f"No audit entry has the id {entry_id}")
    return entry

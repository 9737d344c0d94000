"""What something stored names, and what is never deleted: it is there."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.ports import UnitOfWork
    from bot.core.schools import School


def stored_school(uow: "UnitOfWork", school_id: str) -> "School":
    """Find the school that something stored names; raises `LookupError` for an id that none has."""
    school = uow.schools.by_id(school_id)
    if school is None:
        raise LookupError(f"No school has the id {school_id}")
    return school

"""Finding public schools; of all others nobody learns here that they are there."""

from collections.abc import Sequence

from bot.core.errors import NotFound
from bot.core.ids import is_id
from bot.core.ports import UnitOfWork
from bot.core.schools import School, SchoolAccess


def by_id(uow: UnitOfWork, school_id: str) -> School:
    """Find a public school by its id; of others nobody learns that they are there."""
    school = uow.schools.by_id(school_id.strip().lower())
    if school is None or school.archived or school.access is not SchoolAccess.PUBLIC:
        raise NotFound("school")
    return school


def called(uow: UnitOfWork, typed: str, limit: int) -> Sequence[School]:
    """List the public schools that somebody can mean: by id, by whole name, or else by a part of it."""
    wanted = " ".join(typed.split())
    if is_id(wanted.lower()):
        try:
            return [by_id(uow, wanted)]
        except NotFound:
            pass  # it may be a name
    return uow.schools.find_public(wanted, limit, whole=True) or uow.schools.find_public(wanted, limit)


def only(found: Sequence[School]) -> School:
    """Return the one school that was found; refuses where it is not one."""
    if len(found) != 1:
        raise NotFound("school")
    return found[0]

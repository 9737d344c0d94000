"""Finding public schools. Nothing here reveals that any other school exists."""

from collections.abc import Sequence

from bot.core.errors import NotFound
from bot.core.ids import is_id
from bot.core.ports import UnitOfWork
from bot.core.schools.schools import School, SchoolAccess


def by_id(uow: UnitOfWork, school_id: str) -> School:
    """Find a public school by its id; refuses all other schools as if they did not exist."""
    school = uow.schools.by_id(school_id.strip().lower())
    if school is None or school.archived or school.access is not SchoolAccess.PUBLIC:
        raise NotFound("school")
    return school


def called(uow: UnitOfWork, typed: str, limit: int) -> Sequence[School]:
    """List the public schools that a typed text may mean: by id, by full name, or else by part of a name."""
    wanted = " ".join(typed.split())
    if is_id(wanted.lower()):
        try:
            return [by_id(uow, wanted)]
        except NotFound:
            pass  # it may be a name
    return uow.schools.find_public(wanted, limit, whole=True) or uow.schools.find_public(wanted, limit)


def only(found: Sequence[School]) -> School:
    """Return the only school found; refuses with `NotFound` if there is not exactly one."""
    if len(found) != 1:
        raise NotFound("school")
    return found[0]

"""The guards of an import: it may not remove too many members unconfirmed, nor exceed a school's quota."""

from collections.abc import Sequence

from bot.core.people.people_filter import PeopleFilter, Status
from bot.core.ports import UnitOfWork
from bot.core.rosters import counting
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import Removal
from bot.core.schools import quotas
from bot.core.stored import stored_school


def removal(uow: UnitOfWork, school_id: str, leaving: int) -> Removal:
    """Return how many members leave a school, and whether that must be confirmed."""
    school = stored_school(uow, school_id)
    members = active(uow, school_id)
    return Removal(school, members, leaving, guarded=too_many(uow, school_id, leaving, members))


def active(uow: UnitOfWork, school_id: str) -> int:
    """Count a school's active members."""
    return uow.members.count(PeopleFilter(school_id, status=Status.ACTIVE))


def too_many(uow: UnitOfWork, school_id: str, leaving: int, members: int) -> bool:
    """Tell whether so many members would leave a school at once that it must be confirmed."""
    most = uow.settings.of(school_id).most_removed
    return bool(most) and leaving * 100 > most * members


def refuse_crowd(uow: UnitOfWork, tallies: Sequence[Tally]) -> None:
    """Refuse with `LimitReached` if a school would get more members than it may have."""
    for school_id, number in sorted(counting.growth(tallies).items()):
        if number > 0:
            quotas.seat(uow, school_id, number)

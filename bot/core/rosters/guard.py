"""What an import may not do unasked: take too many out of a school, or let too many in."""

from collections.abc import Sequence

from bot.core import quotas
from bot.core.people_filter import PeopleFilter, Status
from bot.core.ports import UnitOfWork
from bot.core.rosters import counting
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import Removal
from bot.core.stored import stored_school


def removal(uow: UnitOfWork, school_id: str, leaving: int) -> Removal:
    """Say what leaves a school, and whether somebody must say so once more."""
    school = stored_school(uow, school_id)
    members = active(uow, school_id)
    return Removal(school, members, leaving, guarded=too_many(uow, school_id, leaving, members))


def active(uow: UnitOfWork, school_id: str) -> int:
    """Count a school's active members."""
    return uow.members.count(PeopleFilter(school_id, status=Status.ACTIVE))


def too_many(uow: UnitOfWork, school_id: str, leaving: int, members: int) -> bool:
    """Tell whether so many of a school's members would go at once that somebody must say so once more."""
    most = uow.settings.of(school_id).most_removed
    return bool(most) and leaving * 100 > most * members


def refuse_crowd(uow: UnitOfWork, tallies: Sequence[Tally]) -> None:
    """Refuse with `LimitReached` where a school would have more members than it may."""
    for school_id, number in sorted(counting.growth(tallies).items()):
        if number > 0:
            quotas.seat(uow, school_id, number)

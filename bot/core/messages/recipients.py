"""Whom a broadcast still reaches while it goes out."""

from bot.core.messages.broadcasts import Broadcast
from bot.core.people import people_filter
from bot.core.people.people_filter import Status
from bot.core.ports import UnitOfWork
from bot.core.stored import stored_school

# A broadcast to people in these states is for people who are kept out.
_KEPT_OUT = frozenset(Status) - {Status.ACTIVE, Status.PENDING}


def is_still_for(uow: UnitOfWork, broadcast: Broadcast, person_id: str) -> bool:
    """Return whether one of a broadcast's recipients has neither left since nor been kept out.

    Sending to thousands takes hours.
    """
    wanted = people_filter.unpack(broadcast.wanted, broadcast.school_id, broadcast.district_id)
    here = [one for one in uow.members.of_person(person_id) if _is_in(uow, one.school_id, broadcast)]
    if wanted is None or wanted.status in _KEPT_OUT:
        return bool(here)
    return any(one.barred_as is None for one in here)


def _is_in(uow: UnitOfWork, school_id: str, broadcast: Broadcast) -> bool:
    """Return whether a broadcast is for the members of a school."""
    if broadcast.district_id is None:
        return school_id == broadcast.school_id
    return stored_school(uow, school_id).district_id == broadcast.district_id

"""Scheduled messages that pass to somebody else, under whose name they go out from then on."""

from collections.abc import Collection

from bot.core.messages.broadcasts import KIND, BroadcastState, may_send
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, redraw_copies, tell_each_time
from bot.core.people.holdings import RecordKind
from bot.core.ports import UnitOfWork
from bot.core.rights import acting
from bot.core.schools.schools import School


def scheduled_by(uow: UnitOfWork, person_id: str, school_id: str) -> list[str]:
    """List the ids of the messages to many that a person has scheduled in a school."""
    written = uow.holdings.records(RecordKind.MESSAGES, person_id, school_id)
    return [str(one["id"]) for one in written if one["state"] == BroadcastState.SCHEDULED.value]


def count_stopped(uow: UnitOfWork, school: School, person_id: str, heir_id: str) -> int:
    """Count the messages that a person has scheduled in a school and that their heir may not send."""
    heir = acting.as_person(uow, heir_id, "")
    scheduled = [uow.broadcasts.by_id(one) for one in scheduled_by(uow, person_id, school.id)]
    return sum(not may_send(uow, heir, school, one.district_id) for one in scheduled if one is not None)


def show_new_sender(uow: UnitOfWork, person_id: str, broadcast_ids: Collection[str]) -> None:
    """Show scheduled messages to the person to whom they have passed, so that they can be stopped in time."""
    places = destinations.of_people(uow, [person_id])[:1]
    for subject in (f"{KIND}:{one}" for one in broadcast_ids):
        redraw_copies(uow, subject)
        for place in places:
            tell_each_time(uow, subject, Audience.DOER, place)

"""A broadcast as one recipient gets it, in a chat or by mail."""

from bot.core.messages.broadcasts import name_of
from bot.core.messages.drafts import worded
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person
from bot.core.schools.schools import School
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class BroadcastLetter:
    """A broadcast as one recipient gets it: with their values in the text, and the sender's name."""

    school: School
    sender: str
    title: str
    text: str


def letter(uow: UnitOfWork, path: str) -> BroadcastLetter | None:
    """Return a broadcast as one recipient gets it, by `broadcast id/person id`; None if either is gone."""
    broadcast_id, _, person_id = path.partition("/")
    broadcast = uow.broadcasts.by_id(broadcast_id)
    school = uow.schools.by_id(broadcast.school_id) if broadcast else None
    person: Person | None = uow.accounts.current(person_id)
    if broadcast is None or school is None or person is None:
        return None
    title, text = worded(broadcast, person, uow.people.details(person.id))
    return BroadcastLetter(school, name_of(uow, broadcast.created_by), title, text)

"""Builds broadcasts, and people who can be reached in different ways."""

from datetime import timedelta

from bot.core.messages.broadcasts import (
    Broadcast,
    DeliveryMethod,
    RecipientState,
)
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Person
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.storage import build

DAY = timedelta(days=1)
WAITING, SENT, FAILED = RecipientState.WAITING, RecipientState.SENT, RecipientState.FAILED


def message(uow: UnitOfWork, school: School, writer: Person, **changes: object) -> Broadcast:
    made = Broadcast(
        *(
            build.fresh_id(),
            school.id,
            writer.id,
            "Trip",
            "Hello {{name}}",
            DeliveryMethod.CHAT,
            "a-s\n",
            uow.now,
            "web",
        )
    )
    made = replace(made, **changes)  # type: ignore[arg-type]  # the caller names fields
    uow.broadcasts.add(made)
    return made


def member(uow: UnitOfWork, school: School, name: str, *, chat: bool = True, **details: object) -> Person:
    account = AccountKey("discord" if chat else "google", name)
    made = build.person(uow, name, account)
    if details:
        assert uow.people.save_details(made.id, PersonDetails(**details))  # type: ignore[arg-type]
    build.membership(uow, school, made)
    return uow.people.by_id(made.id) or made


def crowd(uow: UnitOfWork) -> tuple[School, dict[str, Person]]:
    """Make a school with a person for each way in which a broadcast can reach people, or not."""
    school = build.school(uow)
    people = {
        "chat": member(uow, school, "chat", email="c@example.org", first_name="C", last_name="H"),
        "mail": member(uow, school, "mail", chat=False, email="m@example.org", last_name="L"),
        "nowhere": member(uow, school, "nowhere", chat=False),
        "out": member(uow, school, "out", message_notifications=False),
        "bare": member(uow, school, "bare"),
    }
    return school, people


def fill(uow: UnitOfWork, broadcast_id: str, wanted: PeopleFilter, by: DeliveryMethod) -> None:
    """Store everyone whom a filter selects as a recipient of a broadcast."""
    uow.recipients.add(broadcast_id, uow.recipients.selected(wanted, after="", limit=None), by)

"""Unsubscribing from messages, by the link in an e-mail or by a message's button. It can be undone."""

from bot.core import audit
from bot.core.errors import NothingToChange
from bot.core.people.own_settings import edit
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor, Platform
from bot.core.values import replace


def by_link(uow: UnitOfWork, token: str) -> bool:
    """Turn messages off for the person who was mailed an unsubscribe link; False if the link is unknown."""
    person = _whose(uow, token)
    if person is None:
        return False
    uow.people.lock(person)
    details = uow.people.details(person)
    if details.message_notifications:
        uow.people.save_details(person, replace(details, message_notifications=False))
        audit.record_without_actor(
            uow,
            "person.opted_out",
            f"person:{person}",
            front=Platform.WEB.value,
            school_id=None,
            new={"message_notifications": False},
        )
    return True


def link_works(uow: UnitOfWork, token: str) -> bool:
    """Tell whether an unsubscribe link is valid; changes nothing."""
    return _whose(uow, token) is not None


def _whose(uow: UnitOfWork, token: str) -> str | None:
    named = uow.broadcasts.person_of_stop_token(token)
    person = uow.accounts.current(named) if named else None
    return person.id if person else None


def opt_out(uow: UnitOfWork, actor: Actor) -> None:
    """Turn messages off for the actor; nothing happens if they are off already."""
    try:
        edit(uow, actor, {"message_notifications": False})
    except NothingToChange:
        return

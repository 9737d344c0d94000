"""The settings that people change for themselves: their time zone, and what they want to be told."""

from collections.abc import Mapping

from bot.core import audit
from bot.core.errors import NothingToChange
from bot.core.people import people
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.values import replace


def shown(uow: UnitOfWork, actor: Actor) -> PersonDetails:
    """Return the actor's own settings; refuses an actor who is not known here."""
    return uow.people.details(actor.known_person.id)


def edit(uow: UnitOfWork, actor: Actor, changes: Mapping[str, object]) -> PersonDetails:
    """Change the actor's own settings; those that are not in `changes` stay.

    Refuses with `NothingToChange` if nothing would change.
    """
    own = actor.known_person.id
    uow.people.lock(own)
    before = uow.people.details(own)
    after = replace(before, **changes)  # type: ignore[arg-type]  # the caller names fields
    if after == before:
        raise NothingToChange("as you want it")
    uow.people.save_details(own, after)  # cannot clash: the e-mail address is the same
    old, new = audit.changed_values(_told(before), _told(after))
    audit.record(uow, actor, "person.edited", f"person:{own}", old=old, new=new)
    return after


def _told(settings: PersonDetails) -> dict[str, object]:
    return {name: getattr(settings, name) for name in sorted(people.SETTINGS)}

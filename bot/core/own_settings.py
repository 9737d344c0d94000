"""What people set for themselves: their time zone, and what they want to be told."""

from collections.abc import Mapping

from bot.core import audit, people
from bot.core.actors import Actor
from bot.core.errors import NothingToChange
from bot.core.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.values import replace


def shown(uow: UnitOfWork, actor: Actor) -> PersonDetails:
    """Return one's own settings; refuses whoever is not known here."""
    return uow.people.details(actor.met.id)


def edit(uow: UnitOfWork, actor: Actor, changes: Mapping[str, object]) -> PersonDetails:
    """Change one's own settings; those that are not in `changes` stay."""
    own = actor.met.id
    uow.people.lock(own)
    before = uow.people.details(own)
    after = replace(before, **changes)  # type: ignore[arg-type]  # the caller names fields
    if after == before:
        raise NothingToChange("as you want it")
    uow.people.save_details(own, after)  # the e-mail address stays, so nobody else can have it
    old, new = audit.differing(_told(before), _told(after))
    audit.record(uow, actor, "person.edited", f"person:{own}", old=old, new=new)
    return after


def _told(settings: PersonDetails) -> dict[str, object]:
    return {name: getattr(settings, name) for name in sorted(people.SETTINGS)}

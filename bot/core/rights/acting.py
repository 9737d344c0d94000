"""Acting in the background for the person who started the work, with the rights that they have now."""

from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Actor, Caller, Platform


def as_person(uow: UnitOfWork, person_id: str, front: str) -> Actor:
    """Return an actor for a person who started background work; one who was erased since has no rights."""
    person = uow.accounts.current(person_id)
    platform = Platform(front or Platform.WEB)
    accounts = [key for _, key in uow.people.accounts([person.id])] if person else []
    account = accounts[0] if accounts else AccountKey(platform.value, "")
    caller = Caller(account, person.name if person else "", platform)
    is_administrator = person is not None and access.named_by_settings(uow, person.id)
    return Actor(caller, person, is_system_administrator=is_administrator)

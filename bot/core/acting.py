"""Acting for somebody who is not there now: with the rights that they have at this moment."""

from bot.core import access
from bot.core.actors import AccountKey, Actor, Caller, Platform
from bot.core.ports import UnitOfWork


def as_person(uow: UnitOfWork, person_id: str, front: str) -> Actor:
    """Act as a person who began something; whoever was erased since may do nothing."""
    person = uow.accounts.current(person_id)
    platform = Platform(front or Platform.WEB)
    accounts = [key for _, key in uow.people.accounts([person.id])] if person else []
    account = accounts[0] if accounts else AccountKey(platform.value, "")
    caller = Caller(account, person.name if person else "", platform)
    rules = person is not None and access.named_by_settings(uow, person.id)
    return Actor(caller, person, is_system_administrator=rules)

"""Signing in with an address and a password, and the sessions that begin with it."""

from bot.core.email_addresses import email_key
from bot.core.invitations import guessing
from bot.core.invitations.guessing import Limit, Limits
from bot.core.people.password_ports import Password
from bot.core.people.passwords import NOBODY, SignedIn, account
from bot.core.ports import UnitOfWork


def miss_counters(address: str, network: str, limits: Limits) -> dict[str, Limit]:
    """Name the counters of wrong passwords: one for the address, known or not, and one for the network."""
    return {
        f"password of {email_key(address)}": limits.account,
        guessing.address_of(network): limits.address,
    }


def find(uow: UnitOfWork, address: str) -> Password | None:
    """Find the password that goes with an address. An unknown address costs the same queries."""
    person = uow.people.by_email(address)
    return uow.passwords.of(person.id if person else NOBODY)


def sign_in(uow: UnitOfWork, known: Password, tried: dict[str, Limit], *, fresh: str = "") -> SignedIn | None:
    """Sign in a person who has typed the right password; None if it was changed meanwhile.

    When many try at once, those after too many wrong tries are refused, right or wrong. `fresh` is a hash of
    the same password with today's parameters.
    """
    for whose in tried:
        uow.misses.hold(whose)
    guessing.refuse(uow, tried)
    if fresh:
        uow.passwords.rehash(known.person_id, fresh, epoch=known.epoch)
    return session(uow, known.person_id, known.epoch)


def session(uow: UnitOfWork, person_id: str, epoch: str) -> SignedIn | None:
    """Return whose session this is; None if the password was changed or deleted since, which ends it."""
    known, person = uow.passwords.of(person_id), uow.people.by_account(account(person_id))
    if known is None or person is None or known.epoch != epoch:
        return None
    address = uow.people.details(person_id).email
    return SignedIn(person, address if email_key(address) == known.email_key else "", epoch)

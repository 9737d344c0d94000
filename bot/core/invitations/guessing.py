"""Guessing of codes: after too many wrong codes an account or address must wait, and nobody else has to.

Misses are counted in an exact sliding window, by account and, on the web, by IP address. A code that works
costs one read and writes nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.core.joining_errors import TooManyMisses
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Caller
from bot.core.values import dataclass

A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """How many misses are allowed within a time; the next try waits until the oldest is that long ago."""

    misses: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """How many misses are allowed: for one account, for one IP address, and for everyone together.

    Once everyone's limit is reached, each further miss counts `weight` times for its account and address.
    That is all it does, so no attacker can lock out people who have a valid code.
    """

    account: Limit = Limit(5, timedelta(minutes=15))
    address: Limit = Limit(20, A_MINUTE)
    everyone: Limit = Limit(300, A_MINUTE)
    weight: int = 3


_EVERYONE = "everyone"


def account_of(caller: Caller) -> str:
    """Return the name under which the misses of a caller's account are counted."""
    return f"account {caller.account}"


def address_of(address: str) -> str:
    """Return the name under which the misses of an IP address are counted."""
    return f"address {address}"


def refuse_guesser(uow: UnitOfWork, caller: Caller, limits: Limits) -> None:
    """Raise `TooManyMisses` while a caller's account or IP address has missed too often."""
    refuse(uow, dict(_counted(caller, limits)))


def refuse(uow: UnitOfWork, counted: dict[str, Limit]) -> None:
    """Raise `TooManyMisses` while any of these names has reached its limit."""
    until = waits_until(uow, counted)
    if until is not None:
        raise TooManyMisses(until + (datetime.min.replace(tzinfo=until.tzinfo) - until) % A_MINUTE)


def waits_until(uow: UnitOfWork, counted: dict[str, Limit]) -> datetime | None:
    """Return when none of these names is at its limit any more; None if none is."""
    newest = uow.misses.nth_newest({whose: limit.misses for whose, limit in counted.items()})
    until = max((at + counted[whose].within for whose, at in newest.items()), default=uow.now)
    return until if until > uow.now else None


def _counted(caller: Caller, limits: Limits) -> Iterator[tuple[str, Limit]]:
    yield account_of(caller), limits.account
    if caller.address:
        yield address_of(caller.address), limits.address


def record_miss(uow: UnitOfWork, caller: Caller, limits: Limits) -> None:
    """Record that a caller's code did not work; raise `TooManyMisses` if others have used up the limit."""
    record(uow, dict(_counted(caller, limits)), limits)


def record(uow: UnitOfWork, counted: dict[str, Limit], limits: Limits) -> None:
    """Record a miss for each of these names, and delete the misses that no longer count.

    The names are locked first, so that tries at the same moment cannot exceed a limit together.
    """
    for whose in counted:
        uow.misses.hold(whose)
    refuse(uow, counted)
    braked = waits_until(uow, {_EVERYONE: limits.everyone}) is not None
    for whose in counted:
        uow.misses.add(whose, limits.weight if braked else 1)
    uow.misses.add(_EVERYONE, 1)
    uow.misses.drop(uow.now - max(one.within for one in (limits.account, limits.address, limits.everyone)))

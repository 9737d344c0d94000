"""Guessing of codes: whoever misses too often waits, and nobody else does.

What counts is when the misses of an account, or of an address on the web, happened: an exact window that
moves. A hit costs one read and writes nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.core.actors import Caller
from bot.core.joining_errors import TooManyMisses
from bot.core.ports import UnitOfWork
from bot.core.values import dataclass

A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many misses within a time; the next try waits until the first of them is that long ago."""

    misses: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one may miss: an account, an address on the web, all together.

    When all together reach theirs, each further miss counts `weight` times against whoever made it;
    that is the whole brake, so it cannot stop anyone who has a code.
    """

    account: Limit = Limit(5, timedelta(minutes=15))
    address: Limit = Limit(20, A_MINUTE)
    everyone: Limit = Limit(300, A_MINUTE)
    weight: int = 3


_EVERYONE = "everyone"


def account_of(caller: Caller) -> str:
    """Name whose misses an account's are."""
    return f"account {caller.account}"


def address_of(address: str) -> str:
    """Name whose misses an address's are."""
    return f"address {address}"


def refuse_guesser(uow: UnitOfWork, caller: Caller, limits: Limits) -> None:
    """Refuse with `TooManyMisses` while an account, or the address it comes from, has missed too often."""
    refuse(uow, dict(_counted(caller, limits)))


def refuse(uow: UnitOfWork, counted: dict[str, Limit]) -> None:
    """Refuse with `TooManyMisses` while any of these has missed too often."""
    until = _waits_until(uow, counted)
    if until is not None:
        raise TooManyMisses(until + (datetime.min.replace(tzinfo=until.tzinfo) - until) % A_MINUTE)


def _waits_until(uow: UnitOfWork, counted: dict[str, Limit]) -> datetime | None:
    newest = uow.misses.newest({whose: limit.misses for whose, limit in counted.items()})
    until = max((at + counted[whose].within for whose, at in newest.items()), default=uow.now)
    return until if until > uow.now else None


def _counted(caller: Caller, limits: Limits) -> Iterator[tuple[str, Limit]]:
    yield account_of(caller), limits.account
    if caller.address:
        yield address_of(caller.address), limits.address


def record_miss(uow: UnitOfWork, caller: Caller, limits: Limits) -> None:
    """Record that a caller's code opened nothing; refuses with `TooManyMisses` if others were faster."""
    record(uow, dict(_counted(caller, limits)), limits)


def record(uow: UnitOfWork, counted: dict[str, Limit], limits: Limits) -> None:
    """Record a miss of each of these, and drop those that count no more.

    Of many tries at the same instant those that are too many are refused.
    """
    for whose in counted:
        uow.misses.hold(whose)
    refuse(uow, counted)
    braked = _waits_until(uow, {_EVERYONE: limits.everyone}) is not None
    for whose in counted:
        uow.misses.add(whose, limits.weight if braked else 1)
    uow.misses.add(_EVERYONE, 1)
    uow.misses.drop(uow.now - max(one.within for one in (limits.account, limits.address, limits.everyone)))

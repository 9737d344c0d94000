"""Slow hashes of passwords, and what makes a password too easy to guess.

Both take long, so they run on threads, outside any transaction.
"""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

T = TypeVar("T")
SHORTEST, LONGEST = 12, 256
# How many hashes are made at once; each takes 64 MiB of memory meanwhile.
_AT_ONCE = 4
# The lowest score that is accepted, on zxcvbn's scale of 0 to 4: 3 is more than a hundred million guesses.
# And how many characters zxcvbn reads.
_SAFE, _READ = 3, 72
# Signs that people write in place of letters. zxcvbn tries all combinations of what they may stand for, which
# takes many seconds if there are many: a text with more than a few is scored in pieces, and the best counts.
_SIGNS, _FEW, _PIECE = frozenset("4@8({[<369!1|70$5+%2"), 6, 16
Problem = Literal["short", "long", "easy"]


@dataclass(frozen=True)
class Hasher:
    """Hashes with Argon2id, by the parameters that the library recommends, which change with its versions."""

    slow: PasswordHasher = field(default_factory=PasswordHasher)
    _dummy_hash: str = field(init=False, repr=False)
    _places: asyncio.Semaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make a hash that no password fits, to compare with if an address has no password."""
        object.__setattr__(self, "_dummy_hash", self.slow.hash(secrets.token_urlsafe()))
        object.__setattr__(self, "_places", asyncio.Semaphore(_AT_ONCE))

    async def hash(self, typed: str) -> str:
        """Return the hash of a password."""
        return await self._on_thread(lambda: self.slow.hash(_normal(typed)))

    async def fits(self, stored: str | None, typed: str) -> bool:
        """Tell whether a password fits a stored hash; without one, the answer no takes as long."""
        right = await self._on_thread(lambda: self._fits(stored or self._dummy_hash, typed))
        return right and stored is not None

    def _fits(self, stored: str, typed: str) -> bool:
        try:
            return self.slow.verify(stored, _normal(typed))
        except VerificationError:
            return False

    def outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with other parameters than those in use now."""
        return self.slow.check_needs_rehash(stored)

    async def problem(self, typed: str, name: str, address: str) -> Problem | None:
        """Return why a password is not accepted, or None; one with the name of its owner is too easy."""
        if len(typed) < SHORTEST:
            return "short"
        if len(typed) > LONGEST:
            return "long"
        local, _, domain = address.partition("@")
        known = [name, *name.split(), "".join(name.split()), address, local, *domain.split("."), "homeroom"]
        own = [one.casefold() for one in known if one]
        return "easy" if await self._on_thread(lambda: _score(_normal(typed)[:_READ], own)) < _SAFE else None

    async def _on_thread(self, work: Callable[[], T]) -> T:
        async with self._places:
            return await asyncio.to_thread(work)


def _normal(typed: str) -> str:
    """Return a password in normal form, because keyboards write the same characters in different ways."""
    return unicodedata.normalize("NFKC", typed)


def _score(typed: str, own: list[str]) -> int:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists are loaded when somebody chooses a password

    size = _PIECE if len(_SIGNS.intersection(typed)) > _FEW else _READ
    pieces = [typed[at : at + size] for at in range(0, len(typed), size)]
    return max(int(zxcvbn(one, user_inputs=own)["score"]) for one in pieces)

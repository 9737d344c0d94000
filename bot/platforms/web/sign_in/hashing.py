"""Slow hashes of passwords, made off the event loop and outside of any transaction; and what is too easy."""

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
# Each takes 64 MiB while it is made.
_AT_ONCE = 4
# zxcvbn's scale ends at 4; 3 is more than a hundred million guesses. It reads no more than this.
_SAFE, _READ = 3, 72
# Signs that people write for letters: zxcvbn tries all that they may stand for together, which takes many
# seconds where all are there. Of a text with more than a few each piece is looked at alone; the best counts.
_SIGNS, _FEW, _PIECE = frozenset("4@8({[<369!1|70$5+%2"), 6, 16
Problem = Literal["short", "long", "easy"]


@dataclass(frozen=True)
class Hasher:
    """Argon2id by the library's recommended parameters, which change with its versions."""

    slow: PasswordHasher = field(default_factory=PasswordHasher)
    _nobodys: str = field(init=False, repr=False)
    _places: asyncio.Semaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make a hash that no password fits, for those who have none."""
        object.__setattr__(self, "_nobodys", self.slow.hash(secrets.token_urlsafe()))
        object.__setattr__(self, "_places", asyncio.Semaphore(_AT_ONCE))

    async def hash(self, typed: str) -> str:
        """Hash a password."""
        return await self._aside(lambda: self.slow.hash(_normal(typed)))

    async def fits(self, stored: str | None, typed: str) -> bool:
        """Tell whether a password is the right one; of nobody's it takes as long to say no."""
        right = await self._aside(lambda: self._fits(stored or self._nobodys, typed))
        return right and stored is not None

    def _fits(self, stored: str, typed: str) -> bool:
        try:
            return self.slow.verify(stored, _normal(typed))
        except VerificationError:
            return False

    def outdated(self, stored: str) -> bool:
        """Tell whether a hash was made by other parameters than today's."""
        return self.slow.check_needs_rehash(stored)

    async def problem(self, typed: str, name: str, address: str) -> Problem | None:
        """Say why a password will not do; what can be read off its owner is easy to guess."""
        if len(typed) < SHORTEST:
            return "short"
        if len(typed) > LONGEST:
            return "long"
        local, _, domain = address.partition("@")
        known = [name, *name.split(), "".join(name.split()), address, local, *domain.split("."), "homeroom"]
        own = [one.casefold() for one in known if one]
        return "easy" if await self._aside(lambda: _score(_normal(typed)[:_READ], own)) < _SAFE else None

    async def _aside(self, work: Callable[[], T]) -> T:
        async with self._places:
            return await asyncio.to_thread(work)


def _normal(typed: str) -> str:
    """Write a password in one way, whichever keyboard it comes from."""
    return unicodedata.normalize("NFKC", typed)


def _score(typed: str, own: list[str]) -> int:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists are read where a password is chosen

    size = _PIECE if len(_SIGNS.intersection(typed)) > _FEW else _READ
    pieces = [typed[at : at + size] for at in range(0, len(typed), size)]
    return max(int(zxcvbn(one, user_inputs=own)["score"]) for one in pieces)

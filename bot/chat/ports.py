"""What the Runner is given: the database, and the words for its own replies."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from bot.chat.context import Context
from bot.chat.replies import Card, Reply
from bot.core.errors import Refusal
from bot.core.ports import UnitOfWork

T = TypeVar("T")


class Database(Protocol):
    """Runs units of work; nothing else accesses stored data."""

    async def run(self, unit: Callable[[UnitOfWork], T]) -> T:
        """Run a unit in one transaction and commit it; an exception rolls it back."""
        ...

    async def read(self, unit: Callable[[UnitOfWork], T]) -> T:
        """Run a unit that changes nothing; it never waits for writers."""
        ...


class Words(Protocol):
    """Makes the cards with which the Runner itself replies."""

    def refused(self, ctx: Context, refusal: Refusal) -> Reply:
        """Say why a call was refused, and what to do next."""
        ...

    def failed(self, reference: str) -> Card:
        """Say that the call failed on our side, and that nothing was changed."""
        ...

    def unsure(self, reference: str) -> Card:
        """Say that the call failed on our side, and that it is unknown whether it took effect."""
        ...

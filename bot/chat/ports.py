"""What the Runner is given: the way to the data, and the words."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from bot.chat.context import Context
from bot.chat.replies import Card, Reply
from bot.core.errors import Refusal
from bot.core.ports import UnitOfWork

T = TypeVar("T")


class Database(Protocol):
    """Runs units of work; the only way to the data."""

    async def run(self, unit: Callable[[UnitOfWork], T]) -> T:
        """Run a unit in one transaction and commit it; an exception rolls it back."""
        ...

    async def read(self, unit: Callable[[UnitOfWork], T]) -> T:
        """Run a unit that changes nothing; it never waits for a writer."""
        ...


class Words(Protocol):
    """What the Runner itself must be able to say."""

    def refused(self, ctx: Context, refusal: Refusal) -> Reply:
        """Say why something is not done, and what to do next."""
        ...

    def failed(self, reference: str) -> Card:
        """Say that something broke on our side, and that nothing was changed."""
        ...

    def unsure(self, reference: str) -> Card:
        """Say that something broke on our side, and that nobody can tell whether it was done."""
        ...

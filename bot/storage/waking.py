"""Whom a commit wakes: the workers that wait for what its unit may have queued.

Each worker looks from time to time for what other replicas have queued; what this process has queued it shall
have at once. Whoever is woken for nothing asks the database for nothing, which costs as much as a redemption.
"""

from collections.abc import Callable, Collection
from enum import Enum, auto

from bot.core.values import dataclass, field


class Queue(Enum):
    """Where work lies for a worker."""

    OUTBOX = auto()
    BULK = auto()
    MESSAGES = auto()
    ROSTERS = auto()
    ONEROSTER = auto()


@dataclass(frozen=True, slots=True)
class Waking:
    """Whom to wake for each queue."""

    _by: dict[Queue, Callable[[], None]] = field(default_factory=dict)

    def add(self, queue: Queue, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit that may have queued something."""
        self._by[queue] = wake

    def after(self, queued: Collection[Queue]) -> None:
        """Wake those who wait for what a unit has queued; it is committed."""
        for queue in queued:
            if wake := self._by.get(queue):
                wake()

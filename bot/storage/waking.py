"""Wakes a worker as soon as a committed unit may have queued work for it.

Workers poll from time to time for work that other replicas have queued; work that this process queues should
start at once. Only the affected workers are woken, since a needless poll costs as much as a redemption.
"""

from collections.abc import Callable, Collection
from enum import Enum, auto

from bot.core.values import dataclass, field


class Queue(Enum):
    """A queue of background work; each has one worker in a process."""

    OUTBOX = auto()
    BULK = auto()
    MESSAGES = auto()
    ROSTERS = auto()
    ONEROSTER = auto()


@dataclass(frozen=True, slots=True)
class Waking:
    """The callback that wakes the worker of each queue."""

    _by: dict[Queue, Callable[[], None]] = field(default_factory=dict)

    def add(self, queue: Queue, wake: Callable[[], None]) -> None:
        """Register `wake` to be called after each commit that may have added work to a queue."""
        self._by[queue] = wake

    def wake(self, queued: Collection[Queue]) -> None:
        """Wake the workers of these queues; call it once the unit is committed."""
        for queue in queued:
            if wake := self._by.get(queue):
                wake()

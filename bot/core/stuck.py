"""Items that fail each time that a sweep or worker handles them: they are put off, so that the rest go on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.core.values import dataclass

if TYPE_CHECKING:
    from bot.core.ports import UnitOfWork

T = TypeVar("T")
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
_DOUBLINGS = 9


@dataclass(frozen=True, slots=True)
class TrackedItem:
    """An item of a kind, such as a join request or a school's digest."""

    kind: str
    of: str

    def __str__(self) -> str:
        """Return it in the form of a subject, `kind:id`."""
        return f"{self.kind}:{self.of}"


@dataclass(frozen=True, slots=True)
class Stuck:
    """An item that failed `tries` times in a row, and is not tried again before `try_at`."""

    item: TrackedItem
    error: str
    tries: int
    since: datetime
    try_at: datetime


class StuckThings(Protocol):
    """The items that are put off because they failed."""

    def put_off(self, stuck: Stuck) -> None:
        """Store a failed item."""
        ...

    def of(self, item: TrackedItem) -> Stuck | None:
        """Return the record of a failed item; None if it did not fail when it was last tried."""
        ...

    def waiting(self, kind: str, now: datetime) -> frozenset[str]:
        """Return the ids of the items of a kind that are not to be tried yet."""
        ...

    def clear(self, kind: str, tried: datetime) -> int:
        """Forget the items that could be tried at a moment and did not fail again; count them."""
        ...

    def forget(self, item: TrackedItem) -> None:
        """Forget an item that succeeded."""
        ...

    def listed(self, limit: int) -> Sequence[Stuck]:
        """List the stuck items, the longest stuck first."""
        ...

    def count_by_kind(self) -> Mapping[str, int]:
        """Count the stuck items by kind."""
        ...


class ItemTracker:
    """Tracks which item a unit of work is handling: if the unit fails, that item is to blame."""

    def __init__(self) -> None:
        """Start without an item."""
        self.item: TrackedItem | None = None
        # Called after each item, so that errors in what was written for it surface while it is current.
        self.settle: Callable[[], None] = lambda: None

    def each(self, kind: str, items: Iterable[T], of: Callable[[T], str]) -> Iterator[T]:
        """Iterate over items, tracking the current one; `of` returns an item's id."""
        for one in items:
            self.item = TrackedItem(kind, of(one))
            yield one
            self.settle()
        self.item = None


def put_off(uow: "UnitOfWork", item: TrackedItem, error: str) -> Stuck:
    """Put off an item that failed; the wait doubles with each failure in a row."""
    before = uow.stuck.of(item)
    tries = before.tries if before else 0
    wait = min(_FIRST_WAIT * 2 ** min(tries, _DOUBLINGS), _LONGEST_WAIT)
    stuck = Stuck(item, error, tries + 1, before.since if before else uow.now, uow.now + wait)
    uow.stuck.put_off(stuck)
    return stuck

"""What breaks whenever time or a worker takes it in hand: it is put off, so that everything else goes on."""

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
class Thing:
    """One thing of a kind, such as a request or a school's digest."""

    kind: str
    of: str

    def __str__(self) -> str:
        """Show like a subject."""
        return f"{self.kind}:{self.of}"


@dataclass(frozen=True, slots=True)
class Stuck:
    """A thing that broke so many times in a row, and is left alone until `try_at`."""

    thing: Thing
    error: str
    tries: int
    since: datetime
    try_at: datetime


class StuckThings(Protocol):
    """What is put off because it broke."""

    def put_off(self, stuck: Stuck) -> None:
        """Store how a thing stands that broke."""
        ...

    def of(self, thing: Thing) -> Stuck | None:
        """Tell how a thing stands; None if it did not break when it was tried last."""
        ...

    def waiting(self, kind: str, now: datetime) -> frozenset[str]:
        """Name what is left alone at a moment."""
        ...

    def clear(self, kind: str, tried: datetime) -> int:
        """Forget what could be tried at a moment, and did not break again; count it."""
        ...

    def forget(self, thing: Thing) -> None:
        """Forget a thing that went well."""
        ...

    def listed(self, limit: int) -> Sequence[Stuck]:
        """List what is stuck, longest first."""
        ...

    def numbers(self) -> Mapping[str, int]:
        """Count what is stuck, by its kind."""
        ...


class ItemTracker:
    """Knows which item a unit of work is at: if the unit breaks, that item is to blame."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.thing: Thing | None = None
        # Called after each thing: whatever is wrong with what was written for it is its own fault.
        self.settle: Callable[[], None] = lambda: None

    def each(self, kind: str, things: Iterable[T], of: Callable[[T], str]) -> Iterator[T]:
        """Take one thing after the other; `of` names it among its kind."""
        for one in things:
            self.thing = Thing(kind, of(one))
            yield one
            self.settle()
        self.thing = None


def put_off(uow: "UnitOfWork", thing: Thing, error: str) -> Stuck:
    """Leave a thing alone that broke: twice as long each time."""
    before = uow.stuck.of(thing)
    tries = before.tries if before else 0
    wait = min(_FIRST_WAIT * 2 ** min(tries, _DOUBLINGS), _LONGEST_WAIT)
    stuck = Stuck(thing, error, tries + 1, before.since if before else uow.now, uow.now + wait)
    uow.stuck.put_off(stuck)
    return stuck

"""How time looks after things of schools: what is due is found, its schools are held, each has its turn."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from bot.core.ports import UnitOfWork
from bot.core.stuck import ItemTracker


class _OfSchool(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def school_id(self) -> str: ...


T = TypeVar("T", bound=_OfSchool)


def do_due(
    uow: UnitOfWork, tracker: ItemTracker, kind: str, due: Callable[[], Sequence[T]], do: Callable[[T], bool]
) -> int:
    """Do what is due with each thing; return with how many."""
    # All units lock schools before what is in them, and in one order.
    held = sorted({one.school_id for one in due()})
    for school_id in held:
        uow.schools.lock(school_id)
    # Whoever had to wait for a lock finds what is due now.
    mine = [one for one in due() if one.school_id in held] if held else []
    return sum(do(one) for one in tracker.each(kind, mine, lambda one: one.id))

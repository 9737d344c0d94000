"""What sweeps over items of schools share: find what is due, lock the schools, handle item after item."""

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
    """Handle each due item with `do`; return for how many `do` returned True."""
    # Every unit of work locks schools before what is in them, and in the same order, so none deadlock.
    held = sorted({one.school_id for one in due()})
    for school_id in held:
        uow.schools.lock(school_id)
    # Search again: another replica may have handled items while this unit waited for the locks.
    mine = [one for one in due() if one.school_id in held] if held else []
    return sum(do(one) for one in tracker.each(kind, mine, lambda one: one.id))

"""Due work for schools: its rows are locked in one order, and each item gets its turn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from bot.core.due_work import do_due
from bot.core.stuck import ItemTracker


@dataclass(frozen=True)
class Thing:
    id: str
    school_id: str


A, B, C = Thing("a", "oak"), Thing("b", "maple"), Thing("c", "elm")


def _attended(*due: Sequence[Thing], idle: str = "") -> tuple[int, list[str]]:
    """Do what each look-up finds due; return how many items were done, and the calls in order."""
    happened: list[str] = []
    looks: Iterator[Sequence[Thing]] = iter(due)

    def look() -> Sequence[Thing]:
        happened.append("look")
        return next(looks)

    def do(one: Thing) -> bool:
        happened.append(one.id)
        return one.id != idle

    schools = SimpleNamespace(lock=lambda school_id: happened.append(f"hold {school_id}"))
    uow: Any = SimpleNamespace(schools=schools)
    return do_due(uow, ItemTracker(), "thing", look, do), happened


def test_schools_are_held_once_in_one_order_before_anything_is_done() -> None:
    twice = Thing("d", "oak")
    done, happened = _attended([A, B, twice], [A, B, twice])
    assert (done, happened) == (3, ["look", "hold maple", "hold oak", "look", "a", "b", "d"])


def test_what_is_not_due_any_more_or_in_a_school_that_is_not_held_waits_for_the_next_time() -> None:
    done, happened = _attended([A, B], [B, C])
    assert (done, happened) == (1, ["look", "hold maple", "hold oak", "look", "b"])


def test_what_somebody_else_did_faster_is_not_counted() -> None:
    assert _attended([A, B], [A, B], idle="a")[0] == 1


def test_nothing_is_locked_or_searched_if_nothing_is_due() -> None:
    assert _attended([]) == (0, ["look"])

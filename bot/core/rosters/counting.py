"""An import in numbers: counted once in a unit, and told in several ways."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot.core.rosters.imports import Counts, Kind, StepReason

_COMES = frozenset({Kind.ADD, Kind.MOVE})


class Tally(NamedTuple):
    """How many steps are alike: `placed` are those of the table's rows, `gets` what the fresh get."""

    school_id: str
    kind: Kind
    why: StepReason | None
    placed: bool
    gets: tuple[str, ...]
    number: int


def kinds(tallies: Iterable[Tally]) -> Counts:
    """Count by kind and by what keeps somebody."""
    counts: Counter[tuple[Kind, StepReason | None]] = Counter()
    for one in tallies:
        counts[one.kind, one.why] += one.number
    return counts


def leaving(tallies: Iterable[Tally]) -> Mapping[str, int]:
    """Count those who leave each school."""
    counts: Counter[str] = Counter()
    for one in tallies:
        if one.kind is Kind.REMOVE:
            counts[one.school_id] += one.number
    return counts


def growth(tallies: Iterable[Tally]) -> Mapping[str, int]:
    """Count by how many each school grows."""
    counts: Counter[str] = Counter()
    for one in tallies:
        sign = 1 if one.kind in _COMES else -1 if one.kind is Kind.REMOVE else 0
        counts[one.school_id] += sign * one.number
    return counts


def by_school(tallies: Iterable[Tally]) -> Mapping[str, Mapping[Kind, int]]:
    """Count by school and kind."""
    counts: defaultdict[str, Counter[Kind]] = defaultdict(Counter)
    for one in tallies:
        counts[one.school_id][one.kind] += one.number
    return counts

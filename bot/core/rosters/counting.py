"""The numbers of an import: its steps are counted once in a unit of work, then summed up in several ways."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot.core.rosters.imports import Counts, StepKind, StepReason

_COMES = frozenset({StepKind.ADD, StepKind.MOVE})


class Tally(NamedTuple):
    """How many steps are alike; `placed` if they come from rows of the table.

    `gets` are the roles that new people get by these steps.
    """

    school_id: str
    kind: StepKind
    why: StepReason | None
    placed: bool
    gets: tuple[str, ...]
    number: int


def kinds(tallies: Iterable[Tally]) -> Counts:
    """Count by kind and reason."""
    counts: Counter[tuple[StepKind, StepReason | None]] = Counter()
    for one in tallies:
        counts[one.kind, one.why] += one.number
    return counts


def leaving(tallies: Iterable[Tally]) -> Mapping[str, int]:
    """Count the people who leave each school."""
    counts: Counter[str] = Counter()
    for one in tallies:
        if one.kind is StepKind.REMOVE:
            counts[one.school_id] += one.number
    return counts


def growth(tallies: Iterable[Tally]) -> Mapping[str, int]:
    """Return by how many members each school grows; negative if it shrinks."""
    counts: Counter[str] = Counter()
    for one in tallies:
        sign = 1 if one.kind in _COMES else -1 if one.kind is StepKind.REMOVE else 0
        counts[one.school_id] += sign * one.number
    return counts


def by_school(tallies: Iterable[Tally]) -> Mapping[str, Mapping[StepKind, int]]:
    """Count by school and kind."""
    counts: defaultdict[str, Counter[StepKind]] = defaultdict(Counter)
    for one in tallies:
        counts[one.school_id][one.kind] += one.number
    return counts

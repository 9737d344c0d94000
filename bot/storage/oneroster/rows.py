"""Converts OneRoster sources, runs and memberships to rows and back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.oneroster.model import (
    Count,
    DistrictMembership,
    FeedError,
    FeedProblem,
    Mark,
    Outcome,
    Run,
    RunState,
    Source,
    Trouble,
)
from bot.storage.statements import Row, decode_texts


def membership_of(row: Row, roles: Sequence[str]) -> DistrictMembership:
    """Return the membership that a row holds, with the person's roles there."""
    return DistrictMembership(
        row.id,
        row.person_id,
        row.school_id,
        row.key or "",
        row.access,
        row.active,
        tuple(roles),
        None if row.made is None else Mark(row.made, decode_texts(row.roles), row.was, row.by_default),
    )


def source_of(row: Row) -> Source:
    """Return the source that a row holds."""
    return Source(row.district_id, row.folder, row.zone, row.at, row.connected_at, row.looked_at, row.next_at)


def run_of(row: Row) -> Run:
    """Return the run that a row holds."""
    return Run(
        row.id,
        row.district_id,
        RunState(row.state),
        row.created_at,
        row.applies,
        row.day,
        row.typed,
        row.digest,
        row.import_id,
        row.finished_at,
        row.stale,
        outcome_of(json.loads(row.outcome)),
    )


def values_of(run: Run) -> dict[str, Any]:
    """Return the row of a run, without its id."""
    return {
        "district_id": run.district_id,
        "state": run.state.value,
        "created_at": run.created_at,
        "applies": run.applies,
        "day": run.day,
        "typed": run.typed,
        "digest": run.digest,
        "import_id": run.import_id,
        "finished_at": run.finished_at,
        "stale": run.stale,
        "outcome": json.dumps(outcome_values(run.outcome), ensure_ascii=False),
    }


def outcome_values(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as values that JSON can hold."""
    return {
        "counts": {one.value: number for one, number in outcome.counts.items()},
        "errors": [list(one) for one in outcome.errors],
        "wrong": outcome.wrong,
        "trouble": outcome.trouble.value if outcome.trouble else None,
    }


def outcome_of(stored: Mapping[str, Any]) -> Outcome:
    """Return the outcome that `outcome_values` converted."""
    return Outcome(
        {Count(one): number for one, number in stored["counts"].items()},
        tuple(
            FeedError(file, row, column, FeedProblem(problem), value, tuple(about))
            for file, row, column, problem, value, about in stored["errors"]
        ),
        stored["wrong"],
        Trouble(stored["trouble"]) if stored["trouble"] else None,
    )

"""What a look at a folder came to, as plain values that can be stored."""

from collections.abc import Mapping
from typing import Any

from bot.core.oneroster.model import Count, FeedError, FeedProblem, Outcome, Trouble


def written(outcome: Outcome) -> dict[str, Any]:
    """Write an outcome as JSON can hold it."""
    return {
        "counts": {one.value: number for one, number in outcome.counts.items()},
        "errors": [list(one) for one in outcome.errors],
        "wrong": outcome.wrong,
        "trouble": outcome.trouble.value if outcome.trouble else None,
    }


def read_outcome(stored: Mapping[str, Any]) -> Outcome:
    """Read what `written` wrote."""
    return Outcome(
        {Count(one): number for one, number in stored["counts"].items()},
        tuple(
            FeedError(file, row, column, FeedProblem(problem), value, tuple(about))
            for file, row, column, problem, value, about in stored["errors"]
        ),
        stored["wrong"],
        Trouble(stored["trouble"]) if stored["trouble"] else None,
    )

"""The results of a OneRoster run are stored as plain values, and read back unchanged."""

import json

import pytest

from bot.core.oneroster.model import Count, FeedError, FeedProblem, Outcome, Trouble
from bot.storage.oneroster.rows import outcome_of, outcome_values

NOTHING = {"counts": {}, "errors": [], "wrong": 0, "trouble": None}
OUTCOMES = [
    (Outcome(), NOTHING),
    (Outcome({Count.ADDED: 3, Count.KEPT: 1}), NOTHING | {"counts": {"added": 3, "kept": 1}}),
    (
        Outcome(
            errors=(FeedError("users.csv", 4, "grades", FeedProblem.TOO_LONG, "1;2", ("200",)),), wrong=7
        ),
        NOTHING | {"errors": [["users.csv", 4, "grades", "too long", "1;2", ["200"]]], "wrong": 7},
    ),
    (Outcome(trouble=Trouble.NO_FOLDER), NOTHING | {"trouble": "no folder"}),
]


@pytest.mark.parametrize(("outcome", "stored"), OUTCOMES)
def test_an_outcome_is_the_same_when_it_was_stored(outcome: Outcome, stored: dict[str, object]) -> None:
    told = json.loads(json.dumps(outcome_values(outcome)))
    assert told == stored
    assert outcome_of(told) == outcome

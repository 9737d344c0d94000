"""Errors in a roster are reported as errors in the files of its folder."""

import pytest

from bot.core.oneroster.faults import feed_error
from bot.core.oneroster.model import FeedError, FeedProblem
from bot.core.oneroster.wanted import UNNAMED
from bot.core.rosters.columns import Column
from bot.core.rosters.rows import Problem, RowError


def _of_users(row: int, column: str, value: str, *about: str) -> FeedError:
    return FeedError("users.csv", row, column, FeedProblem.ROSTER, value, about)


FAULTS = [
    (
        RowError(4, Column.ROLES, Problem.ABOVE_CEILING, "Clerk", ("Staff", "Viewer")),
        _of_users(4, "role", "Clerk", "above ceiling", "Staff", "Viewer"),
    ),
    (RowError(4, Column.GRADE_LEVELS, Problem.TOO_LONG, "1"), _of_users(4, "grades", "1", "too long")),
    (RowError(4, Column.MIDDLE_INITIAL, Problem.TOO_LONG, "R"), _of_users(4, "middleName", "R", "too long")),
    (
        RowError(4, Column.ORGANIZATIONS, Problem.UNKNOWN_SCHOOL, "Elm"),
        _of_users(4, "organizations", "Elm", "unknown school"),
    ),
    # Whom the folder does not name has no row there.
    (RowError(UNNAMED - 1, Column.ROLES, Problem.MISSING), _of_users(UNNAMED - 1, "role", "", "missing")),
    (RowError(UNNAMED, Column.ROLES, Problem.MISSING), _of_users(0, "role", "", "missing")),
]
PERSONAL = [
    (Column.EMAIL, "email"),
    (Column.FIRST_NAME, "givenName"),
    (Column.LAST_NAME, "familyName"),
    (Column.EDUCATOR_ID, "state educator id"),
]


@pytest.mark.parametrize(("one", "told"), FAULTS)
def test_a_fault_of_the_roster_is_told_of_the_column_that_the_folder_has_for_it(
    one: RowError, told: FeedError
) -> None:
    assert feed_error(one) == told


@pytest.mark.parametrize(("column", "called"), PERSONAL)
def test_what_says_who_somebody_is_is_not_repeated(column: Column, called: str) -> None:
    assert feed_error(RowError(3, column, Problem.MISSING, "Nia")) == _of_users(3, called, "", "missing")


@pytest.mark.parametrize("problem", [Problem.TWICE, Problem.OTHERWISE])
def test_two_with_one_address_are_told_by_their_rows_alone(problem: Problem) -> None:
    about = ("2",) if problem is Problem.TWICE else ("2", "Nia Okafor")
    found = feed_error(RowError(8, Column.EMAIL, problem, "nia@example.org", about))
    assert found == FeedError("users.csv", 8, "email", FeedProblem.ADDRESS_TWICE, "", ("2",))

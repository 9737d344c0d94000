"""What is wrong with rows of the roster, told as what is wrong with users.csv."""

from bot.core.oneroster.feed import USERS
from bot.core.oneroster.model import (
    FeedError,
    FeedProblem,
)
from bot.core.oneroster.wanted import UNNAMED
from bot.core.rosters.columns import Column
from bot.core.rosters.rows import Problem, RowError

# Which column of users.csv says what a roster's column does.
_COLUMNS = {
    Column.EMAIL: "email",
    Column.FIRST_NAME: "givenName",
    Column.LAST_NAME: "familyName",
    Column.GRADE_LEVELS: "grades",
    Column.MIDDLE_INITIAL: "middleName",
    Column.ROLES: "role",
}


_PERSONAL = {Column.EMAIL, Column.FIRST_NAME, Column.LAST_NAME, Column.EDUCATOR_ID}


def fault(one: RowError) -> FeedError:
    """Say what is wrong with a row of the roster as something that is wrong with users.csv."""
    column = _COLUMNS.get(one.column, one.column.value)
    about = one.about if one.problem is not Problem.OTHERWISE else one.about[:1]
    value = "" if one.column in _PERSONAL else one.value
    row = one.place if one.place < UNNAMED else 0
    if one.problem in {Problem.TWICE, Problem.OTHERWISE}:
        return FeedError(USERS, row, "email", FeedProblem.ADDRESS_TWICE, "", about)
    return FeedError(USERS, row, column, FeedProblem.ROSTER, value, (one.problem.value, *about))

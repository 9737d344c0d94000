"""Translates problems with rows of a roster import into problems with users.csv."""

from bot.core.oneroster.feed import USERS
from bot.core.oneroster.model import FeedError, FeedProblem
from bot.core.oneroster.wanted import UNNAMED
from bot.core.rosters.columns import Column
from bot.core.rosters.rows import Problem, RowError

# The columns of users.csv that correspond to a roster's columns.
_COLUMNS = {
    Column.EMAIL: "email",
    Column.FIRST_NAME: "givenName",
    Column.LAST_NAME: "familyName",
    Column.GRADE_LEVELS: "grades",
    Column.MIDDLE_INITIAL: "middleName",
    Column.ROLES: "role",
}
_PERSONAL = {Column.EMAIL, Column.FIRST_NAME, Column.LAST_NAME, Column.EDUCATOR_ID}


def feed_error(one: RowError) -> FeedError:
    """Return a problem with a roster's row as a problem with users.csv."""
    column = _COLUMNS.get(one.column, one.column.value)
    about = one.about if one.problem is not Problem.OTHERWISE else one.about[:1]
    value = "" if one.column in _PERSONAL else one.value
    row = one.place if one.place < UNNAMED else 0
    if one.problem in {Problem.TWICE, Problem.OTHERWISE}:
        return FeedError(USERS, row, "email", FeedProblem.ADDRESS_TWICE, "", about)
    return FeedError(USERS, row, column, FeedProblem.ROSTER, value, (one.problem.value, *about))

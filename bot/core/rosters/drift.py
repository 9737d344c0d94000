"""How the members of a school have drifted from its last imported roster."""

from datetime import datetime
from enum import StrEnum

from bot.core.values import dataclass


class Difference(StrEnum):
    """How a person differs from the last roster of their school; if several apply, the first counts."""

    NOT_COME = "not come yet"
    GONE = "gone"
    BARRED = "not active"
    ROLES = "other roles"
    DETAILS = "other name or address"
    NONE = "as listed"
    EXTRA = "not on the roster"


@dataclass(frozen=True, slots=True)
class LastRoster:
    """The newest import that lists people of a school and was not undone."""

    school_id: str
    import_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Drift:
    """How many people of a school differ from its last roster in one way."""

    school_id: str
    difference: Difference
    number: int


@dataclass(frozen=True, slots=True)
class Drifter:
    """A person who differs from the last roster of a school."""

    school_id: str
    difference: Difference
    name: str
    email: str

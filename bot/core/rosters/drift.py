"""What has become of a roster since it was imported."""

from datetime import datetime
from enum import StrEnum

from bot.core.values import dataclass


class Difference(StrEnum):
    """How somebody stands to the last roster of their school; of several the first that holds."""

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
    """So many people stand like this to the last roster of a school."""

    school_id: str
    difference: Difference
    number: int


@dataclass(frozen=True, slots=True)
class Drifter:
    """Somebody who does not stand as the last roster of a school says."""

    school_id: str
    difference: Difference
    name: str
    email: str

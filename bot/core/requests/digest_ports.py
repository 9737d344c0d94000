"""The repository of digests: when to check each school, when digests were sent, and what they showed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.values import dataclass

if TYPE_CHECKING:
    from bot.core.requests.join_requests import JoinRequest

# How many last characters of its id tell a join request from the others of a school: 35 random bits.
TAIL_LENGTH = 7
# The kind of digests in the subjects of notices, and of schools put off because their digest failed.
KIND = "digest"


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest that was sent: its school, the school's local day that it is for, and when it was sent."""

    school_id: str
    day: date
    at: datetime

    @property
    def subject(self) -> str:
        """The name by which notices know it."""
        return f"{KIND}:{self.school_id}/{self.day}"


class Digests(Protocol):
    """The clock of each school's digests, and which requests they have shown."""

    def check_soon(self, school_id: str, now: datetime) -> None:
        """Make a new or changed school due for a check; digest times before now are not made up for."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
        """Return the schools that are due for a check, locked, each with the time of its last check.

        This includes schools last checked later than now: the clock was put back.
        """
        ...

    def mark_checked(self, school_id: str, now: datetime, next_at: datetime) -> None:
        """Store that a school was checked, and when to check it next."""
        ...

    def begin(self, digest: Digest) -> bool:
        """Make this the school's newest digest; return False if its day has had one."""
        ...

    def last(self, school_id: str) -> Digest | None:
        """Return a school's newest digest, or None."""
        ...

    def newest_for(self, subject: str) -> Digest | None:
        """Return the newest digest of a join request's school, by the request's subject; None for others."""
        ...

    def has_unshown(self, school_id: str) -> bool:
        """Return whether a join request is pending that no digest has shown."""
        ...

    def mark_shown(self, school_id: str) -> int:
        """Store that a digest shows all pending requests; return how many no digest has shown before."""
        ...

    def count_pending(self, school_id: str) -> int:
        """Count a school's pending requests."""
        ...

    def decided(self, school_id: str, limit: int) -> Sequence["JoinRequest"]:
        """Return the requests of the newest digest that are no longer pending, the last decided first."""
        ...

    def by_tails(self, school_id: str, tails: Sequence[str]) -> Sequence["JoinRequest"]:
        """Return a school's requests by the tails of their ids, oldest first, and lock them."""
        ...

    def mark_failing(self, school_id: str, place: str) -> bool:
        """Store that a channel cannot be written to; return False if that is already known."""
        ...

    def mark_working(self, school_id: str, place: str) -> None:
        """Store that a channel can be written to."""
        ...

"""What is stored of digests: when to look at a school, what was sent when, and whom it showed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.values import dataclass

if TYPE_CHECKING:
    from bot.core.join_requests import JoinRequest

# Of so many last characters of its id a request is known among those of a school: 35 random bits.
TAIL = 7
# How notices name it, and a school whose digest breaks while it is put off.
KIND = "digest"


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest that was sent: the school's local day that it belongs to, and when it went out."""

    school_id: str
    day: date
    at: datetime

    @property
    def subject(self) -> str:
        """The name by which notices know it."""
        return f"{KIND}:{self.school_id}/{self.day}"


class Digests(Protocol):
    """The clock of each school's digests, and which requests they have shown."""

    def look_again(self, school_id: str, now: datetime) -> None:
        """Let a new or changed school be looked at soon; times of day that are over stay over."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
        """Take schools that must be looked at, with when they were last; no other unit gets them meanwhile.

        Those that were last looked at later than now are among them: the clock was put back.
        """
        ...

    def looked(self, school_id: str, now: datetime, next_at: datetime) -> None:
        """Note that a school was looked at, and when to do it next."""
        ...

    def begin(self, digest: Digest) -> bool:
        """Make this the school's newest digest; False if its day has had one."""
        ...

    def last(self, school_id: str) -> Digest | None:
        """Return a school's newest digest."""
        ...

    def listing(self, subject: str) -> Digest | None:
        """Return the digest that lists a subject: a request's school's newest; other things are in none."""
        ...

    def anyone_new(self, school_id: str) -> bool:
        """Tell whether somebody waits whom no digest has shown."""
        ...

    def show_waiting(self, school_id: str) -> int:
        """Note that a digest shows all who wait now; count those whom none has shown before."""
        ...

    def waiting(self, school_id: str) -> int:
        """Count the requests that wait."""
        ...

    def decided(self, school_id: str, limit: int) -> Sequence["JoinRequest"]:
        """List the requests of the newest digest that do not wait any more, the last decided first."""
        ...

    def named(self, school_id: str, tails: Sequence[str]) -> Sequence["JoinRequest"]:
        """Find a school's requests by their ids' tails, oldest first; nobody else decides them meanwhile."""
        ...

    def channel_fails(self, school_id: str, place: str) -> bool:
        """Note that a channel cannot be written to; False if that is known."""
        ...

    def channel_works(self, school_id: str, place: str) -> None:
        """Note that a channel can be written to."""
        ...

"""The numbers that reports show, of a school, or of all schools of a district that are not archived."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.core.people.people_filter import Status
from bot.core.rosters.drift import Drift, Drifter, LastRoster
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """The place that a report is about: a school, or with `district_id` its whole district."""

    school_id: str
    district_id: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """The time from `since` up to, but not including, `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How many members of a school have a status, or with `role`, a status and that role ("" for none)."""

    school_id: str
    status: Status
    number: int
    role: str = ""


class InvitationKind(StrEnum):
    """Whom an invitation is for: one person, anyone with the link, or anyone with one code of a batch."""

    PERSON = "person"
    LINK = "link"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class FunnelCounts:
    """How far the invitations of one kind that were made in a period got.

    `opened` counts each page once, `openings` every time it was opened.
    """

    school_id: str
    kind: InvitationKind
    created: int
    sent: int
    opened: int
    openings: int
    accepted: int
    declined: int


@dataclass(frozen=True, slots=True)
class TimeTaken:
    """How long decisions took: how many there were, and the quartiles."""

    of: str
    decided: int
    approved: int
    quickest: timedelta
    lower: timedelta
    median: timedelta
    upper: timedelta
    slowest: timedelta


@dataclass(frozen=True, slots=True)
class WaitingRequests:
    """How many join requests wait in a school, and since when the oldest does."""

    school_id: str
    number: int
    since: datetime


class GroupedBy(StrEnum):
    """What decisions are grouped by."""

    ALL = "all"
    SCHOOL = "school"
    APPROVER = "approver"


class Reports(Protocol):
    """Counts over schools and districts, each made by one query."""

    def schools(self, place: Place) -> Sequence[tuple[str, str]]:
        """List the schools that a report covers, by name, as (id, name)."""
        ...

    def standings(self, place: Place) -> Sequence[Tally]:
        """Count members by school and status."""
        ...

    def roles(self, place: Place) -> Sequence[Tally]:
        """Count members by school, role and status; a member with several roles counts once for each."""
        ...

    def invitations(self, place: Place, period: Period) -> Sequence[FunnelCounts]:
        """Count how far the invitations made in a period got, by school and kind."""
        ...

    def decisions(self, place: Place, period: Period, by: GroupedBy) -> Sequence[TimeTaken]:
        """Measure how long the requests waited that were approved or rejected in a period."""
        ...

    def waiting(self, place: Place) -> Sequence[WaitingRequests]:
        """Count the waiting join requests by school."""
        ...

    def last_rosters(self, place: Place) -> Sequence[LastRoster]:
        """Find the last roster imported for each school; leaves out schools without one."""
        ...

    def drift(self, import_id: str, schools: Collection[str]) -> Sequence[Drift]:
        """Count how the members of schools compare with a roster of theirs."""
        ...

    def drifters(self, import_id: str, schools: Collection[str]) -> Iterator[Drifter]:
        """Iterate over the people who differ from a roster, in its order, then those who are not on it."""
        ...

"""What reports count, in numbers alone: of a school, or of all schools of a district that are at work."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.core.people_filter import Status
from bot.core.rosters.drift import Drift, Drifter, LastRoster
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """What a report is of: a school, or with `district_id` its district."""

    school_id: str
    district_id: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """A time from a moment up to another, which is not in it."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """So many members of a school stand like this; with `role`, so many who have it, or with "" none."""

    school_id: str
    status: Status
    number: int
    role: str = ""


class InvitationKind(StrEnum):
    """Whom an invitation is for: one person, whoever has the link, or whoever has one code of a batch."""

    PERSON = "person"
    LINK = "link"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Steps:
    """How far the invitations of one sort came that were made in a time; `opened` counts pages once each."""

    school_id: str
    sort: InvitationKind
    created: int
    sent: int
    opened: int
    openings: int
    accepted: int
    declined: int


@dataclass(frozen=True, slots=True)
class TimeTaken:
    """How long decisions took: the quartiles between the quickest and the slowest."""

    of: str
    decided: int
    approved: int
    quickest: timedelta
    lower: timedelta
    median: timedelta
    upper: timedelta
    slowest: timedelta


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many requests wait in a school, the oldest since then."""

    school_id: str
    number: int
    since: datetime


class GroupedBy(StrEnum):
    """What decisions are grouped by."""

    ALL = "all"
    SCHOOL = "school"
    APPROVER = "approver"


class Reports(Protocol):
    """Numbers of schools and districts, each by one query."""

    def schools(self, place: Place) -> Sequence[tuple[str, str]]:
        """List the schools that a report is of, by name, as (id, name)."""
        ...

    def standings(self, place: Place) -> Sequence[Tally]:
        """Count members by school and status."""
        ...

    def roles(self, place: Place) -> Sequence[Tally]:
        """Count members by school, role and status; whoever has several roles counts for each."""
        ...

    def invitations(self, place: Place, period: Period) -> Sequence[Steps]:
        """Count how far the invitations came that were made in a time, by school and sort."""
        ...

    def decisions(self, place: Place, period: Period, by: GroupedBy) -> Sequence[TimeTaken]:
        """Measure how long the requests waited that were approved or rejected in a time."""
        ...

    def waiting(self, place: Place) -> Sequence[Waiting]:
        """Count the requests that wait, by school."""
        ...

    def last_rosters(self, place: Place) -> Sequence[LastRoster]:
        """Find the last roster of each school that one was imported for."""
        ...

    def drift(self, import_id: str, schools: Collection[str]) -> Sequence[Drift]:
        """Count how the people of schools stand to a roster of theirs."""
        ...

    def drifters(self, import_id: str, schools: Collection[str]) -> Iterator[Drifter]:
        """Go through those who do not stand as a roster says, in its order; then those who are not on it."""
        ...

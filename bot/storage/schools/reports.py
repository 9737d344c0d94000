"""The numbers of reports: each is one query, grouped by the database."""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    text,
)

from bot.core.ids import earliest_id
from bot.core.people.members import Access, Visibility
from bot.core.people.people_filter import Status
from bot.core.requests.join_requests import RequestState
from bot.core.rosters.drift import Drift, Drifter, LastRoster
from bot.core.schools.report_ports import (
    FunnelCounts,
    GroupedBy,
    InvitationKind,
    Period,
    Place,
    Tally,
    TimeTaken,
    WaitingRequests,
)
from bot.core.values import dataclass
from bot.storage.rights.scopes import in_school
from bot.storage.rosters import drift as roster_drift
from bot.storage.schools.places import in_place
from bot.storage.statements import Row
from bot.storage.tables import assignments, invitations, join_requests, memberships, schools
from bot.storage.types import UtcDateTime

_DAY = 86_400
_I, _M, _R = invitations.c, memberships.c, join_requests.c
# A member's status in one word; an archived membership is archived, whatever else its state is.
_STATUS = case(
    (_M.visibility == Visibility.ARCHIVED.value, Status.ARCHIVED.value),
    (_M.access != Access.OK.value, _M.access),
    else_=_M.standing,
).label("status")
_SORT = case(
    (_I.person_id.is_not(None), InvitationKind.PERSON.value),
    (_I.batch_id.is_not(None), InvitationKind.CODE.value),
    else_=InvitationKind.LINK.value,
).label("sort")
# In the words of the partial index, without bound parameters, so that the planner uses it.
_DECIDED = text("join_requests.state IN ('approved', 'rejected')")
_QUARTERS = 4


def standings_query(place: Place) -> Select[Any]:
    """Return the query that counts members by school and status."""
    number = func.count().label("number")
    query = select(_M.school_id, _STATUS, number).where(in_place(place, _M.school_id))
    return query.group_by(_M.school_id, _STATUS).order_by(_M.school_id, _STATUS)


def roles_query(place: Place) -> Select[Any]:
    """Return the query that counts members by school, role and status."""
    role = func.coalesce(assignments.c.role, "").label("role")
    own = and_(
        assignments.c.person_id == _M.person_id,
        in_school(_M.school_id),
    )
    return (
        select(_M.school_id, role, _STATUS, func.count().label("number"))
        .select_from(memberships.outerjoin(assignments, own))
        .where(in_place(place, _M.school_id))
        .group_by(_M.school_id, role, _STATUS)
        .order_by(_M.school_id, role, _STATUS)
    )


def steps_query(place: Place, period: Period) -> Select[Any]:
    """Return the query that counts invitations by school, sort and progress; ids tell when they were made."""
    return (
        select(
            _I.school_id,
            _SORT,
            func.count().label("created"),
            func.count(_I.sent_at).label("sent"),
            func.count(_I.opened_at).label("opened"),
            func.sum(_I.openings).label("openings"),
            func.sum(_I.uses_taken).label("accepted"),
            func.count(_I.declined_at).label("declined"),
        )
        .where(
            in_place(place, _I.school_id),
            _I.id >= earliest_id(period.since),
            _I.id < earliest_id(period.until),
        )
        .group_by(_I.school_id, _SORT)
        .order_by(_I.school_id, _SORT)
    )


def decisions_query(place: Place, period: Period, by: GroupedBy, dialect: str) -> Select[Any]:
    """Return the query for the waiting times of each group from which its quartiles are computed.

    SQLite has no function for quartiles. So the query fetches the times at the quarters of the order, with
    their ranks, and `_took` interpolates between two of them.
    """
    key = {
        GroupedBy.ALL: literal(""),
        GroupedBy.SCHOOL: _R.school_id,
        GroupedBy.APPROVER: func.coalesce(_R.decided_by, ""),
    }[by]
    approved = case((_R.state == RequestState.APPROVED.value, 1), else_=0)
    waits = (
        select(key.label("of"), _seconds(dialect).label("took"), approved.label("approved"))
        .where(
            in_place(place, _R.school_id),
            _DECIDED,
            _R.decided_at >= period.since,
            _R.decided_at < period.until,
        )
        .subquery()
    )
    ranked = select(
        waits.c.of,
        waits.c.took,
        (func.row_number().over(partition_by=waits.c.of, order_by=waits.c.took) - 1).label("place"),
        func.count().over(partition_by=waits.c.of).label("decided"),
        cast(func.sum(waits.c.approved).over(partition_by=waits.c.of), Integer).label("approved"),
    ).subquery()
    last = ranked.c.decided - 1
    quarters = [last * quarter // _QUARTERS for quarter in range(_QUARTERS + 1)]
    at = or_(*(ranked.c.place == one for one in quarters), *(ranked.c.place == one + 1 for one in quarters))
    return select(ranked).where(at).order_by(ranked.c.of, ranked.c.place)


def _seconds(dialect: str) -> ColumnElement[Any]:
    if dialect == "sqlite":
        return (func.julianday(_R.decided_at) - func.julianday(_R.submitted_at)) * _DAY
    return extract("epoch", _R.decided_at - _R.submitted_at)


def waiting_query(place: Place) -> Select[Any]:
    """Return the query that counts pending requests by school."""
    since = func.min(_R.submitted_at, type_=UtcDateTime()).label("since")
    return (
        select(_R.school_id, func.count().label("number"), since)
        .where(in_place(place, _R.school_id), _R.state == RequestState.PENDING.value)
        .group_by(_R.school_id)
        .order_by(_R.school_id)
    )


@dataclass(frozen=True, slots=True)
class SqlReports:
    """The numbers of reports in the database."""

    connection: Connection

    def schools(self, place: Place) -> Sequence[tuple[str, str]]:
        """List the schools of a report by name, as (id, name)."""
        query = select(schools.c.id, schools.c.name).where(in_place(place, schools.c.id))
        rows = self.connection.execute(query.order_by(schools.c.search_name, schools.c.id))
        return [(row.id, row.name) for row in rows]

    def standings(self, place: Place) -> Sequence[Tally]:
        """Count members by school and status."""
        found = self.connection.execute(standings_query(place))
        return [Tally(row.school_id, Status(row.status), row.number) for row in found]

    def roles(self, place: Place) -> Sequence[Tally]:
        """Count members by school, role and status; a member with several roles counts for each."""
        found = self.connection.execute(roles_query(place))
        return [Tally(row.school_id, Status(row.status), row.number, row.role) for row in found]

    def invitations(self, place: Place, period: Period) -> Sequence[FunnelCounts]:
        """Count the invitations that were made in a period by school, sort and progress."""
        found = self.connection.execute(steps_query(place, period))
        return [
            FunnelCounts(row[0], InvitationKind(row[1]), *(int(number) for number in row[2:]))
            for row in found
        ]

    def decisions(self, place: Place, period: Period, by: GroupedBy) -> Sequence[TimeTaken]:
        """Return quartiles of how long the requests that were decided in a period had waited, by group."""
        found = self.connection.execute(decisions_query(place, period, by, self.connection.dialect.name))
        return [_took(list(group)) for _, group in groupby(found, key=lambda row: row.of)]

    def waiting(self, place: Place) -> Sequence[WaitingRequests]:
        """Count pending requests by school, with the time of the oldest one."""
        found = self.connection.execute(waiting_query(place))
        return [WaitingRequests(row.school_id, row.number, row.since) for row in found]

    def last_rosters(self, place: Place) -> Sequence[LastRoster]:
        """Return the last imported roster of each school that has one."""
        query = select(schools.c.id, schools.c.district_id).where(in_place(place, schools.c.id))
        found = self.connection.execute(query).all()
        districts = {row.district_id for row in found if row.district_id}
        return roster_drift.last_rosters(self.connection, [row.id for row in found], districts)

    def drift(self, import_id: str, schools: Collection[str]) -> Sequence[Drift]:
        """Count how the memberships of schools differ from a roster."""
        return roster_drift.count_differences(self.connection, import_id, schools)

    def drifters(self, import_id: str, schools: Collection[str]) -> Iterator[Drifter]:
        """Yield the people who differ from a roster, in its order, then those who are not on it."""
        return roster_drift.differing_people(self.connection, import_id, schools)


def _took(rows: Sequence[Row]) -> TimeTaken:
    """Compute the quartiles of one group, interpolating between two waiting times."""
    first = rows[0]
    waits = {row.place: max(float(row.took), 0.0) for row in rows}

    def quartile(quarter: int) -> timedelta:
        place, beyond = divmod((first.decided - 1) * quarter, _QUARTERS)
        below = waits[place]
        above = waits[place + 1] if beyond else below
        return timedelta(seconds=round(below + (above - below) * beyond / _QUARTERS))

    return TimeTaken(first.of, first.decided, first.approved, *(quartile(quarter) for quarter in range(5)))

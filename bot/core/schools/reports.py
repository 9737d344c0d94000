"""Reports: who may see which, and their numbers. They name schools and roles, but no people."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.core.errors import BadValue
from bot.core.people.people_filter import Status
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
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
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace

DEFAULT_DAYS = 30
# All that can be asked for lies between these; beyond them, date arithmetic could overflow.
_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)
_DAY = len("20000101")


class Scope(StrEnum):
    """Whether a report covers a school or its district."""

    SCHOOL = "school"
    DISTRICT = "district"


class ReportKind(StrEnum):
    """The kinds of reports."""

    MEMBERS = "members"
    INVITATIONS = "invitations"
    DECISIONS = "decisions"
    ROSTER = "roster"


class Format(StrEnum):
    """The file formats in which a report can be downloaded."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Days:
    """A range of whole days, first and last included, in the time zone of the person who asks."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def period(self) -> Period:
        """The same range as moments."""
        return Period(self._midnight(self.first), self._midnight(self.last + timedelta(days=1)))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)


def days(now: datetime, zone: ZoneInfo, since: date | None, until: date | None) -> Days:
    """Return the range of days to report on: by default 30 days that end today."""
    last = min(max(until or now.astimezone(zone).date(), _FIRST), _LAST)
    first = max(since or last - timedelta(days=DEFAULT_DAYS - 1), _FIRST)
    if first > last:
        raise BadValue("since", f"comes after {last}", last.isoformat())
    return Days(first, last, zone)


@dataclass(frozen=True, slots=True)
class Asked:
    """A report that a button asks for again, packed short enough for the button's id."""

    what: ReportKind
    scope: Scope
    days: Days | None = None

    def pack(self) -> str:
        """Pack the report, for example as `id2026090120260930`."""
        spans = (self.days.first, self.days.last) if self.days else ()
        return self.what[0] + self.scope[0] + "".join(f"{day:%Y%m%d}" for day in spans)


def unpack(packed: str, now: datetime, zone: ZoneInfo) -> Asked | None:
    """Read a packed report back; None if the text is not one."""
    try:
        what = next(one for one in ReportKind if one[0] == packed[:1])
        scope = next(one for one in Scope if one[0] == packed[1:2])
        read = [date.fromisoformat(packed[at : at + _DAY]) for at in range(2, len(packed), _DAY)]
        return Asked(what, scope, days(now, zone, *read) if read else None)
    except (StopIteration, ValueError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report covers: its name, and its schools, sorted by name."""

    name: str
    scope: Scope
    place: Place
    schools: tuple[tuple[str, str], ...]
    school: School

    @property
    def several(self) -> bool:
        """Whether the report distinguishes schools."""
        return self.scope is Scope.DISTRICT


def subject(uow: UnitOfWork, actor: Actor, school: School, scope: Scope) -> Subject:
    """Find what a report covers; refuses an actor who may not see reports of all of it."""
    access.require(uow, actor, Permission.REPORT_READ, school)
    name, place = school.name, Place(school.id)
    if scope is Scope.DISTRICT:
        if school.district_id is None:
            raise BadValue("scope", f"cannot be that: {school.name} belongs to no district")
        access.require_over(uow, actor, Permission.REPORT_READ, school.district_id)
        district = uow.districts.by_id(school.district_id)
        name, place = district.name if district else "?", Place(school.id, school.district_id)
    return Subject(name, scope, place, tuple(uow.reports.schools(place)), school)


def sees_district(uow: UnitOfWork, actor: Actor, school: School) -> bool:
    """Tell whether the actor may see reports of the school's whole district."""
    if school.district_id is None:
        return False
    return Permission.REPORT_READ in access.rights_over(uow, actor, school.district_id).holds


@dataclass(frozen=True, slots=True)
class Members:
    """The members of each school, and those with each role, by status."""

    of: Subject
    standings: tuple[Tally, ...]
    roles: tuple[Tally, ...]

    @property
    def total(self) -> int:
        """All members; a person in two schools counts twice."""
        return sum(one.number for one in self.standings)

    @property
    def by_status(self) -> Mapping[Status, int]:
        """Members by status."""
        return _by_status(self.standings)

    @property
    def by_school(self) -> Sequence[tuple[str, Mapping[Status, int]]]:
        """Members by school and status, largest school first; includes schools without members."""
        found = _grouped(self.standings, lambda one: one.school_id)
        own = [(name, _by_status(found.get(school_id, ()))) for school_id, name in self.of.schools]
        return sorted(own, key=lambda one: -sum(one[1].values()))

    @property
    def by_role(self) -> Sequence[tuple[str, Mapping[Status, int]]]:
        """Members by role and status, most common role first; "" stands for no role."""
        found = _grouped(self.roles, lambda one: one.role)
        own = [(name, _by_status(tallies)) for name, tallies in sorted(found.items())]
        return sorted(own, key=lambda one: -sum(one[1].values()))


def _grouped(tallies: Iterable[Tally], by: Callable[[Tally], str]) -> Mapping[str, Sequence[Tally]]:
    """Group tallies in one pass: a district can have ten thousand schools."""
    found: defaultdict[str, list[Tally]] = defaultdict(list)
    for one in tallies:
        found[by(one)].append(one)
    return found


def _by_status(tallies: Iterable[Tally]) -> Mapping[Status, int]:
    found: Counter[Status] = Counter()
    for one in tallies:
        found[one.status] += one.number
    return {status: found[status] for status in Status if found[status]}


def members(uow: UnitOfWork, actor: Actor, school: School, scope: Scope) -> Members:
    """Count members by school, role and status."""
    of = subject(uow, actor, school, scope)
    return Members(of, tuple(uow.reports.standings(of.place)), tuple(uow.reports.roles(of.place)))


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far the invitations made in a period got."""

    of: Subject
    days: Days
    steps: tuple[FunnelCounts, ...]

    def of_kind(self, kind: InvitationKind) -> FunnelCounts | None:
        """Add up the invitations of one kind; None if there were none."""
        own = [one for one in self.steps if one.kind is kind]
        return _summed(own) if own else None


def _summed(own: Sequence[FunnelCounts]) -> FunnelCounts:
    sums = (
        sum(one.created for one in own),
        sum(one.sent for one in own),
        sum(one.opened for one in own),
        sum(one.openings for one in own),
        sum(one.accepted for one in own),
        sum(one.declined for one in own),
    )
    return FunnelCounts("", own[0].kind, *sums)


def invitations(uow: UnitOfWork, actor: Actor, school: School, scope: Scope, within: Days) -> Funnel:
    """Count how far the invitations made in a period got."""
    of = subject(uow, actor, school, scope)
    return Funnel(of, within, tuple(uow.reports.invitations(of.place, within.period)))


@dataclass(frozen=True, slots=True)
class Decisions:
    """How long applicants waited for a decision; approvers are numbered, not named."""

    of: Subject
    days: Days
    whole: TimeTaken | None
    by_school: tuple[TimeTaken, ...]
    by_approver: tuple[TimeTaken, ...]
    waiting: tuple[WaitingRequests, ...]

    @property
    def still_waiting(self) -> int:
        """How many requests are waiting now."""
        return sum(one.number for one in self.waiting)

    @property
    def oldest(self) -> datetime | None:
        """Since when the oldest waiting request has waited; None if none waits."""
        return min((one.since for one in self.waiting), default=None)


def decisions(uow: UnitOfWork, actor: Actor, school: School, scope: Scope, within: Days) -> Decisions:
    """Measure how long the requests decided in a period waited, and count those waiting now."""
    of = subject(uow, actor, school, scope)
    took = uow.reports.decisions
    whole = took(of.place, within.period, GroupedBy.ALL)
    by_school = took(of.place, within.period, GroupedBy.SCHOOL) if of.several else ()
    by_approver = took(of.place, within.period, GroupedBy.APPROVER)
    return Decisions(
        of,
        within,
        whole[0] if whole else None,
        _slowest_first(by_school),
        _unnamed(by_approver),
        tuple(uow.reports.waiting(of.place)),
    )


def _slowest_first(took: Sequence[TimeTaken]) -> tuple[TimeTaken, ...]:
    return tuple(sorted(took, key=lambda one: one.median, reverse=True))


def _unnamed(took: Sequence[TimeTaken]) -> tuple[TimeTaken, ...]:
    """Replace approvers by numbers, the one with the most decisions first; no name leaves this function."""
    own = sorted((one for one in took if one.of), key=lambda one: -one.decided)
    return tuple(replace(one, of=str(number)) for number, one in enumerate(own, 1))

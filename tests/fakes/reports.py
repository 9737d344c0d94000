"""A fake of the queries for reports, which counts as simply as possible."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.core.invitations.invitations import Invitation
from bot.core.people.members import Membership, Visibility
from bot.core.people.people_filter import Status
from bot.core.requests.join_requests import JoinRequest, RequestState
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
from tests.fakes import roster_drift
from tests.fakes.state import State


def _status(one: Membership) -> Status:
    return Status.ARCHIVED if one.visibility is Visibility.ARCHIVED else Status(one.status)


def _sort(one: Invitation) -> InvitationKind:
    if one.to is not None:
        return InvitationKind.PERSON
    return InvitationKind.LINK if one.batch_id is None else InvitationKind.CODE


def _took(of: str, decided: list[JoinRequest]) -> TimeTaken:
    waits = sorted(
        max((one.decided_at - one.submitted_at).total_seconds(), 0) for one in decided if one.decided_at
    )
    quartiles = statistics.quantiles(waits, n=4, method="inclusive") if len(waits) > 1 else waits * 3
    approved = sum(one.state is RequestState.APPROVED for one in decided)
    five = (timedelta(seconds=round(one)) for one in (waits[0], *quartiles, waits[-1]))
    return TimeTaken(of, len(decided), approved, *five)


@dataclass(frozen=True)
class FakeReports:
    state: State

    def schools(self, place: Place) -> Sequence[tuple[str, str]]:
        known = self.state.schools.values()
        if place.district_id is None:
            found = [one for one in known if one.id == place.school_id]
        else:
            found = [one for one in known if one.district_id == place.district_id and not one.archived]
        return [(one.id, one.name) for one in sorted(found, key=lambda one: (one.name.casefold(), one.id))]

    def _in(self, place: Place) -> set[str]:
        return {school_id for school_id, _ in self.schools(place)}

    def standings(self, place: Place) -> Sequence[Tally]:
        within = self._in(place)
        own = [one for one in self.state.memberships.values() if one.school_id in within]
        numbers = Counter((one.school_id, _status(one)) for one in own)
        return [Tally(*key, number) for key, number in sorted(numbers.items())]

    def roles(self, place: Place) -> Sequence[Tally]:
        within = self._in(place)
        roles = defaultdict(list)
        for given in self.state.assignments:
            roles[given.person, given.scope].append(given.role)
        numbers = Counter(
            (one.school_id, role, _status(one))
            for one in self.state.memberships.values()
            if one.school_id in within
            for role in roles[one.person_id, one.school_id] or [""]
        )
        return [Tally(school, status, n, role) for (school, role, status), n in sorted(numbers.items())]

    def invitations(self, place: Place, period: Period) -> Sequence[FunnelCounts]:
        within, groups = self._in(place), defaultdict(list)
        for one in self.state.invitations.values():
            if one.school_id in within and period.since <= one.created_at < period.until:
                groups[one.school_id, _sort(one)].append(one)
        return [
            FunnelCounts(
                school_id,
                sort,
                created=len(own),
                sent=sum(one.to is not None and one.to.sent_at is not None for one in own),
                opened=sum(one.opened_at is not None for one in own),
                openings=sum(one.openings for one in own),
                accepted=sum(one.uses_taken for one in own),
                declined=sum(one.to is not None and one.to.declined_at is not None for one in own),
            )
            for (school_id, sort), own in sorted(groups.items())
        ]

    def decisions(self, place: Place, period: Period, by: GroupedBy) -> Sequence[TimeTaken]:
        within, groups = self._in(place), defaultdict(list)
        for one in self.state.join_requests.values():
            judged = one.state in {RequestState.APPROVED, RequestState.REJECTED}
            then = one.decided_at is not None and period.since <= one.decided_at < period.until
            if one.school_id in within and judged and then:
                of = {
                    GroupedBy.ALL: "",
                    GroupedBy.SCHOOL: one.school_id,
                    GroupedBy.APPROVER: one.decided_by or "",
                }[by]
                groups[of].append(one)
        return [_took(of, own) for of, own in sorted(groups.items())]

    def waiting(self, place: Place) -> Sequence[WaitingRequests]:
        within, groups = self._in(place), defaultdict(list)
        for one in self.state.join_requests.values():
            if one.school_id in within and one.state is RequestState.PENDING:
                groups[one.school_id].append(one.submitted_at)
        return [WaitingRequests(of, len(since), min(since)) for of, since in sorted(groups.items())]

    def last_rosters(self, place: Place) -> Sequence[LastRoster]:
        within = self._in(place)
        districts = {self.state.schools[one].district_id for one in within} - {None}
        return roster_drift.last(self.state, within, {one for one in districts if one})

    def drift(self, import_id: str, schools: Collection[str]) -> Sequence[Drift]:
        return roster_drift.count(self.state, import_id, schools)

    def drifters(self, import_id: str, schools: Collection[str]) -> Iterator[Drifter]:
        return roster_drift.people(self.state, import_id, schools)

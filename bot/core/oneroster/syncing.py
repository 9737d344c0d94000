"""Syncs a district with its folder, by the same plans, guard and rules as any roster import."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.core import audit
from bot.core.errors import Refusal
from bot.core.oneroster import applying, runs
from bot.core.oneroster.applying import AgreedSync
from bot.core.oneroster.faults import feed_error
from bot.core.oneroster.feed import Feed
from bot.core.oneroster.mirror import Mirror
from bot.core.oneroster.model import (
    Count,
    DistrictMembership,
    FeedError,
    Outcome,
    Run,
    RunState,
    Trouble,
    acting_for,
)
from bot.core.oneroster.wanted import Wanted, wanted
from bot.core.people import lifecycle
from bot.core.people.members import Access
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.rosters import columns, guard, planning
from bot.core.rosters.imports import Place, Planned, StepKind
from bot.core.rosters.rows import Problem, Reading
from bot.core.schools import districts
from bot.core.schools.schools import School

# How many errors of a run are kept; all of them are counted.
MOST_ERRORS = 200
_COUNTED = {
    StepKind.ADD: Count.ADDED,
    StepKind.CHANGE: Count.CHANGED,
    StepKind.REMOVE: Count.REMOVED,
    StepKind.KEEP: Count.KEPT,
    StepKind.SAME: Count.SAME,
}


def left_alone(uow: UnitOfWork, run: Run, trouble: Trouble) -> Run:
    """End a run whose folder could not be taken in, and say why."""
    return _finish(uow, run, run.ended(RunState.LEFT, uow.now, Outcome(trouble=trouble)))


def take(uow: UnitOfWork, run: Run, feed: Feed) -> Run:
    """Apply or plan all of what a folder says, or end with everything that is wrong with it."""
    found = _schools(uow, run.district_id)
    if not found:
        return left_alone(uow, run, Trouble.NO_SCHOOL)
    # Locks the schools, so that what was planned is what is done.
    for school in sorted(found, key=lambda one: one.id):
        uow.schools.lock(school.id)
    return _Sync(uow, run, feed, found, acting_for(run.district_id)).done()


def _schools(uow: UnitOfWork, district_id: str) -> list[School]:
    district = uow.districts.by_id(district_id)
    if district is None or district.archived_at is not None:
        return []
    return list(districts.schools_of(uow, district_id))


def _finish(uow: UnitOfWork, run: Run, ended: Run) -> Run:
    runs.finish(uow, run, ended)
    return ended


@dataclass(slots=True)
class _Sync:
    uow: UnitOfWork
    run: Run
    feed: Feed
    schools: list[School]
    actor: Actor
    counts: Counter[Count] = field(default_factory=Counter)
    off: list[DistrictMembership] = field(default_factory=list)
    on: list[DistrictMembership] = field(default_factory=list)

    def done(self) -> Run:
        uow, district_id = self.uow, self.run.district_id
        mirror = Mirror.of(uow, district_id, self.schools)
        errors = [*self.feed.errors, *self.feed.unresolved(mirror.users, mirror.orgs)]
        mirror.take(self.feed)
        self._find_details(mirror)
        want = wanted(mirror, self.feed)
        errors += want.errors
        if errors:
            return self._faulty(errors)
        uow.oneroster_known.set_leaving(district_id, want.leaving)
        planned = self._planned(want)
        if not isinstance(planned, Planned | None):
            return self._faulty(planned)
        self.off = [one for one in _flattened(want.off) if self._may_switch(one)]
        # Members whom the source deactivated come back, unless somebody has changed their access since.
        deactivated = Access.DEACTIVATED.value
        back = (one for one in _flattened(want.on) if one.access == deactivated and not self._barred(one))
        self.on = [one for one in back if self._may_switch(one)]
        self._count(want, planned)
        outcome = Outcome(dict(+self.counts))
        digest = self._digest(want, planned)
        state = self._state(planned, outcome, digest)
        if state is not RunState.DONE:
            if planned is not None:
                uow.rosters.drop(planned.roster.id)
            stale = self.run.state is RunState.AGREED and digest != self.run.digest
            return _finish(uow, self.run, self.run.ended(state, uow.now, outcome, digest=digest, stale=stale))
        return self._apply(mirror, want, planned)

    def _find_details(self, mirror: Mirror) -> None:
        """Look up the details of users whom the folder affects without listing them."""
        unnamed = {
            name: known.person_id
            for name in mirror.touched - self.feed.users.said.keys()
            if (known := mirror.users.get(name)) and known.person_id
        }
        ids = sorted(set(unnamed.values()))
        told = {
            one.person_id: one.said
            for start in range(0, len(ids), planning.CHUNK)
            for one in self.uow.roster_people.known(ids[start : start + planning.CHUNK])
        }
        for name, person_id in unnamed.items():
            said = told.get(person_id)
            if said and said.email and said.first_name and said.last_name:
                mirror.named[name] = said

    def _planned(self, want: Wanted) -> Planned | Sequence[FeedError] | None:
        """Plan the memberships; people known only outside of the district are left out, and counted."""
        if not want.rows and not want.leaving:
            return None
        place = Place(self._home(), whole_district=True)
        reading = Reading(columns.mapping(()), tuple(want.rows))
        planned = planning.plan(self.uow, self.actor, place, reading, applying.OPTIONS)
        if isinstance(planned, Planned):
            return planned
        elsewhere = {one.place for one in planned.errors if one.problem is Problem.KNOWN_ELSEWHERE}
        if not elsewhere:
            return [feed_error(one) for one in planned.errors]
        self.counts[Count.ELSEWHERE] = len(elsewhere)
        want.rows = [one for one in want.rows if one.place not in elsewhere]
        return self._planned(want)

    def _home(self) -> School:
        """Return the school at which the import is listed: the district's oldest."""
        return min(self.schools, key=lambda one: one.id)

    def _count(self, want: Wanted, planned: Planned | None) -> None:
        self.counts += want.counts
        for (kind, _), number in (planned.counts if planned else {}).items():
            self.counts[_COUNTED[kind]] += number
        self.counts[Count.DEACTIVATED] = len(self.off)
        self.counts[Count.REACTIVATED] = len(self.on)

    def _may_switch(self, membership: DistrictMembership) -> bool:
        """Tell whether the sync may switch a member off or on; counts those it may not as kept.

        It may not switch Primary Admins, nor people above the district.
        """
        school = next(one for one in self.schools if one.id == membership.school_id)
        try:
            lifecycle.lock_for_change(
                self.uow, self.actor, school, membership.person_id, Permission.MEMBER_DEACTIVATE
            )
        except Refusal:
            self.counts[Count.KEPT] += 1
            return False
        return True

    def _barred(self, membership: DistrictMembership) -> bool:
        """Tell whether the identity provider bars a member, whatever the source says."""
        barred = self.uow.scim_users.barred(membership.school_id, membership.person_id)
        self.counts[Count.KEPT] += barred
        return barred

    def _digest(self, want: Wanted, planned: Planned | None) -> str:
        facts = (self.feed.digest, want.digest, planned and planned.roster.digest)
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    def _state(self, planned: Planned | None, outcome: Outcome, digest: str) -> RunState:
        """Return whether the run is done now, or must be agreed to first."""
        guarded = self._guarded(planned)
        if self.run.state is RunState.AGREED:
            if digest != self.run.digest:
                return RunState.GUARDED if guarded else RunState.PLANNED
            return RunState.GUARDED if guarded and self.run.typed != outcome.losing_access else RunState.DONE
        if guarded:
            return RunState.GUARDED
        return RunState.DONE if self.run.applies else RunState.PLANNED

    def _guarded(self, planned: Planned | None) -> bool:
        """Tell whether a school would lose too many active members at once, removed or deactivated."""
        going = Counter({one.school.id: one.leaving for one in planned.removals} if planned else {})
        for membership in self.off:
            going[membership.school_id] += membership.active
        return any(
            guard.too_many(self.uow, of, number, guard.active(self.uow, of))
            for of, number in going.items()
            if number
        )

    def _faulty(self, errors: Sequence[FeedError]) -> Run:
        ordered = sorted(set(errors))
        outcome = Outcome(errors=tuple(ordered[:MOST_ERRORS]), wrong=len(ordered))
        return _finish(self.uow, self.run, self.run.ended(RunState.FAULTY, self.uow.now, outcome))

    def _apply(self, mirror: Mirror, want: Wanted, planned: Planned | None) -> Run:
        uow, district_id = self.uow, self.run.district_id
        roster = planned.roster if planned else None
        applying.apply(uow, self.actor, district_id, AgreedSync(mirror, want, roster, self.off, self.on))
        told = {one.value: number for one, number in sorted(self.counts.items()) if number}
        subject = districts.subject_of(district_id)
        audit.record(uow, self.actor, "oneroster.synced", subject, new={"run": self.run.id, **told})
        outcome, import_id = Outcome(dict(+self.counts)), roster.id if roster else None
        ended = self.run.ended(RunState.DONE, uow.now, outcome, import_id=import_id)
        return _finish(uow, self.run, ended)


def _flattened(by_person: Mapping[str, Sequence[DistrictMembership]]) -> list[DistrictMembership]:
    return [membership for _, memberships in sorted(by_person.items()) for membership in memberships]

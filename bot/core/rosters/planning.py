"""Planning an import: what it would do to whom, or what is wrong with it. Changes nobody."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from bot.core.email_addresses import email_key
from bot.core.errors import BadValue
from bot.core.ids import new_id, numbered_ids
from bot.core.ports import UnitOfWork
from bot.core.rights.access import named_administrators
from bot.core.rights.actors import Actor
from bot.core.rosters import counting
from bot.core.rosters.columns import Column
from bot.core.rosters.counting import Tally
from bot.core.rosters.guard import refuse_crowd, removal
from bot.core.rosters.imports import (
    PLAN_KEPT,
    Faulty,
    ImportState,
    Missing,
    Options,
    Place,
    Planned,
    RosterImport,
    Sent,
    Step,
    StepKind,
    StepReason,
)
from bot.core.rosters.judging import Judge
from bot.core.rosters.rows import Problem, Reading, RowError
from bot.core.rosters.scope import Entry, Reach, Scope
from bot.core.schools.schools import School
from bot.core.values import dataclass, field, replace

# How many steps a plan may have, since it is made in one unit of work.
MOST = 200_000
# How many steps or people are handled at a time.
CHUNK = 1000
_DIGEST = 32


class _Absent(Protocol):
    def __call__(self, of: str, school_id: str, /, *, after: str, limit: int) -> Sequence[str]:
        """List who is to leave a school, by the import or by the district."""
        ...


def plan(uow: UnitOfWork, actor: Actor, place: Place, reading: Reading, options: Options) -> Planned | Faulty:
    """Plan an import and store the plan, or return everything that is wrong with it."""
    reach = Reach(uow, actor)
    scope = Scope(reach, place, options)
    district = place.school.district_id if place.whole_district else None
    roster = RosterImport(
        new_id(uow.now),
        place.school.id,
        district,
        options,
        ImportState.PLANNED,
        "",
        uow.now,
        planned_by=actor.person_id,
    )
    uow.rosters.drop_plan(uow.now - PLAN_KEPT)
    uow.rosters.add(roster)
    return _draft(Draft(reach, roster), scope.entries(reading.rows), lambda: [*reading.errors, *scope.errors])


def again(uow: UnitOfWork, actor: Actor, roster: RosterImport) -> Planned | Faulty:
    """Plan an import again whose facts have changed; if it is faulty now, it is deleted."""
    entries = list(_entries(uow, roster))
    uow.roster_steps.unstage(roster.id)
    fresh = replace(roster, state=ImportState.PLANNED, planned_by=actor.person_id)
    uow.rosters.save(fresh, expected=roster.state)
    return _draft(Draft(Reach(uow, actor), fresh), entries, list, stale=True)


def _draft(
    draft: "Draft",
    entries: Iterable[Entry],
    seen: Callable[[], list[RowError]],
    *,
    stale: bool = False,
) -> Planned | Faulty:
    draft.stage(entries)
    errors = [*seen(), *draft.judge()]
    if errors:
        draft.uow.rosters.drop(draft.roster.id)
        return Faulty(tuple(sorted(dict.fromkeys(errors), key=_in_order)))
    return draft.planned(stale=stale)


def _entries(uow: UnitOfWork, roster: RosterImport) -> Iterator[Entry]:
    """Rebuild the entries of an import from its steps, without people who were erased."""
    first: dict[str, int] = {}
    after = 0
    while found := uow.roster_steps.steps(roster.id, after=after, limit=CHUNK):
        for step in found:
            if step.place and step.said.email:  # erasure removes the address
                key = email_key(step.said.email)
                first.setdefault(key, step.number)
                yield Entry(step.place, step.school_id, step.said, step.wanted, first[key], step.leads)
        after = found[-1].number


def unchanged(uow: UnitOfWork, actor: Actor, roster: RosterImport, tallies: Sequence[Tally]) -> bool:
    """Tell whether a plan still holds, by judging everyone again under the locks of all schools."""
    placed = {one.school_id for one in tallies if one.placed}
    gets = {(one.school_id, one.gets) for one in tallies if one.gets}
    draft = Draft(Reach(uow, actor), roster, stored=True, _schools=placed, _new_roles=gets)
    return not draft.judge() and draft.digest == roster.digest


def _in_order(error: RowError) -> tuple[int, int]:
    return error.place, list(Column).index(error.column)


@dataclass(slots=True)
class Draft:
    """An import that is being planned; or a `stored` one that is judged again before it is applied."""

    reach: Reach
    roster: RosterImport
    stored: bool = False
    _last_number: int = 0
    _schools: set[str] = field(default_factory=set)
    _new_roles: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    _known: set[str] = field(default_factory=set)
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def uow(self) -> UnitOfWork:
        """The unit of work that this is part of."""
        return self.reach.uow

    @property
    def digest(self) -> str:
        """A text that changes when the import's effects do."""
        return self._hash.hexdigest()[:_DIGEST]

    @property
    def _sent(self) -> Sent:
        return Sent.WANTED if self.roster.options.invite else Sent.NOT

    def stage(self, entries: Iterable[Entry]) -> None:
        """Store a step for each entry. Everyone counts as new until found to be known."""
        self.uow.roster_steps.stage_new(self.roster.id, self._steps(entries))
        self.roster = replace(self.roster, rows=self._last_number)

    def _steps(self, entries: Iterable[Entry]) -> Iterator[Step]:
        person, membership = numbered_ids(self.uow.now), numbered_ids(self.uow.now)
        for number, entry in enumerate(entries, 1):
            place, school_id, said, wanted, first, leads = entry
            if number > MOST:
                raise BadValue("file", f"makes more than {MOST:,} changes; give it in parts")
            self._last_number = number
            roles = wanted or (self._school(school_id).default_role,)
            self._schools.add(school_id)
            self._new_roles.add((school_id, roles))
            made = membership(number)
            yield Step(
                number, place, school_id, person(first), StepKind.ADD, said, wanted, roles,
                made=made, sent=self._sent, leads=leads, fresh=True,
            )  # fmt: skip

    def _school(self, school_id: str) -> School:
        school = self.reach.school(school_id)
        assert school is not None  # noqa: S101 - it was resolved
        return school

    def judge(self) -> list[RowError]:
        """Decide what happens to everyone; return the errors found."""
        uow, import_id = self.uow, self.roster.id
        schools = sorted(self._schools)
        judge = Judge(
            self.reach,
            self.roster.options,
            named_administrators(uow),
            uow.roster_steps.schools_by_address(import_id),
            uow.roster_people.invited_to(schools),
            schools if self.roster.options.missing is Missing.REMOVE else (),
        )
        self._last_number = self.roster.rows
        errors: list[RowError] = []
        for after in range(0, self.roster.rows, CHUNK):
            errors += self._judge_known(judge, after)
        errors += self._judge_new()
        errors += [
            RowError(one.place, Column.EDUCATOR_ID, Problem.ID_OF_ANOTHER, one.said.educator_id)
            for one in uow.roster_people.ids_taken(import_id, schools, MOST)
        ]
        for school_id in judge.emptied:
            self._judge_absent(judge, school_id, uow.roster_people.absent, import_id)
        if self.roster.options.missing is Missing.SYNCED and (district := self.roster.district_id):
            schools = sorted({*schools, *uow.oneroster_known.leaving_schools(district)})
            for school_id in schools:
                self._judge_absent(judge, school_id, uow.oneroster_known.leaving, district)
        self._add_to_digest(
            [(one, self._school(one).default_role, self._school(one).archived) for one in schools]
        )
        return errors

    def _judge_known(self, judge: Judge, after: int) -> list[RowError]:
        met = self.uow.roster_people.matching(self.roster.id, after=after, until=after + CHUNK)
        if not met:
            return []
        ids = sorted({person_id for _, person_id in met})
        self._known.update(ids)
        known = {one.person_id: one for one in self.uow.roster_people.known(ids)}
        errors, settled = [], []
        for step, person_id in met:
            new = step._replace(kind=StepKind.ADD, roles_before=(), before=None, why=None, sent=self._sent)
            roles = step.wanted or (self._school(step.school_id).default_role,)
            judged = judge.judged(new._replace(roles=roles), known[person_id])
            if isinstance(judged, RowError):
                errors.append(judged)
                continue
            settled.append(judged)
            if judged.kind is StepKind.INVITE:
                self._add_to_digest(person_id)  # part of the digest: they are the person who would be invited
            if judged.leads and judged.kind not in {StepKind.KEEP, StepKind.INVITE}:
                for one in judge.leaving(judged, known[person_id]):
                    if one.school_id not in judge.emptied:  # else they are found to be absent there
                        self._last_number += 1
                        moved = judge.leaver(self._last_number, one, known[person_id], StepReason.MOVED)
                        settled.append(moved)
        self._settle(settled)
        return errors

    def _judge_new(self) -> Iterator[RowError]:
        """Find roles above the actor's ceiling that new people would get."""
        high = [
            (school_id, name)
            for school_id, roles in self._new_roles
            for name in roles
            if not self.reach.covers(school_id, name)
        ]
        after = 0
        while high and (found := self.uow.roster_steps.steps(self.roster.id, after=after, limit=CHUNK)):
            for step in found:
                for name in step.roles if step.fresh else ():
                    if (step.school_id, name) in high:
                        offered = self.reach.grantable(step.school_id)
                        yield RowError(step.place, Column.ROLES, Problem.ABOVE_CEILING, name, offered)
            after = found[-1].number

    def _judge_absent(self, judge: Judge, school_id: str, absent: _Absent, of: str) -> None:
        after = ""
        while ids := absent(of, school_id, after=after, limit=CHUNK):
            settled = []
            for known in self.uow.roster_people.known(ids):
                membership = known.in_school(school_id)
                if membership is not None:
                    self._last_number += 1
                    why = StepReason.MOVED if known.person_id in self._known else None
                    settled.append(judge.leaver(self._last_number, membership, known, why))
            self._settle(settled)
            after = ids[-1]

    def _settle(self, steps: Sequence[Step]) -> None:
        """Add the decisions to the digest; while planning, store them as well."""
        self._add_to_digest(
            [
                (
                    one.number,
                    one.kind.value,
                    one.roles,
                    one.roles_before,
                    one.before,
                    str(one.why),
                    one.sent.value,
                )
                + (() if one.kind is StepKind.INVITE else (one.person_id,))
                for one in steps
            ]
        )
        if not self.stored:
            self.uow.roster_steps.settle(self.roster.id, [one for one in steps if one.place])
            self.uow.roster_steps.stage(self.roster.id, [one for one in steps if not one.place])

    def _add_to_digest(self, facts: object) -> None:
        self._hash.update(repr(facts).encode())

    def planned(self, *, stale: bool) -> Planned:
        """Store the finished plan, and return what it would do."""
        roster = replace(self.roster, digest=self.digest)
        self.uow.rosters.save(roster, expected=ImportState.PLANNED)
        tallies = self.uow.roster_steps.tally(roster.id)
        refuse_crowd(self.uow, tallies)
        return summary(self.uow, roster, tallies, stale=stale)


def summary(
    uow: UnitOfWork, roster: RosterImport, tallies: Sequence[Tally], *, stale: bool = False
) -> Planned:
    """Return what a stored plan would do."""
    removals = [removal(uow, *one) for one in sorted(counting.leaving(tallies).items())]
    return Planned(roster, counting.kinds(tallies), tuple(removals), stale)

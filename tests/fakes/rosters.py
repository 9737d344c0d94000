"""Imports of rosters in memory."""

# ruff: noqa: ARG002 - a fake need not keep all that it is told

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.actors import Person
from bot.core.holdings import ERASED
from bot.core.invitations import Invitation
from bot.core.members import Membership, Standing
from bot.core.people import PersonDetails, email_key
from bot.core.roles import BY_NAME, ScopeKind
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import KIND, Kind, RosterImport, Said, Sent, State, Step
from bot.core.rosters.known import Held, Known
from bot.core.scim.model import Account
from tests.fakes.scopes import custom_role
from tests.fakes.state import State as Tables

_WORK = {State.WAITING, State.INVITING}
_COMES = {Kind.ADD, Kind.MOVE}
_DOES = _COMES | {Kind.CHANGE, Kind.REMOVE}


@dataclass(frozen=True)
class FakeRosters:
    state: Tables
    now: datetime

    def add(self, roster: RosterImport) -> bool:
        if roster.undoes is not None and self.undone_by(roster.undoes) is not None:
            return False
        self.state.roster_imports[roster.id] = roster
        return True

    def save(self, roster: RosterImport, *, expected: State) -> bool:
        stored = self.by_id(roster.id)
        if stored is None or stored.state is not expected:
            return False
        self.state.roster_imports[roster.id] = roster
        return True

    def by_id(self, import_id: str) -> RosterImport | None:
        return self.state.roster_imports.get(import_id)

    def lock(self, import_id: str) -> None:
        """Need nothing: units of the fake run one after the other."""

    def hold(self, import_id: str) -> None:
        """Need nothing: units of the fake run one after the other."""

    def undone_by(self, import_id: str) -> RosterImport | None:
        return next((one for one in self.state.roster_imports.values() if one.undoes == import_id), None)

    def listed(self, school_id: str, *, after: str | None, limit: int) -> Sequence[RosterImport]:
        found = [
            one
            for one in self.state.roster_imports.values()
            if one.school_id == school_id
            and one.state is not State.PLANNED
            and (after is None or one.id < after)
        ]
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]

    def _free(self, import_id: str, worker: str, now: datetime) -> bool:
        by, until = self.state.roster_claims.get(import_id, ("", now))
        return until <= now or by == worker

    def waiting(self, worker: str, now: datetime) -> str | None:
        off = self.state.put_off(KIND, now)
        imports = (one for one in self.state.roster_imports.values() if one.id not in off)
        work = sorted(one.id for one in imports if one.state in _WORK)
        return next((one for one in work if self._free(one, worker, now)), None)

    def claim(self, import_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        roster = self.by_id(import_id)
        if roster is None or roster.state not in _WORK or not self._free(import_id, worker, now):
            return False
        self.state.roster_claims[import_id] = (worker, until)
        return True

    def stage_new(self, import_id: str, steps: Iterable[Step]) -> None:
        self.stage(import_id, steps)

    def stage(self, import_id: str, steps: Iterable[Step]) -> None:
        for one in steps:
            assert (import_id, one.number) not in self.state.roster_rows
            self.state.roster_rows[import_id, one.number] = one

    def settle(self, import_id: str, steps: Iterable[Step]) -> None:
        for one in steps:
            stored = self.state.roster_rows[import_id, one.number]
            self.state.roster_rows[import_id, one.number] = one._replace(
                said=stored.said, wanted=stored.wanted, place=stored.place, leads=stored.leads
            )

    def unstage(self, import_id: str) -> None:
        for key in [one for one in self.state.roster_rows if one[0] == import_id]:
            del self.state.roster_rows[key]

    def absorb(self, source_id: str, target_id: str) -> None:
        for key, one in self.state.roster_rows.items():
            if one.person_id == source_id:
                self.state.roster_rows[key] = one._replace(person_id=target_id)

    def forget(self, person_id: str) -> None:
        for key, one in self.state.roster_rows.items():
            if one.person_id == person_id:
                said = Said(first_name=ERASED, last_name=ERASED)
                self.state.roster_rows[key] = one._replace(said=said, before=None)

    def about(self, person_id: str, school_id: str | None) -> Sequence[Mapping[str, object]]:
        return [
            {
                "import_id": import_id,
                "school_id": one.school_id,
                "kind": one.kind.value,
                "why": one.why,
                **one.said._asdict(),
                "roles": json.dumps(one.roles),
                "roles_before": json.dumps(one.roles_before),
                "before": one.before and json.dumps(one.before),
            }
            for (import_id, _), one in sorted(self.state.roster_rows.items())
            if one.person_id == person_id and school_id in {None, one.school_id}
        ]

    def drop(self, import_id: str) -> None:
        self.unstage(import_id)
        self.state.roster_imports.pop(import_id, None)

    def drop_plan(self, before: datetime) -> bool:
        plans = [one for one in self.state.roster_imports.values() if one.state is State.PLANNED]
        oldest = min((one.id for one in plans if one.created_at < before), default=None)
        if oldest is not None:
            self.drop(oldest)
        return oldest is not None

    def _steps(self, import_id: str) -> list[Step]:
        own = [one for (of, _), one in self.state.roster_rows.items() if of == import_id]
        return sorted(own, key=lambda one: one.number)

    def _placed(self, import_id: str) -> list[Step]:
        return [one for one in self._steps(import_id) if one.place]

    def steps(
        self, import_id: str, *, kinds: Collection[Kind] = (), after: int = 0, limit: int
    ) -> Sequence[Step]:
        found = [
            one for one in self._steps(import_id) if one.number > after and (not kinds or one.kind in kinds)
        ]
        return found[:limit]

    def of_person(self, import_id: str, person_id: str) -> Sequence[Step]:
        return [one for one in self._steps(import_id) if one.person_id == person_id]

    def uninvited(self, import_id: str, limit: int) -> Sequence[Step]:
        return [one for one in self._steps(import_id) if one.sent is Sent.WANTED][:limit]

    def sent(self, import_id: str, person_id: str, sent: Sent, *, now: str, invitation: str) -> None:
        for one in self.of_person(import_id, person_id):
            if one.sent is Sent.WANTED:
                self.state.roster_rows[import_id, one.number] = one._replace(
                    sent=sent, person_id=now, invitation=invitation
                )

    def invited(self, import_id: str) -> Mapping[Sent, int]:
        found = {(one.sent, one.person_id) for one in self._steps(import_id) if one.sent is not Sent.NOT}
        return Counter(sent for sent, _ in found)

    def tally(self, import_id: str) -> Sequence[Tally]:
        counts = Counter(
            (one.school_id, one.kind, one.why, one.place > 0, one.roles if one.fresh else ())
            for one in self._steps(import_id)
        )
        return [Tally(*alike, number) for alike, number in counts.items()]

    def spread(self, import_id: str) -> Mapping[str, Collection[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for one in self._placed(import_id):
            found[email_key(one.said.email)].add(one.school_id)
        several = {email_key(one.said.email) for one in self._placed(import_id) if not one.leads}
        return {key: schools for key, schools in found.items() if key in several}

    def _owner(self, address: str) -> str | None:
        key = email_key(address)
        found = (who for who, one in self.state.details.items() if one.email and email_key(one.email) == key)
        return next(found, None)

    def met(self, import_id: str, *, after: int, until: int) -> Sequence[tuple[Step, str]]:
        found = [
            (one, self._owner(one.said.email))
            for one in self._placed(import_id)
            if after < one.number <= until
        ]
        return [(step, owner) for step, owner in found if owner is not None]

    def absent(self, import_id: str, school_id: str, *, after: str, limit: int) -> Sequence[str]:
        there = {one.person_id for one in self._placed(import_id)}
        found = sorted(
            one.person_id
            for one in self.state.memberships.values()
            if one.school_id == school_id
            and one.active
            and one.person_id > after
            and one.person_id not in there
        )
        return found[:limit]

    def ids_taken(self, import_id: str, school_ids: Sequence[str], limit: int) -> Sequence[Step]:
        members = {one.person_id for one in self.state.memberships.values() if one.school_id in school_ids}
        has = [(who, self.state.details[who].educator_id) for who in members if who in self.state.details]
        return [
            one
            for one in self._steps(import_id)
            if one.said.educator_id
            and one.leads
            and one.kind is not Kind.INVITE
            and any(number == one.said.educator_id and who != one.person_id for who, number in has)
        ][:limit]

    def _waits(self, one: Invitation) -> bool:
        return one.to is not None and one.state(self.now).alive

    def invited_to(self, school_ids: Sequence[str]) -> Collection[tuple[str, str]]:
        return {
            (email_key(one.to.email), grant.school_id)
            for one in self.state.invitations.values()
            if one.to is not None and one.to.email and self._waits(one)
            for grant in self.state.invitation_grants.get(one.id, ())
            if grant.school_id in school_ids
        }

    def known(self, person_ids: Sequence[str]) -> Sequence[Known]:
        return [
            self._known(one)
            for one in person_ids
            if one in self.state.persons and one not in self.state.erased
        ]

    def _known(self, person_id: str) -> Known:
        details = self.state.details.get(person_id, PersonDetails())
        return Known(
            person_id,
            self.state.persons[person_id].name,
            Said(
                details.email,
                details.first_name,
                details.last_name,
                details.content_areas,
                details.grade_levels,
                details.middle_initial,
                details.educator_id,
            ),
            tuple(
                sorted(
                    (one for one in self.state.memberships.values() if one.person_id == person_id),
                    key=lambda one: one.id,
                )
            ),
            tuple(sorted(self._held(person_id), key=lambda one: one[:3])),
            person_id in self.state.accounts.values(),
            frozenset(one.district_id for one in self._scim(person_id) if one.deleted_at is None),
            frozenset(one.district_id for one in self._scim(person_id) if one.active is False),
        )

    def _scim(self, person_id: str) -> list[Account]:
        return [one for one in self.state.scim_users.values() if one.person_id == person_id]

    def _held(self, person_id: str) -> Iterator[Held]:
        for one in self.state.assignments:
            if one.person == person_id:
                kind = ScopeKind.SYSTEM if not one.scope else ScopeKind.DISTRICT
                kind = ScopeKind.SCHOOL if one.scope in self.state.schools else kind
                role = BY_NAME.get(one.role) or custom_role(self.state, one.scope, one.role)
                yield Held(one.role, kind, one.scope, role)

    def write(self, roster: RosterImport, *, by: str | None, at: datetime) -> None:
        doing = [one for one in self._steps(roster.id) if one.kind in _DOES]
        for one in doing:
            if one.kind is Kind.REMOVE:
                del self.state.memberships[one.made]
            if one.kind in _COMES:
                self._come(one, at)
            if one.before is not None and not one.fresh:
                self._change(one, whole=roster.undoes is not None or one.before == Said())
            self._take(one, set(one.roles_before) - set(one.roles))
            for role in one.roles:
                self.state.assign(one.person_id, one.school_id, role)
        if roster.undoes is not None:
            self._forget(roster)

    def _take(self, step: Step, roles: Collection[str]) -> None:
        own = {one for one in self.state.assignments if one[:2] == (step.person_id, step.school_id)}
        self.state.assignments.difference_update({one for one in own if one.role in roles})

    def _come(self, step: Step, at: datetime) -> None:
        if step.fresh and step.leads:
            said = step.said._asdict()
            self.state.persons[step.person_id] = Person(
                step.person_id, f"{step.said.first_name} {step.said.last_name}"
            )
            self.state.details[step.person_id] = PersonDetails(**said)
        self.state.memberships[step.made] = Membership(
            step.made,
            step.school_id,
            step.person_id,
            Standing.ACTIVE,
            step.created_at or at,
            joined_at=step.joined_at or at,
        )

    def _change(self, step: Step, *, whole: bool) -> None:
        said = {
            name: value for name, value in step.said._asdict().items() if name != "email" and (value or whole)
        }
        details = replace(self.state.details[step.person_id], **said)
        self.state.details[step.person_id] = details
        person = self.state.persons[step.person_id]
        self.state.persons[step.person_id] = replace(person, name=details.full_name or person.name)

    def _forget(self, roster: RosterImport) -> None:
        made = {one.person_id for one in self._steps(roster.undoes or "") if one.fresh and one.kind in _COMES}
        left = {one.person_id for one in self._steps(roster.id) if one.kind is Kind.REMOVE}
        named = {
            *(one.person_id for one in self.state.memberships.values()),
            *self.state.accounts.values(),
            *(one.person for one in self.state.assignments),
            *(one.to.person_id for one in self.state.invitations.values() if one.to),
            *(one.created_by for one in self.state.invitations.values()),
            *(one.person_id for one in self.state.join_requests.values()),
            *(one.person_id for one in self.state.redemptions.values()),
        }
        for person_id in (made & left) - named:
            del self.state.persons[person_id], self.state.details[person_id]

    def first_with(self, import_id: str, school_id: str, role: str) -> str | None:
        return next(
            (
                one.person_id
                for one in self._steps(import_id)
                if one.school_id == school_id and role in one.roles and one.kind in _COMES | {Kind.CHANGE}
            ),
            None,
        )

    def _leaving(self, import_id: str) -> list[Step]:
        return [one for one in self._steps(import_id) if one.kind is Kind.REMOVE]

    def inviters(self, import_id: str) -> Sequence[tuple[str, str]]:
        made = {
            (one.school_id, one.created_by)
            for one in self.state.invitations.values()
            if one.revoked_at is None
        }
        leaving = [(one.school_id, one.person_id) for one in self._leaving(import_id)]
        return [one for one in leaving if one in made]

    def addressed(self, import_id: str) -> Sequence[str]:
        leaving = {(one.school_id, one.person_id) for one in self._leaving(import_id)}
        return sorted(
            one.id
            for one in self.state.invitations.values()
            if one.to
            and not (one.uses_taken or one.revoked_at or one.to.cleared_at or one.to.declined_at)
            and (one.school_id, one.to.person_id) in leaving
        )

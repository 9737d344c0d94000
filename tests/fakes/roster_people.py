"""A fake of the look-ups by which an import recognises people."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.email_addresses import email_key
from bot.core.invitations.invitations import Invitation
from bot.core.people.people import PersonDetails
from bot.core.rights.roles import BY_NAME, ScopeKind
from bot.core.rosters.imports import RosterDetails, Step, StepKind
from bot.core.rosters.known import HeldRole, KnownPerson
from bot.core.scim.model import Account
from tests.fakes.roster_steps import placed_steps_of, steps_of
from tests.fakes.scopes import custom_role
from tests.fakes.state import State as Tables


@dataclass(frozen=True)
class FakeRosterPeople:
    state: Tables
    now: datetime

    def _owner(self, address: str) -> str | None:
        key = email_key(address)
        found = (who for who, one in self.state.details.items() if one.email and email_key(one.email) == key)
        return next(found, None)

    def matching(self, import_id: str, *, after: int, until: int) -> Sequence[tuple[Step, str]]:
        found = [
            (one, self._owner(one.said.email))
            for one in placed_steps_of(self.state, import_id)
            if after < one.number <= until
        ]
        return [(step, owner) for step, owner in found if owner is not None]

    def absent(self, import_id: str, school_id: str, *, after: str, limit: int) -> Sequence[str]:
        placed = placed_steps_of(self.state, import_id)
        there = {one.person_id for one in placed if one.school_id == school_id}
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
            for one in steps_of(self.state, import_id)
            if one.said.educator_id
            and one.leads
            and one.kind is not StepKind.INVITE
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

    def details(self, person_ids: Sequence[str]) -> Mapping[str, RosterDetails]:
        return {one.person_id: one.said for one in self.known(person_ids)}

    def known(self, person_ids: Sequence[str]) -> Sequence[KnownPerson]:
        return [
            self._known(one)
            for one in person_ids
            if one in self.state.persons and one not in self.state.erased
        ]

    def _known(self, person_id: str) -> KnownPerson:
        details = self.state.details.get(person_id, PersonDetails())
        return KnownPerson(
            person_id,
            self.state.persons[person_id].name,
            RosterDetails(
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

    def _held(self, person_id: str) -> Iterator[HeldRole]:
        for one in self.state.assignments:
            if one.person == person_id:
                kind = ScopeKind.SYSTEM if not one.scope else ScopeKind.DISTRICT
                kind = ScopeKind.SCHOOL if one.scope in self.state.schools else kind
                role = BY_NAME.get(one.role) or custom_role(self.state, one.scope, one.role)
                yield HeldRole(one.role, kind, one.scope, role)

"""A fake of the stored steps of roster imports."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.email_addresses import email_key
from bot.core.people.holdings import ERASED
from bot.core.people.members import Membership, Standing
from bot.core.people.people import PersonDetails
from bot.core.rights.actors import Person
from bot.core.rosters.counting import Tally
from bot.core.rosters.imports import RosterDetails, RosterImport, Sent, Step, StepKind
from bot.core.values import replace
from tests.fakes.addressed import unended
from tests.fakes.state import State as Tables

_COMES = {StepKind.ADD, StepKind.MOVE}
_DOES = _COMES | {StepKind.CHANGE, StepKind.REMOVE}


def steps_of(state: Tables, import_id: str) -> list[Step]:
    """Return the steps of an import in their order."""
    own = [one for (of, _), one in state.roster_rows.items() if of == import_id]
    return sorted(own, key=lambda one: one.number)


def placed_steps_of(state: Tables, import_id: str) -> list[Step]:
    """Return the steps of an import that come from rows of its file."""
    return [one for one in steps_of(state, import_id) if one.place]


@dataclass(frozen=True)
class FakeRosterSteps:
    state: Tables

    def hold(self, import_id: str) -> None:
        """Do nothing: units of the fake database never run at the same time."""

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
                said = RosterDetails(first_name=ERASED, last_name=ERASED)
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

    def steps(
        self, import_id: str, *, kinds: Collection[StepKind] = (), after: int = 0, limit: int
    ) -> Sequence[Step]:
        found = [
            one
            for one in steps_of(self.state, import_id)
            if one.number > after and (not kinds or one.kind in kinds)
        ]
        return found[:limit]

    def of_person(self, import_id: str, person_id: str) -> Sequence[Step]:
        return [one for one in steps_of(self.state, import_id) if one.person_id == person_id]

    def uninvited(self, import_id: str, limit: int) -> Sequence[Step]:
        return [one for one in steps_of(self.state, import_id) if one.sent is Sent.WANTED][:limit]

    def record_invited(
        self, import_id: str, person_id: str, sent: Sent, *, now: str, invitation: str
    ) -> None:
        for one in self.of_person(import_id, person_id):
            if one.sent is Sent.WANTED:
                self.state.roster_rows[import_id, one.number] = one._replace(
                    sent=sent, person_id=now, invitation=invitation
                )

    def invited(self, import_id: str) -> Mapping[Sent, int]:
        found = {
            (one.sent, one.person_id) for one in steps_of(self.state, import_id) if one.sent is not Sent.NOT
        }
        return Counter(sent for sent, _ in found)

    def tally(self, import_id: str) -> Sequence[Tally]:
        counts = Counter(
            (one.school_id, one.kind, one.why, one.place > 0, one.roles if one.fresh else ())
            for one in steps_of(self.state, import_id)
        )
        return [Tally(*alike, number) for alike, number in counts.items()]

    def schools_by_address(self, import_id: str) -> Mapping[str, Collection[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for one in placed_steps_of(self.state, import_id):
            found[email_key(one.said.email)].add(one.school_id)
        several = {
            email_key(one.said.email) for one in placed_steps_of(self.state, import_id) if not one.leads
        }
        return {key: schools for key, schools in found.items() if key in several}

    def apply(self, roster: RosterImport, *, by: str | None, at: datetime) -> None:
        doing = [one for one in steps_of(self.state, roster.id) if one.kind in _DOES]
        for one in doing:
            if one.kind is StepKind.REMOVE:
                del self.state.memberships[one.made]
            if one.kind in _COMES:
                self._come(one, at)
            if one.before is not None and not one.fresh:
                self._change(one, whole=roster.undoes is not None or one.before == RosterDetails())
            self._take(one, set(one.roles_before) - set(one.roles))
            for role in one.roles:
                self.state.assign(one.person_id, one.school_id, role, by=by, at=at)
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
        made = {
            one.person_id
            for one in steps_of(self.state, roster.undoes or "")
            if one.fresh and one.kind in _COMES
        }
        left = {one.person_id for one in steps_of(self.state, roster.id) if one.kind is StepKind.REMOVE}
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

    def first_to_get(self, import_id: str, school_id: str, role: str) -> str | None:
        return next(
            (
                one.person_id
                for one in steps_of(self.state, import_id)
                if one.school_id == school_id and role in one.roles and one.kind in _COMES | {StepKind.CHANGE}
            ),
            None,
        )

    def _leaving(self, import_id: str) -> list[Step]:
        return [one for one in steps_of(self.state, import_id) if one.kind is StepKind.REMOVE]

    def inviters(self, import_id: str) -> Sequence[tuple[str, str]]:
        made = {
            (one.school_id, one.created_by)
            for one in self.state.invitations.values()
            if one.revoked_at is None
        }
        leaving = [(one.school_id, one.person_id) for one in self._leaving(import_id)]
        return [one for one in leaving if one in made]

    def invitees(self, import_id: str) -> Sequence[tuple[str, str]]:
        offered = {
            (grant.school_id, one.to.person_id)
            for one in self.state.invitations.values()
            for grant in self.state.invitation_grants.get(one.id, ())
            if one.to and unended(one)
        }
        leaving = [(one.school_id, one.person_id) for one in self._leaving(import_id)]
        return [one for one in leaving if one in offered]

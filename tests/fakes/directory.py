"""Lists of members in memory: what a filter of people means, written as simply as possible."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.email_addresses import email_key
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.name_matching import fold_name
from bot.core.people.members import Access, Member, Membership, Standing, Visibility
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import Invited, PeopleFilter, Status
from bot.core.typed_lists import listed
from tests.fakes.addressed import FakeAddressed
from tests.fakes.state import State


@dataclass(frozen=True)
class Directory:
    state: State
    now: datetime

    def entry(self, one: Membership) -> Member:
        given = self.state.assignments
        own = sorted(
            role.role for role in given if (role.person, role.scope) == (one.person_id, one.school_id)
        )
        known = self.state.details.get(one.person_id, PersonDetails())
        newest = FakeAddressed(self.state).newest_of(one.school_id, one.person_id)
        email = known.email or (newest.to.email if newest and newest.to else "")
        name = self.state.persons[one.person_id].name
        return Member(one, name, tuple(own), email, self._invited(one, newest))

    def _invited(self, one: Membership, newest: Invitation | None) -> Invited:
        state = newest.state(self.now) if newest else None
        if self._redeemed(one) and not (state and state.alive):
            return Invited.PENDING if one.standing is Standing.PENDING else Invited.ACCEPTED
        if state is None:
            return Invited.NOT
        return Invited.REVOKED if state is InvitationState.LOCKED else Invited(state.value)

    def _redeemed(self, one: Membership) -> bool:
        own = [made for made in self.state.redemptions.values() if made.person_id == one.person_id]
        return any(one.school_id in self._schools(made.invitation_id) for made in own)

    def _schools(self, invitation_id: str) -> set[str]:
        granted = self.state.invitation_grants.get(invitation_id, ())
        return {self.state.invitations[invitation_id].school_id, *(grant.school_id for grant in granted)}

    def _came_by(self, one: Membership, invitation_id: str) -> bool:
        made = self.state.redemptions.values()
        return any((by.person_id, by.invitation_id) == (one.person_id, invitation_id) for by in made)

    def _place(self, one: Membership, wanted: PeopleFilter) -> tuple[int, str, str]:
        name, text = fold_name(self.state.persons[one.person_id].name), " ".join(wanted.words)
        email = email_key(self.state.details.get(one.person_id, PersonDetails()).email)
        if name.startswith(fold_name(text)):
            return 0, name, one.id
        return (1, email, one.id) if email.startswith(text) else (2, name, one.id)

    def _in_place(self, one: Membership, wanted: PeopleFilter) -> bool:
        if wanted.district_id is None:
            return one.school_id == wanted.school_id
        school = self.state.schools[one.school_id]
        return school.district_id == wanted.district_id and not school.archived

    def _fits(self, one: Membership, wanted: PeopleFilter) -> bool:
        shown = self.entry(one)
        known = self.state.details.get(one.person_id, PersonDetails())
        name, email = fold_name(shown.name), email_key(known.email)
        return bool(
            self._in_place(one, wanted)
            and _stands(one, wanted)
            and wanted.role in {None, *shown.roles}
            and wanted.invited in {None, shown.invited}
            and (wanted.came_by is None or self._came_by(one, wanted.came_by))
            and (not wanted.grades or wanted.levels & {each.lower() for each in listed(known.grade_levels)})
            and all(fold_name(word) in name or word in email for word in wanted.words)
        )

    def found(self, wanted: PeopleFilter) -> list[Membership]:
        return [one for one in self.state.memberships.values() if self._fits(one, wanted)]

    def page(self, wanted: PeopleFilter, after: str | None, limit: int) -> list[Membership]:
        found = sorted(self.found(wanted), key=lambda one: self._place(one, wanted))
        last = self.state.memberships.get(after) if after else None
        if last is not None and self._in_place(last, wanted):
            found = [one for one in found if self._place(one, wanted) > self._place(last, wanted)]
        return found[:limit]


def _stands(one: Membership, wanted: PeopleFilter) -> bool:
    archived = one.visibility is Visibility.ARCHIVED
    match wanted.status:
        case Status.ARCHIVED:
            return archived
        case Status.INACTIVE:
            return archived or one.access is not Access.OK
        case _:
            return (wanted.off_list or not archived) and wanted.status in {None, one.status}

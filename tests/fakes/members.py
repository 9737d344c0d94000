"""A fake of the stored memberships and role assignments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.people.members import Assignment as Assigned
from bot.core.people.members import Member, Membership, Standing, Visibility
from bot.core.people.people_filter import PeopleFilter
from bot.core.rights.actors import Person
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import BY_NAME, Rights, ScopeKind
from bot.core.schools.schools import School
from bot.core.schools.system import SystemSettings
from bot.core.values import replace
from tests.fakes.directory import Directory
from tests.fakes.scopes import custom_role, roles_in
from tests.fakes.state import Assignment, State


@dataclass(frozen=True)
class FakeMembers:
    state: State
    now: datetime

    def of(self, school_id: str, person_id: str) -> Membership | None:
        return next((one for one in self._of_school(school_id) if one.person_id == person_id), None)

    def _of_school(self, school_id: str) -> list[Membership]:
        return [one for one in self.state.memberships.values() if one.school_id == school_id]

    def add(self, membership: Membership) -> bool:
        if self.of(membership.school_id, membership.person_id) is not None:
            return False
        self.state.memberships[membership.id] = membership
        return True

    def change_standing(self, membership: Membership, *, expected: Standing) -> bool:
        stored = self.state.memberships.get(membership.id)
        if stored is None or stored.standing != expected:
            return False
        changed = replace(stored, standing=membership.standing, joined_at=membership.joined_at)
        self.state.memberships[membership.id] = changed
        return True

    def withdraw(self, membership_id: str) -> bool:
        stored = self.state.memberships.get(membership_id)
        if stored is None or stored.standing is not Standing.PENDING:
            return False
        del self.state.memberships[membership_id]
        return True

    def rights(self, person_id: str, school: School | None) -> Rights:
        scopes = {""}
        if school is not None:
            membership = self.of(school.id, person_id)
            works = membership is not None and membership.active and not school.archived
            scopes |= {school.id} if works else set()
            scopes |= {school.district_id} if school.district_id else set()
        found = [
            (role, ScopeKind.SCHOOL if school is not None and scope == school.id else ScopeKind.DISTRICT)
            for role, scope in roles_in(self.state, person_id, scopes)
        ]
        system = self.state.system.get("", SystemSettings())
        return Rights.effective(found, schools_invite=system.schools_invite)

    def granted_rights(self, person_id: str, school: School) -> Rights:
        found = roles_in(self.state, person_id, ["", school.id, school.district_id])
        return Rights.union(role for role, _ in found)

    def change(self, membership: Membership, *, expected: Membership) -> bool:
        stored = self.state.memberships.get(membership.id)
        if stored is None or (stored.access, stored.visibility) != (expected.access, expected.visibility):
            return False
        changed = replace(stored, access=membership.access, visibility=membership.visibility)
        self.state.memberships[membership.id] = changed
        return True

    def remove(self, membership: Membership) -> bool:
        for one in list(self.state.assignments):
            if one.person == membership.person_id and one.scope == membership.school_id:
                self.state.assignments.remove(one)
        return self.state.memberships.pop(membership.id, None) is not None

    def assignments(self, person_id: str, school: School) -> Sequence[Assigned]:
        kinds = {"": ScopeKind.SYSTEM, school.id: ScopeKind.SCHOOL}
        if school.district_id:
            kinds[school.district_id] = ScopeKind.DISTRICT
        own = [one for one in self.state.assignments if one.person == person_id and one.scope in kinds]
        return sorted((Assigned(one.role, kinds[one.scope]) for one in own), key=lambda one: one.role)

    def scopes(self, person_id: str) -> Sequence[tuple[ScopeKind, str]]:
        own = {one.scope for one in self.state.assignments if one.person == person_id}
        return sorted((self._kind(scope), scope) for scope in own)

    def _kind(self, scope: str) -> ScopeKind:
        of_school = ScopeKind.SCHOOL if scope in self.state.schools else ScopeKind.DISTRICT
        return of_school if scope else ScopeKind.SYSTEM

    def of_person(self, person_id: str) -> Sequence[Membership]:
        own = [one for one in self.state.memberships.values() if one.person_id == person_id]
        return sorted(own, key=lambda one: one.created_at)

    def unassign(self, person_id: str, role: str, school_id: str) -> bool:
        given = Assignment(person_id, school_id, role)
        if given not in self.state.assignments:
            return False
        self.state.assignments.remove(given)
        return True

    def roles(self, school_id: str, person_id: str) -> Sequence[str]:
        own = [one for one in self.state.assignments if one.person == person_id and one.scope == school_id]
        return sorted(one.role for one in own)

    def assign(
        self, person_id: str, role: str, school_id: str | None, *, by: str | None, at: datetime
    ) -> None:
        if role not in BY_NAME and custom_role(self.state, school_id, role) is None:
            raise LookupError(role)
        self.state.assign(person_id, school_id or "", role, by=by, at=at)

    def somebody_with(self, role: str) -> str | None:
        return min((one.person for one in self.state.assignments if one.role == role), default=None)

    def with_permission(self, school_id: str, permission: Permission, limit: int) -> Sequence[Person]:
        members = [one for one in self._of_school(school_id) if one.active]
        holding = sorted(
            one.person_id
            for one in members
            if any(permission in role.holds for role, _ in roles_in(self.state, one.person_id, [school_id]))
        )
        return [self.state.persons[person_id] for person_id in holding[:limit]]

    def by_id(self, school_id: str, membership_id: str) -> Member | None:
        one = self.state.memberships.get(membership_id)
        return (
            Directory(self.state, self.now).entry(one)
            if one is not None and one.school_id == school_id
            else None
        )

    def listed(self, wanted: PeopleFilter, *, after: str | None, limit: int) -> Sequence[Member]:
        lists = Directory(self.state, self.now)
        return [lists.entry(one) for one in lists.page(wanted, after, limit)]

    def count(self, wanted: PeopleFilter, *, most: int | None = None) -> int:
        return len(Directory(self.state, self.now).found(wanted)[:most])

    def count_seats(self, school_id: str) -> int:
        own = [one for one in self.state.memberships.values() if one.school_id == school_id]
        return sum(one.standing is Standing.ACTIVE and one.visibility is Visibility.LISTED for one in own)

    def school_of(self, membership_id: str) -> str | None:
        found = self.state.memberships.get(membership_id)
        return found.school_id if found else None

"""Fakes of the stored districts, custom roles and settings of schools and the system."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.invitations.addressees import Grant
from bot.core.invitations.invitations import Invitation
from bot.core.name_matching import fold_name
from bot.core.people import people_filter
from bot.core.people.members import Standing
from bot.core.requests.join_requests import RequestState
from bot.core.rights.actors import Person
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.roles import BY_NAME, Rights, Role, RoleUse
from bot.core.schools.billing import BillingDetails
from bot.core.schools.districts import District, DistrictRole
from bot.core.schools.schools import School
from bot.core.schools.settings import SchoolSettings
from bot.core.schools.system import SystemSettings
from bot.core.values import replace
from tests.fakes.state import Assignment, State


def custom_role(state: State, school_id: str | None, name: str) -> Role | None:
    """Return a school's custom role of exactly that name; None if there is none."""
    found = (one for one in state.custom_roles.values() if (one.school_id, one.name) == (school_id, name))
    return next((one.role for one in found), None)


def roles_in(state: State, person_id: str, scopes: Iterable[str | None]) -> list[tuple[Role, str]]:
    """Return a person's roles at these scopes, each with its scope, leaving out names that are no roles."""
    wanted = set(scopes)
    own = [one for one in state.assignments if one.person == person_id and one.scope in wanted]
    found = [(BY_NAME.get(one.role) or custom_role(state, one.scope, one.role), one.scope) for one in own]
    return [(role, scope) for role, scope in found if role is not None]


@dataclass(frozen=True)
class FakeCustomRoles:
    state: State

    def add(self, role: CustomRole) -> bool:
        if self.by_name(role.school_id, role.name) is not None:
            return False
        self.state.custom_roles[role.id] = role
        return True

    def save(self, role: CustomRole, *, before: CustomRole) -> bool:
        other = self.by_name(role.school_id, role.name)
        if other is not None and other.id != role.id:
            return False
        self.state.custom_roles[role.id] = role
        for one in [one for one in self.state.assignments if self._is(one, before)]:
            self.state.reassign(one, one._replace(role=role.name))
        for invitation in list(self.state.invitations.values()):
            if (invitation.school_id, invitation.role) == (role.school_id, before.name):
                self.state.invitations[invitation.id] = replace(invitation, role=role.name)
        there = Grant(role.school_id, before.name)
        for key, grants in list(self.state.invitation_grants.items()):
            renamed = (replace(one, role=role.name) if one == there else one for one in grants)
            self.state.invitation_grants[key] = tuple(renamed)
        self._rename_asked(role, before)
        for thing in self._followers_of(before):
            self.state.followings.remove((thing, before.name))
            self.state.followings.add((thing, role.name))
        school = self.state.schools[role.school_id]
        if school.default_role == before.name:
            self.state.schools[school.id] = replace(school, default_role=role.name)
        self._rename_groups(role, before)
        for message in list(self.state.broadcasts.values()):
            if message.school_id == role.school_id:
                wanted = people_filter.renamed(message.wanted, role.school_id, before.name, role.name)
                self.state.broadcasts[message.id] = replace(message, wanted=wanted)
        return True

    def _rename_asked(self, role: CustomRole, before: CustomRole) -> None:
        for one in [one for one in self.state.join_requests.values() if one.school_id == role.school_id]:
            first, *further = (role.name if name == before.name else name for name in one.roles)
            self.state.join_requests[one.id] = replace(one, role=first, further=tuple(further))

    def _rename_groups(self, role: CustomRole, before: CustomRole) -> None:
        for group in list(self.state.scim_groups.values()):
            if (group.school_id, group.role) == (role.school_id, before.name):
                self.state.scim_groups[group.id] = replace(group, role=role.name)
        given = {one for one in self.state.scim_grants if one[1:] == (role.school_id, before.name)}
        self.state.scim_grants -= given
        self.state.scim_grants |= {(one, at, role.name) for one, at, _ in given}

    def _followers_of(self, role: CustomRole) -> list[str]:
        own = {one.id for one in self.state.followers.values() if one.school_id == role.school_id}
        return [thing for thing, name in self.state.followings if thing in own and name == role.name]

    @staticmethod
    def _is(one: Assignment, role: CustomRole) -> bool:
        return (one.scope, one.role) == (role.school_id, role.name)

    def _brings(self, one: Invitation, role: CustomRole) -> bool:
        if one.revoked_at is not None:
            return False
        if one.to is None:
            return (one.school_id, one.role) == (role.school_id, role.name)
        over = one.uses_taken or one.to.declined_at or one.to.cleared_at
        granted = self.state.invitation_grants.get(one.id, ())
        return not over and Grant(role.school_id, role.name) in granted

    def delete(self, role: CustomRole) -> bool:
        return not self.uses(role) and self.state.custom_roles.pop(role.id, None) is not None

    def uses(self, role: CustomRole) -> Sequence[RoleUse]:
        place = (role.school_id, role.name)
        used = {
            RoleUse.HELD: self.count_holders(*place) > 0,
            RoleUse.DEFAULT: self.state.schools[role.school_id].default_role == role.name,
            RoleUse.INVITED: any(self._brings(one, role) for one in self.state.invitations.values()),
            RoleUse.REQUESTED: any(
                one.school_id == role.school_id and role.name in one.roles
                for one in self.state.join_requests.values()
                if one.state is RequestState.PENDING
            ),
            RoleUse.FOLLOWED: bool(self._followers_of(role)),
            RoleUse.GROUP: any((one.school_id, one.role) == place for one in self.state.scim_groups.values()),
        }
        return [use for use, found in used.items() if found]

    def by_id(self, school_id: str, role_id: str) -> CustomRole | None:
        found = self.state.custom_roles.get(role_id)
        return found if found is not None and found.school_id == school_id else None

    def by_name(self, school_id: str, name: str) -> CustomRole | None:
        wanted = " ".join(name.split()).casefold()
        return next((one for one in self.of_school(school_id) if one.name.casefold() == wanted), None)

    def of_school(self, school_id: str) -> Sequence[CustomRole]:
        own = [one for one in self.state.custom_roles.values() if one.school_id == school_id]
        return sorted(own, key=lambda one: one.name.casefold())

    def count_holders(self, school_id: str, role: str) -> int:
        return sum((one.scope, one.role) == (school_id, role) for one in self.state.assignments)

    def rights_of_holders(self, role: CustomRole, school: School) -> Rights:
        holders = {one.person for one in self.state.assignments if self._is(one, role)}
        scopes = ["", school.id, school.district_id]
        return Rights.union(one for who in holders for one, _ in roles_in(self.state, who, scopes))


@dataclass(frozen=True)
class FakeDistricts:
    state: State

    def add(self, district: District) -> None:
        self.state.districts[district.id] = district

    def save(self, district: District) -> None:
        self.state.districts[district.id] = district

    def lock(self, district_id: str) -> None:
        """Do nothing: units of the fake database never run at the same time."""

    def by_id(self, district_id: str) -> District | None:
        return self.state.districts.get(district_id)

    def by_name(self, name: str) -> District | None:
        wanted = " ".join(name.split()).casefold()
        in_use = [one for one in self.state.districts.values() if one.archived_at is None]
        return next((one for one in in_use if one.name.casefold() == wanted), None)

    def of_person(
        self, person_id: str | None, *, text: str, after: str | None, limit: int, archived: bool = False
    ) -> Sequence[District]:
        own = {one.scope for one in self.state.assignments if one.person == person_id}
        found = [
            one
            for one in self.state.districts.values()
            if (person_id is None or one.id in own)
            and text.casefold() in one.name.casefold()
            and (one.archived_at is not None) is archived
        ]
        found.sort(key=lambda one: (one.name.casefold(), one.id))
        last = self.state.districts.get(after) if after else None
        if last is not None:
            place = (last.name.casefold(), last.id)
            found = [one for one in found if (one.name.casefold(), one.id) > place]
        return found[:limit]

    def schools(
        self, district_id: str, *, after: str | None, limit: int, text: str = "", archived: bool = False
    ) -> Sequence[School]:
        found = [
            one
            for one in self.state.schools.values()
            if one.district_id == district_id and one.archived == archived
            if text.casefold() in one.name.casefold()
        ]
        found.sort(key=lambda one: (one.name.casefold(), one.id))
        last = self.state.schools.get(after) if after else None
        if last is not None and last.district_id == district_id:
            place = (last.name.casefold(), last.id)
            found = [one for one in found if (one.name.casefold(), one.id) > place]
        return found[:limit]

    def people(self, district_id: str | None, text: str, limit: int) -> Sequence[Person]:
        own = {one.id for one in self.state.schools.values() if one.district_id == district_id}
        near = {
            one.person_id
            for one in self.state.memberships.values()
            if one.school_id in own and one.standing is Standing.ACTIVE
        }
        near |= {one.person for one in self.state.assignments if one.scope == district_id}
        found = [
            one
            for one in self.state.persons.values()
            if (district_id is None or one.id in near)
            and one.id not in self.state.merged
            and one.id not in self.state.erased
            and (fold_name(text) in fold_name(one.name) or one.id == text.lower())
        ]
        return sorted(found, key=lambda one: (fold_name(one.name), one.id))[:limit]

    def rights(self, person_id: str, district_id: str | None) -> Rights:
        found = roles_in(self.state, person_id, ["", district_id])
        return Rights.union(role for role, _ in found)

    def roles(self, district_id: str | None) -> Sequence[DistrictRole]:
        found = [
            DistrictRole(self.state.persons[one.person], one.role)
            for one in self.state.assignments
            if one.scope == (district_id or "")
        ]
        return sorted(found, key=lambda one: (fold_name(one.person.name), one.person.id, one.role))

    def assign(self, person_id: str, role: str, district_id: str, *, by: str | None, at: datetime) -> bool:
        return self.state.assign(person_id, district_id, role, by=by, at=at)

    def unassign(self, person_id: str, role: str, district_id: str) -> bool:
        given = Assignment(person_id, district_id, role)
        if given not in self.state.assignments:
            return False
        self.state.assignments.remove(given)
        return True


@dataclass(frozen=True)
class FakeSettings:
    state: State

    def of(self, school_id: str) -> SchoolSettings:
        return self.state.school_settings.get(school_id, SchoolSettings())

    def save(self, school_id: str, settings: SchoolSettings) -> None:
        self.state.school_settings[school_id] = settings

    def reschedule(self, school_id: str, after: str | None) -> None:
        self.state.timed_again.pop(school_id, None)
        if after is not None:
            self.state.timed_again[school_id] = after

    def to_reschedule(self, limit: int) -> Sequence[tuple[str, str]]:
        return sorted(self.state.timed_again.items(), key=lambda one: (one[1], one[0]))[:limit]

    def billing(self, school_id: str) -> BillingDetails:
        return self.state.billing.get(school_id, BillingDetails())

    def save_billing(self, school_id: str, details: BillingDetails) -> None:
        self.state.billing[school_id] = details


@dataclass(frozen=True)
class FakeSystem:
    state: State

    def settings(self) -> SystemSettings:
        return self.state.system.get("", SystemSettings())

    def save(self, settings: SystemSettings) -> None:
        self.state.system[""] = settings

    def lock(self) -> None:
        """Do nothing: units of the fake database never run at the same time."""

"""Persons, schools and memberships in memory."""

# ruff: noqa: ARG002 - a fake need not keep all that it is told

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.actors import AccountKey, Person, WorkspaceKey
from bot.core.members import Assignment as Assigned
from bot.core.members import Member, Membership, Standing, Visibility
from bot.core.people import PersonDetails, email_key
from bot.core.people_filter import PeopleFilter
from bot.core.permissions import Permission
from bot.core.roles import BY_NAME, Rights, ScopeKind
from bot.core.schools import ApprovalsChannel, School, SchoolAccess, Workspace
from bot.core.system import SystemSettings
from bot.core.values import replace
from tests.fakes.directory import Directory
from tests.fakes.scopes import custom_role, roles_in
from tests.fakes.state import Assignment, State


@dataclass(frozen=True)
class FakePeople:
    state: State

    def by_account(self, key: AccountKey) -> Person | None:
        owner = self.state.accounts.get(key)
        return self.state.persons[owner] if owner else None

    def by_id(self, person_id: str) -> Person | None:
        return self.state.persons.get(person_id)

    def add(self, person: Person, key: AccountKey) -> bool:
        if key in self.state.accounts:
            return False
        self.state.persons[person.id] = person
        self.state.accounts[key] = person.id
        return True

    def add_unlinked(self, person: Person) -> None:
        self.state.persons[person.id] = person

    def remain(self, person_id: str) -> None:
        """Need nothing: units of the fake run one after the other."""

    def lock(self, person_id: str) -> None:
        """Need nothing: units of the fake run one after the other."""

    def details(self, person_id: str) -> PersonDetails:
        person = self.state.persons.get(person_id)
        known = self.state.details.get(person_id, PersonDetails())
        return replace(known, zone=person.zone) if person else PersonDetails()

    def save_details(self, person_id: str, details: PersonDetails) -> bool:
        other = self.by_email(details.email) if details.email else None
        if other is not None and other.id != person_id:
            return False
        self.state.details[person_id] = details
        known = self.state.persons[person_id]
        named = replace(known, name=details.full_name or known.name, zone=details.zone)
        self.state.persons[person_id] = named
        return True

    def by_email(self, address: str) -> Person | None:
        for owner, details in self.state.details.items():
            if details.email and email_key(details.email) == email_key(address):
                return self.state.persons[owner]
        return None

    def accounts(self, person_ids: Sequence[str]) -> Sequence[tuple[str, AccountKey]]:
        wanted = [(owner, key) for key, owner in self.state.accounts.items() if owner in person_ids]
        return sorted(wanted, key=lambda pair: pair[0])


@dataclass(frozen=True)
class FakeSchools:
    state: State

    def _named(self, ids: Sequence[str]) -> list[School]:
        return sorted((self.state.schools[one] for one in ids), key=lambda school: school.name.casefold())

    def add(self, school: School) -> bool:
        return self.save(school)

    def save(self, school: School) -> bool:
        beside = [
            one
            for one in self.state.schools.values()
            if one.id != school.id and one.district_id == school.district_id and not one.archived
        ]
        taken = any(one.name.casefold() == school.name.casefold() for one in beside)
        if school.district_id and not school.archived and taken:
            return False
        self.state.schools[school.id] = school
        return True

    def by_id(self, school_id: str) -> School | None:
        return self.state.schools.get(school_id)

    def stable(self, school_id: str) -> School | None:
        return self.state.schools.get(school_id)

    def lock(self, school_id: str, *, closing: bool = False) -> None:
        """Need nothing: units of the fake run one after the other."""

    def set_primary(self, school_id: str, person_id: str, *, expected: str | None) -> bool:
        stored = self.state.schools.get(school_id)
        if stored is None or stored.primary_admin_id != expected:
            return False
        self.state.schools[school_id] = replace(stored, primary_admin_id=person_id)
        return True

    def _at_work(self) -> dict[tuple[str, WorkspaceKey], str | None]:
        return {of: to for of, to in self.state.links.items() if of not in self.state.resting}

    def linked_to(self, key: WorkspaceKey) -> Sequence[School]:
        linked = [school_id for school_id, place in self._at_work() if place == key]
        return self._named([one for one in linked if not self.state.schools[one].archived])

    def of_person(self, person_id: str) -> Sequence[School]:
        own = [
            one.school_id
            for one in self.state.memberships.values()
            if one.person_id == person_id and one.active and not self.state.schools[one.school_id].archived
        ]
        return self._named(own)

    def find_public(
        self, text: str, limit: int, *, after: School | None = None, whole: bool = False
    ) -> Sequence[School]:
        wanted = text.casefold()
        fitting = [
            one
            for one in self.state.schools.values()
            if one.access is SchoolAccess.PUBLIC
            and not one.archived
            and (one.name.casefold() == wanted if whole else wanted in one.name.casefold())
            and (after is None or (one.name.casefold(), one.id) > (after.name.casefold(), after.id))
        ]
        return sorted(fitting, key=lambda one: (one.name.casefold(), one.id))[:limit]

    def overseen(
        self, person_id: str | None, text: str, limit: int, *, whole: bool = False, archived: bool = False
    ) -> Sequence[School]:
        own = {one.scope for one in self.state.assignments if one.person == person_id}
        wanted = text.casefold()
        found = [
            one
            for one in self.state.schools.values()
            if (person_id is None or one.district_id in own)
            and (archived or not one.archived)
            and (one.name.casefold() == wanted if whole else wanted in one.name.casefold())
        ]
        return sorted(found, key=lambda one: (one.name.casefold(), one.id))[:limit]

    def workspace(self, key: WorkspaceKey) -> Workspace | None:
        return self.state.workspaces.get(key)

    def add_workspace(self, workspace: Workspace) -> None:
        self.state.workspaces.setdefault(workspace.key, workspace)

    def link(self, school_id: str, key: WorkspaceKey, at: datetime) -> bool:
        if key not in self.state.workspaces:
            raise LookupError(key)
        if (school_id, key) in self.state.resting:
            self.state.resting.remove((school_id, key))
            return True
        if (school_id, key) in self.state.links:
            return False
        self.state.links[school_id, key] = None
        return True

    def suspend_links(self, key: WorkspaceKey, at: datetime) -> Sequence[str]:
        found = [of for of in self._at_work() if of[1] == key]
        self.state.resting.update(found)
        return sorted(school_id for school_id, _ in found)

    def ban(self, key: WorkspaceKey, subject: str, at: datetime) -> bool:
        if key not in self.state.workspaces or (key, subject) in self.state.bans:
            return False
        self.state.bans.add((key, subject))
        return True

    def unban(self, key: WorkspaceKey, subject: str) -> bool:
        there = (key, subject) in self.state.bans
        self.state.bans.discard((key, subject))
        return there

    def is_banned(self, school_id: str, accounts: Sequence[AccountKey]) -> bool:
        named = {(one.issuer, one.subject) for one in accounts}
        return any(
            (key.platform.value, subject) in named and (school_id, key) in self.state.links
            for key, subject in self.state.bans
        )

    def serving(self, school_id: str) -> Sequence[Workspace]:
        serve = [self.state.workspaces[key] for school, key in self._at_work() if school == school_id]
        return sorted(serve, key=lambda one: one.id)

    def set_approvals_channel(self, channel: ApprovalsChannel) -> None:
        if (channel.school_id, channel.workspace) in self.state.links:
            self.state.links[channel.school_id, channel.workspace] = channel.channel

    def unset_approvals_channel(self, channel: ApprovalsChannel) -> bool:
        key = (channel.school_id, channel.workspace)
        if self.state.links.get(key) != channel.channel:
            return False
        self.state.links[key] = None
        return True

    def approvals_channels(self, school_id: str) -> Sequence[ApprovalsChannel]:
        links = [(key, channel) for (school, key), channel in self._at_work().items() if school == school_id]
        links.sort(key=lambda link: self.state.workspaces[link[0]].id)
        return [ApprovalsChannel(school_id, key, channel) for key, channel in links if channel is not None]


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

    def change_standing(self, membership: Membership, *, expected: str) -> bool:
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

    def granted(self, person_id: str, school: School) -> Rights:
        found = roles_in(self.state, person_id, ["", school.id, school.district_id])
        return Rights.together(role for role, _ in found)

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

    def anyone_has(self, role: str) -> bool:
        return any(one.role == role for one in self.state.assignments)

    def able(self, school_id: str, permission: Permission, limit: int) -> Sequence[Person]:
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

    def ids(self, wanted: PeopleFilter, *, after: str | None, limit: int) -> Sequence[str]:
        return [one.id for one in Directory(self.state, self.now).page(wanted, after, limit)]

    def count(self, wanted: PeopleFilter, *, most: int | None = None) -> int:
        return len(Directory(self.state, self.now).found(wanted)[:most])

    def seats(self, school_id: str) -> int:
        own = [one for one in self.state.memberships.values() if one.school_id == school_id]
        return sum(one.standing is Standing.ACTIVE and one.visibility is Visibility.LISTED for one in own)

    def school_of(self, membership_id: str) -> str | None:
        found = self.state.memberships.get(membership_id)
        return found.school_id if found else None

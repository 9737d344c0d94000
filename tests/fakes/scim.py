"""Fakes of what is stored for SCIM: tokens, users and groups of identity providers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.people.members import Access, Membership, Standing
from bot.core.people.people import PersonDetails
from bot.core.rights.actors import Person
from bot.core.rights.permissions import Permission
from bot.core.scim.model import Account, Group, Token, User
from bot.core.scim.queries import Field, Query, fits
from bot.core.values import replace
from tests.fakes.scopes import roles_in
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeScimTokens:
    state: State

    def add(self, token: Token) -> None:
        self.state.scim_tokens[token.id] = token

    def by_id(self, token_id: str) -> Token | None:
        return self.state.scim_tokens.get(token_id)

    def of(self, district_id: str, now: datetime) -> Sequence[Token]:
        own = [one for one in self.state.scim_tokens.values() if one.district_id == district_id]
        return sorted((one for one in own if one.works(now)), key=lambda one: one.id)

    def expire_all(self, district_id: str, at: datetime) -> int:
        ended = self.of(district_id, at)
        for one in ended:
            self.state.scim_tokens[one.id] = replace(one, expires_at=at)
        return len(ended)

    def mark_used(self, token_id: str, at: datetime) -> None:
        self.state.scim_tokens[token_id] = replace(self.state.scim_tokens[token_id], used_at=at)

    def default_school(self, district_id: str) -> str | None:
        return self.state.scim_schools.get(district_id)

    def set_default_school(self, district_id: str, school_id: str | None) -> None:
        self.state.scim_schools.pop(district_id, None)
        if school_id is not None:
            self.state.scim_schools[district_id] = school_id


@dataclass(frozen=True)
class FakeScimUsers:
    state: State
    named_administrators: frozenset[str] = frozenset()

    def add(self, account: Account) -> bool:
        known = self.of_person(account.district_id, account.person_id)
        if known is not None or self._named(account):
            return False
        self.state.scim_users[account.district_id, account.id] = account
        return True

    def _named(self, account: Account) -> bool:
        return account.deleted_at is None and any(
            (one.district_id, one.key) == (account.district_id, account.key)
            and one.id != account.id
            and one.deleted_at is None
            for one in self.state.scim_users.values()
        )

    def save(self, account: Account) -> bool:
        key = account.district_id, account.id
        if self._named(account) or key not in self.state.scim_users:
            return False
        self.state.scim_users[key] = account
        return True

    def of_person(self, district_id: str, person_id: str) -> Account | None:
        own = (one for one in self.state.scim_users.values() if one.person_id == person_id)
        return next((one for one in own if one.district_id == district_id), None)

    def known_elsewhere(self, district_id: str, person_id: str) -> bool:
        own = [one for one in self.state.scim_users.values() if one.person_id == person_id]
        return any(one.district_id != district_id for one in own)

    def by_id(self, district_id: str, user_id: str) -> User | None:
        return next((one for one in self._all(district_id) if one.account.id == user_id), None)

    def search(self, district_id: str, query: Query, *, start: int, limit: int) -> tuple[int, Sequence[User]]:
        fitting = [one for one in self._all(district_id) if fits(query, values_of(one))]
        return len(fitting), fitting[start : start + max(limit, 0)]

    def person_ids(self, district_id: str, ids: Collection[str]) -> Mapping[str, str]:
        seen = [one.account for one in self._all(district_id) if one.account.id in ids]
        return {one.id: one.person_id for one in seen}

    def _all(self, district_id: str) -> list[User]:
        """Return all users whom a district may see, in the order of their person ids."""
        people = [one for _, one in sorted(self.state.persons.items())]
        known = [one for one in people if one.id not in self.state.merged and one.id not in self.state.erased]
        seen = [(one, self._seen(district_id, one)) for one in known]
        return [self._user(district_id, one, account) for one, account in seen if account is not None]

    def _memberships(self, district_id: str, person_id: str) -> list[Membership]:
        own = [one for one in self.state.memberships.values() if one.person_id == person_id]
        return [one for one in own if self.state.schools[one.school_id].district_id == district_id]

    def _seen(self, district_id: str, person: Person) -> Account | None:
        account = self.of_person(district_id, person.id)
        if account is not None:
            return account if account.deleted_at is None else None
        email = self.state.details.get(person.id, PersonDetails()).email
        joined = [one for one in self._memberships(district_id, person.id) if one.standing is Standing.ACTIVE]
        if not (email and joined) or self._above(district_id, person.id):
            return None
        at = min(one.created_at for one in joined)
        own = (person.id, district_id, person.id, email, at, at)
        return Account(*own, email_told=True, email_type="work", email_primary=True, stored=False)

    def _above(self, district_id: str, person_id: str) -> bool:
        keys = {str(key) for key, of in self.state.accounts.items() if of == person_id}
        scopes = {one.scope for one in self.state.assignments if one.person == person_id}
        others = {one for one in scopes if one in self.state.districts and one != district_id}
        foreign = {
            one
            for one in scopes
            if one in self.state.schools and self.state.schools[one].district_id != district_id
        }
        edits = any(
            Permission.MEMBER_EDIT in role.holds for role, _ in roles_in(self.state, person_id, foreign)
        )
        return bool("" in scopes or others or edits or keys & self.named_administrators)

    def _user(self, district_id: str, person: Person, account: Account) -> User:
        details = self.state.details.get(person.id, PersonDetails())
        here = self._memberships(district_id, person.id)
        acts = not here or any(one.access is not Access.DEACTIVATED for one in here)
        mine = {group for group, of in self.state.scim_members if of == person.id}
        own = [self.state.scim_groups[one] for one in sorted(mine)]
        groups = tuple((one.id, one.name) for one in own if one.district_id == district_id)
        return User(account, details.first_name, details.last_name, details.email, acts, groups)

    def barred(self, school_id: str, person_id: str) -> bool:
        district_id = self.state.schools[school_id].district_id
        account = self.of_person(district_id, person_id) if district_id else None
        return account is not None and account.active is False

    def mark(self, membership_id: str, *, made: bool | None = None, was: str | None = None) -> None:
        before = self.state.scim_marks.get(membership_id, (False, None))
        after = (before[0] if made is None else made, before[1] if was is None else was)
        self.state.scim_marks[membership_id] = after

    def made(self, membership_id: str) -> bool:
        return self.state.scim_marks.get(membership_id, (False, None))[0]

    def was(self, membership_id: str) -> str | None:
        return self.state.scim_marks.get(membership_id, (False, None))[1]

    def unmark(self, membership_id: str) -> None:
        if membership_id in self.state.scim_marks:
            self.state.scim_marks[membership_id] = (self.made(membership_id), None)

    def absorb(self, source_id: str, target_id: str) -> None:
        for key, moving in sorted(self.state.scim_users.items()):
            if moving.person_id != source_id:
                continue
            there = self.of_person(moving.district_id, target_id)
            stays, goes = (moving, there) if there is None or there.deleted_at else (there, moving)
            if goes is not None:
                del self.state.scim_users[goes.district_id, goes.id]
            off = goes is not None and goes.active is False
            stays = replace(stays, person_id=target_id, active=False if off else stays.active)
            self.state.scim_users[key[0], stays.id] = stays
        self.state.scim_members = {
            (group, target_id if of == source_id else of) for group, of in self.state.scim_members
        }
        self.state.scim_grants = {
            (target_id if of == source_id else of, at, role) for of, at, role in self.state.scim_grants
        }
        self.state.scim_due = {
            (district, target_id if of == source_id else of) for district, of in self.state.scim_due
        }

    def about(self, person_ids: Collection[str]) -> Sequence[Mapping[str, object]]:
        names = ("district_id", "user_name", "external_id", "active", "created_at", "deleted_at")
        mine = {group for group, of in self.state.scim_members if of in person_ids}
        groups = sorted(
            (one.name, one.district_id) for key, one in self.state.scim_groups.items() if key in mine
        )
        return [
            {name: getattr(one, name) for name in names}
            | {"groups": [name for name, of in groups if of == one.district_id]}
            for _, one in sorted(self.state.scim_users.items())
            if one.person_id in person_ids
        ]

    def forget(self, person_ids: Collection[str]) -> None:
        for key, one in list(self.state.scim_users.items()):
            if one.person_id in person_ids:
                del self.state.scim_users[key]
        self.state.scim_members = {one for one in self.state.scim_members if one[1] not in person_ids}
        self.state.scim_grants = {one for one in self.state.scim_grants if one[0] not in person_ids}
        self.state.scim_due = {one for one in self.state.scim_due if one[1] not in person_ids}


def values_of(user: User) -> Callable[[Field], str | bool | None]:
    """Return a function from a field to its value for a user, by which queries find users."""
    own = user.account
    values: dict[Field, str | bool | None] = {
        Field.ID: own.id,
        Field.EXTERNAL_ID: own.external_id,
        Field.USER_NAME: own.user_name,
        Field.EMAIL: user.email,
        Field.EMAIL_TYPE: own.email_type,
        Field.GIVEN_NAME: user.first_name,
        Field.FAMILY_NAME: user.last_name,
        Field.ACTIVE: user.active is not False,
    }
    return values.get


@dataclass(frozen=True)
class FakeScimGroups:
    state: State

    def add(self, group: Group) -> None:
        self.state.scim_groups[group.id] = group

    def save(self, group: Group) -> None:
        self.state.scim_groups[group.id] = group

    def delete(self, group_id: str) -> None:
        self.make_members_due(group_id)
        self.state.scim_members = {one for one in self.state.scim_members if one[0] != group_id}
        del self.state.scim_groups[group_id]

    def by_id(self, district_id: str, group_id: str) -> Group | None:
        found = self.state.scim_groups.get(group_id)
        return found if found is not None and found.district_id == district_id else None

    def search(
        self, district_id: str, query: Query, *, start: int, limit: int
    ) -> tuple[int, Sequence[Group]]:
        own = [one for _, one in sorted(self.state.scim_groups.items()) if one.district_id == district_id]
        fitting = [one for one in own if any(fits(query, values) for values in self._values(one))]
        return len(fitting), fitting[start : start + max(limit, 0)]

    def _values(self, group: Group) -> list[Callable[[Field], str | bool | None]]:
        """Return such functions for a group, one for each member: a query needs to fit only one of them."""
        known: dict[Field, str | bool | None] = {
            Field.ID: group.id,
            Field.EXTERNAL_ID: group.external_id,
            Field.DISPLAY_NAME: group.name,
        }
        ids = [user_id for user_id, _ in self.members(group.id)] or [""]
        return [{**known, Field.MEMBER: one}.get for one in ids]

    def members(self, group_id: str, only: Collection[str] | None = None) -> Sequence[tuple[str, str]]:
        district_id = self.state.scim_groups[group_id].district_id
        users = FakeScimUsers(self.state)
        found = []
        for _, person_id in sorted(one for one in self.state.scim_members if one[0] == group_id):
            account = users.of_person(district_id, person_id)
            found.append((account.id if account else person_id, person_id))
        return [one for one in found if only is None or one[0] in only]

    def put(self, group_id: str, person_ids: Collection[str]) -> None:
        self.state.scim_members |= {(group_id, one) for one in person_ids}

    def drop(self, group_id: str, person_ids: Collection[str]) -> None:
        self.state.scim_members -= {(group_id, one) for one in person_ids}

    def leave_all(self, district_id: str, person_id: str) -> None:
        own = {one.id for one in self.state.scim_groups.values() if one.district_id == district_id}
        self.state.scim_members -= {(group, person_id) for group in own}

    def wanted_roles(self, district_id: str, person_id: str) -> Sequence[tuple[str, str]]:
        found = set()
        for group_id, of in self.state.scim_members:
            group = self.state.scim_groups[group_id]
            if of != person_id or group.district_id != district_id or not (group.school_id and group.role):
                continue
            school = self.state.schools[group.school_id]
            if school.district_id == district_id and not school.archived:
                found.add((group.school_id, group.role))
        return sorted(found)

    def given_roles(self, district_id: str, person_id: str) -> Sequence[tuple[str, str]]:
        own = [(school, role) for of, school, role in self.state.scim_grants if of == person_id]
        return sorted(one for one in own if self.state.schools[one[0]].district_id == district_id)

    def give(self, person_id: str, school_id: str, role: str) -> None:
        self.state.scim_grants.add((person_id, school_id, role))

    def take(self, person_id: str, school_id: str, role: str) -> None:
        self.state.scim_grants.discard((person_id, school_id, role))

    def release(self, group: Group) -> None:
        inside = {of for group_id, of in self.state.scim_members if group_id == group.id}
        self.state.scim_grants = {
            one
            for one in self.state.scim_grants
            if one[0] not in inside or one[1:] != (group.school_id, group.role)
        }

    def make_members_due(self, group_id: str) -> None:
        district_id = self.state.scim_groups[group_id].district_id
        self.make_due(district_id, [of for group, of in self.state.scim_members if group == group_id])

    def make_due(self, district_id: str, person_ids: Collection[str]) -> None:
        self.state.scim_due |= {(district_id, one) for one in person_ids}

    def next_due(self, *, excluding: Collection[str] = ()) -> str | None:
        return min((district for district, of in self.state.scim_due if of not in excluding), default=None)

    def take_due(self, district_id: str, limit: int, *, excluding: Collection[str] = ()) -> Sequence[str]:
        own = sorted(of for district, of in self.state.scim_due if district == district_id)
        taken = [one for one in own if one not in excluding][:limit]
        self.state.scim_due -= {(district_id, one) for one in taken}
        return taken

"""What OneRoster sources have said, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.core.email_addresses import email_key
from bot.core.oneroster.model import DistrictMembership, Grant, KnownUser, Mark, Org
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeOneRosterKnown:
    state: State

    @property
    def _orgs(self) -> dict[tuple[str, str], Org]:
        return self.state.oneroster_orgs

    @property
    def _users(self) -> dict[tuple[str, str], KnownUser]:
        return self.state.oneroster_users

    @property
    def _grants(self) -> dict[tuple[str, str], Grant]:
        return self.state.oneroster_grants

    @property
    def _roles(self) -> dict[tuple[str, str], str]:
        return self.state.oneroster_roles

    @property
    def _marks(self) -> dict[str, tuple[str, Mark, bool]]:
        return self.state.oneroster_marks

    def orgs(self, district_id: str) -> Mapping[str, Org]:
        return {key: one for (of, key), one in self._orgs.items() if of == district_id}

    def put_orgs(self, district_id: str, orgs: Mapping[str, Org]) -> None:
        self._orgs.update({(district_id, key): one for key, one in orgs.items()})

    def drop_orgs(self, district_id: str, ids: Collection[str]) -> None:
        for key in ids:
            self._orgs.pop((district_id, key), None)

    def users(self, district_id: str) -> Mapping[str, KnownUser]:
        return {
            key: one._replace(email=self._email(one.person_id))
            for (of, key), one in self._users.items()
            if of == district_id
        }

    def _email(self, person_id: str | None) -> str:
        found = self.state.details.get(person_id or "")
        return found.email if found else ""

    def put_users(self, district_id: str, users: Mapping[str, KnownUser]) -> None:
        self._users.update({(district_id, key): one._replace(email="") for key, one in users.items()})

    def drop_users(self, district_id: str, ids: Collection[str]) -> None:
        for key in ids:
            self._users.pop((district_id, key), None)

    def grants(self, district_id: str) -> Mapping[str, Grant]:
        return {key: one for (of, key), one in self._grants.items() if of == district_id}

    def put_grants(self, district_id: str, grants: Mapping[str, Grant]) -> None:
        self._grants.update({(district_id, key): one for key, one in grants.items()})

    def drop_grants(self, district_id: str, ids: Collection[str]) -> None:
        for key in ids:
            self._grants.pop((district_id, key), None)

    def roles(self, district_id: str) -> Mapping[str, str]:
        return {key: one for (of, key), one in self._roles.items() if of == district_id}

    def set_role(self, district_id: str, source: str, role: str) -> None:
        self._roles[district_id, source] = role

    def memberships(self, district_id: str) -> Sequence[DistrictMembership]:
        own = {
            one.id
            for one in self.state.schools.values()
            if one.district_id == district_id and not one.archived
        }
        return [
            DistrictMembership(
                one.id,
                one.person_id,
                one.school_id,
                email_key(self._email(one.person_id)),
                one.access.value,
                one.active,
                tuple(
                    sorted(
                        held.role
                        for held in self.state.assignments
                        if (held.person, held.scope) == (one.person_id, one.school_id)
                    )
                ),
                self._marks[one.id][1] if one.id in self._marks else None,
            )
            for one in self.state.memberships.values()
            if one.school_id in own
        ]

    def mark(self, district_id: str, marks: Mapping[str, Mark]) -> None:
        for key in [
            key
            for key, (of, _, _) in self._marks.items()
            if of == district_id and key not in self.state.memberships
        ]:
            del self._marks[key]
        self._marks.update({key: (district_id, one, False) for key, one in marks.items()})

    def unmark(self, membership_id: str) -> None:
        if membership_id in self._marks:
            of, one, leaving = self._marks[membership_id]
            self._marks[membership_id] = (of, one._replace(was=None), leaving)

    def set_leaving(self, district_id: str, membership_ids: Collection[str]) -> None:
        for key, (of, one, _) in list(self._marks.items()):
            if of == district_id:
                self._marks[key] = (of, one, key in membership_ids)

    def _leaving(self, district_id: str) -> list[tuple[str, str, bool]]:
        keys = [key for key, (of, _, leaving) in self._marks.items() if of == district_id and leaving]
        found = [self.state.memberships[key] for key in keys if key in self.state.memberships]
        return sorted((one.school_id, one.person_id, one.active) for one in found)

    def leaving_schools(self, district_id: str) -> Sequence[str]:
        return sorted({school for school, _, _ in self._leaving(district_id)})

    def leaving(self, district_id: str, school_id: str, *, after: str, limit: int) -> Sequence[str]:
        return [
            person
            for school, person, active in self._leaving(district_id)
            if school == school_id and active and person > after
        ][:limit]

    def absorb(self, source_id: str, target_id: str) -> None:
        for key, one in list(self._users.items()):
            if one.person_id == source_id:
                self._users[key] = one._replace(person_id=target_id)

    def about(self, person_ids: Collection[str]) -> Sequence[Mapping[str, object]]:
        return [
            {"district_id": of, "id": key, "active": one.active, "roles": self._roles_of(of, key)}
            for (of, key), one in sorted(self._users.items())
            if one.person_id in person_ids
        ]

    def _roles_of(self, district_id: str, user: str) -> list[dict[str, str]]:
        own = sorted((one.org, one.role) for one in self.grants(district_id).values() if one.user == user)
        return [{"organisation": org, "role": role} for org, role in own]

    def forget(self, person_ids: Collection[str]) -> None:
        for (of, key), one in list(self._users.items()):
            if one.person_id in person_ids:
                del self._users[of, key]
                self.drop_grants(of, [mine for mine, grant in self.grants(of).items() if grant.user == key])

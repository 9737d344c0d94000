"""OneRoster in memory: sources, looks at them, and what they said before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.oneroster.model import TO_DO, Grant, Known, Mark, Org, Run, RunState, Source, Stand
from bot.core.oneroster.runs import STUCK
from bot.core.people import email_key
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeOneRosters:
    state: State

    def source(self, district_id: str) -> Source | None:
        return self.state.oneroster_sources.get(district_id)

    def folders(self, but: str) -> Sequence[str]:
        return [one.folder for of, one in self.state.oneroster_sources.items() if of != but]

    def save_source(self, source: Source) -> None:
        self.state.oneroster_sources[source.district_id] = source

    def drop(self, district_id: str) -> None:
        self.state.oneroster_sources.pop(district_id, None)
        for table in (self._orgs, self._users, self._grants, self._roles):
            for key in [key for key in table if key[0] == district_id]:
                del table[key]
        for marked in [key for key, (of, _, _) in self._marks.items() if of == district_id]:
            del self._marks[marked]
        for run in self.runs(district_id, len(self.state.oneroster_runs)):
            del self.state.oneroster_runs[run.id]

    @property
    def _orgs(self) -> dict[tuple[str, str], Org]:
        return self.state.oneroster_orgs

    @property
    def _users(self) -> dict[tuple[str, str], Known]:
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

    def due(self, now: datetime, limit: int) -> Sequence[Source]:
        off = self.state.put_off(STUCK, now)
        late = [
            one
            for one in self.state.oneroster_sources.values()
            if one.next_at and (one.next_at <= now or one.looked_at > now) and one.district_id not in off
        ]
        return sorted(late, key=lambda one: one.district_id)[:limit]

    def looked(self, district_id: str, now: datetime, next_at: datetime | None) -> None:
        found = self.state.oneroster_sources[district_id]
        self.state.oneroster_sources[district_id] = replace(found, looked_at=now, next_at=next_at)

    def begin(self, run: Run) -> bool:
        days = {(one.district_id, one.day) for one in self.state.oneroster_runs.values() if one.day}
        if (run.district_id, run.day) in days:
            return False
        self.state.oneroster_runs[run.id] = run
        return True

    def run(self, run_id: str) -> Run | None:
        return self.state.oneroster_runs.get(run_id)

    def save_run(self, run: Run, *, expected: RunState) -> bool:
        before = self.state.oneroster_runs.get(run.id)
        if before is None or before.state is not expected:
            return False
        self.state.oneroster_runs[run.id] = run
        self.state.oneroster_claims.pop(run.id, None)
        return True

    def runs(self, district_id: str, limit: int) -> Sequence[Run]:
        own = [one for one in self.state.oneroster_runs.values() if one.district_id == district_id]
        return sorted(own, key=lambda one: one.id, reverse=True)[:limit]

    def _free(self, run: Run, worker: str, now: datetime) -> bool:
        by, until = self.state.oneroster_claims.get(run.id, (worker, now))
        return run.state in TO_DO and (by == worker or until <= now)

    def waiting(self, worker: str, now: datetime) -> str | None:
        off = self.state.put_off(STUCK, now)
        free = [one.id for one in self.state.oneroster_runs.values() if self._free(one, worker, now)]
        return min((one for one in free if one not in off), default=None)

    def claim(self, run_id: str, worker: str, now: datetime, *, until: datetime) -> bool:
        run = self.state.oneroster_runs.get(run_id)
        if run is None or not self._free(run, worker, now):
            return False
        self.state.oneroster_claims[run_id] = (worker, until)
        return True

    def orgs(self, district_id: str) -> Mapping[str, Org]:
        return {key: one for (of, key), one in self._orgs.items() if of == district_id}

    def put_orgs(self, district_id: str, orgs: Mapping[str, Org]) -> None:
        self._orgs.update({(district_id, key): one for key, one in orgs.items()})

    def drop_orgs(self, district_id: str, ids: Collection[str]) -> None:
        for key in ids:
            self._orgs.pop((district_id, key), None)

    def users(self, district_id: str) -> Mapping[str, Known]:
        return {
            key: one._replace(email=self._email(one.person_id))
            for (of, key), one in self._users.items()
            if of == district_id
        }

    def _email(self, person_id: str | None) -> str:
        found = self.state.details.get(person_id or "")
        return found.email if found else ""

    def put_users(self, district_id: str, users: Mapping[str, Known]) -> None:
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

    def standing(self, district_id: str) -> Sequence[Stand]:
        own = {
            one.id
            for one in self.state.schools.values()
            if one.district_id == district_id and not one.archived
        }
        return [
            Stand(
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

    def was(self, membership_id: str) -> str | None:
        found = self._marks.get(membership_id)
        return found[1].was if found else None

    def unmark(self, membership_id: str) -> None:
        if membership_id in self._marks:
            of, one, leaving = self._marks[membership_id]
            self._marks[membership_id] = (of, one._replace(was=None), leaving)

    def leave(self, district_id: str, membership_ids: Collection[str]) -> None:
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

    def forget(self, person_ids: Collection[str]) -> None:
        for (of, key), one in list(self._users.items()):
            if one.person_id in person_ids:
                del self._users[of, key]
                self.drop_grants(of, [mine for mine, grant in self.grants(of).items() if grant.user == key])

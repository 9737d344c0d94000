"""A fake of the stored schools."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.rights.actors import WorkspaceKey
from bot.core.schools.schools import School, SchoolAccess
from bot.core.values import replace
from tests.fakes.state import State
from tests.fakes.workspaces import active_links


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

    def hold(self, school_id: str) -> School | None:
        return self.state.schools.get(school_id)

    def lock(self, school_id: str, *, closing: bool = False) -> None:
        """Do nothing: units of the fake database never run at the same time."""

    def set_primary(self, school_id: str, person_id: str, *, expected: str | None) -> bool:
        stored = self.state.schools.get(school_id)
        if stored is None or stored.primary_admin_id != expected:
            return False
        self.state.schools[school_id] = replace(stored, primary_admin_id=person_id)
        return True

    def linked_to(self, key: WorkspaceKey) -> Sequence[School]:
        linked = [school_id for school_id, place in active_links(self.state) if place == key]
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
        self,
        person_id: str | None,
        text: str,
        limit: int,
        *,
        whole: bool = False,
        archived: bool | None = False,
    ) -> Sequence[School]:
        own = {one.scope for one in self.state.assignments if one.person == person_id}
        wanted = text.casefold()
        found = [
            one
            for one in self.state.schools.values()
            if (person_id is None or one.district_id in own)
            and (archived is None or one.archived == archived)
            and (one.name.casefold() == wanted if whole else wanted in one.name.casefold())
        ]
        return sorted(found, key=lambda one: (one.name.casefold(), one.id))[:limit]

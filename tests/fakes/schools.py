"""A fake of the stored schools, workspaces and their links."""

# ruff: noqa: ARG002 - a fake need not keep all that it is told

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.actors import WorkspaceKey
from bot.core.schools import ApprovalsChannel, School, SchoolAccess, Workspace
from bot.core.values import replace
from tests.fakes.state import State


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

    def lock_workspace(self, key: WorkspaceKey) -> None:
        """Do nothing: units of the fake database never run at the same time."""

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

    def unlink(self, school_id: str, key: WorkspaceKey) -> bool:
        there = (school_id, key) in self._at_work()
        if there:
            del self.state.links[school_id, key]
        return there

    def suspend_links(self, key: WorkspaceKey, at: datetime) -> Sequence[str]:
        found = [of for of in self._at_work() if of[1] == key]
        self.state.resting.update(found)
        return sorted(school_id for school_id, _ in found)

    def workspaces_of(self, school_id: str) -> Sequence[Workspace]:
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

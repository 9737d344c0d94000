"""A fake of the stored workspaces and their links to schools."""

# ruff: noqa: ARG002 - a fake need not keep all that it is told

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.rights.actors import WorkspaceKey
from bot.core.schools.schools import ApprovalsChannel, Workspace
from tests.fakes.state import State


def active_links(state: State) -> dict[tuple[str, WorkspaceKey], str | None]:
    """Return the approvals channel of each link that is not suspended, by school and workspace."""
    return {of: to for of, to in state.links.items() if of not in state.resting}


@dataclass(frozen=True)
class FakeWorkspaces:
    state: State

    def by_key(self, key: WorkspaceKey) -> Workspace | None:
        return self.state.workspaces.get(key)

    def add(self, workspace: Workspace) -> None:
        self.state.workspaces.setdefault(workspace.key, workspace)

    def lock(self, key: WorkspaceKey) -> None:
        """Do nothing: units of the fake database never run at the same time."""

    def of_school(self, school_id: str) -> Sequence[Workspace]:
        serve = [
            self.state.workspaces[key] for school, key in active_links(self.state) if school == school_id
        ]
        return sorted(serve, key=lambda one: one.id)

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
        there = (school_id, key) in active_links(self.state)
        if there:
            del self.state.links[school_id, key]
        return there

    def suspend_links(self, key: WorkspaceKey, at: datetime) -> Sequence[str]:
        found = [of for of in active_links(self.state) if of[1] == key]
        self.state.resting.update(found)
        return sorted(school_id for school_id, _ in found)

    def approvals_channels(self, school_id: str) -> Sequence[ApprovalsChannel]:
        links = [
            (key, channel)
            for (school, key), channel in active_links(self.state).items()
            if school == school_id
        ]
        links.sort(key=lambda link: self.state.workspaces[link[0]].id)
        return [ApprovalsChannel(school_id, key, channel) for key, channel in links if channel is not None]

    def set_approvals_channel(self, channel: ApprovalsChannel) -> None:
        if (channel.school_id, channel.workspace) in self.state.links:
            self.state.links[channel.school_id, channel.workspace] = channel.channel

    def unset_approvals_channel(self, channel: ApprovalsChannel) -> bool:
        key = (channel.school_id, channel.workspace)
        if self.state.links.get(key) != channel.channel:
            return False
        self.state.links[key] = None
        return True

"""The repository of workspaces, and of their links to schools."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.rights.actors import WorkspaceKey

if TYPE_CHECKING:
    from bot.core.schools.schools import ApprovalsChannel, Workspace


class Workspaces(Protocol):
    """Workspaces, their links to schools, and the channels of approval cards."""

    def by_key(self, key: WorkspaceKey) -> "Workspace | None":
        """Find a workspace."""
        ...

    def add(self, workspace: "Workspace") -> None:
        """Add a workspace, unless it is stored already."""
        ...

    def lock(self, key: WorkspaceKey) -> None:
        """Lock a workspace until the unit of work ends; other units that lock it wait."""
        ...

    def of_school(self, school_id: str) -> Sequence["Workspace"]:
        """List the workspaces that serve a school, oldest first."""
        ...

    def link(self, school_id: str, key: WorkspaceKey, at: datetime) -> bool:
        """Link a school to a workspace, or resume its suspended link; False if it was linked."""
        ...

    def unlink(self, school_id: str, key: WorkspaceKey) -> bool:
        """Delete a school's link to a workspace, with its approvals channel; False if no link is active."""
        ...

    def suspend_links(self, key: WorkspaceKey, at: datetime) -> Sequence[str]:
        """Suspend a workspace's links, as if they were not there; return the ids of the schools affected."""
        ...

    def approvals_channels(self, school_id: str) -> Sequence["ApprovalsChannel"]:
        """List the channels to which a school's approval cards are sent."""
        ...

    def set_approvals_channel(self, channel: "ApprovalsChannel") -> None:
        """Set the channel of a workspace to which a school's approval cards are sent."""
        ...

    def unset_approvals_channel(self, channel: "ApprovalsChannel") -> bool:
        """Stop sending approval cards to a channel; False if none were sent there."""
        ...

"""Workspaces, their links to schools, and the channels of approval cards."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.schools.schools import ApprovalsChannel, Workspace
from bot.core.values import dataclass
from bot.storage.schools.places import workspace_id
from bot.storage.statements import Statement, changed, insert_new
from bot.storage.tables import workspace_schools, workspaces

THIS_WORKSPACE = (
    workspaces.c.platform == bindparam("platform"),
    workspaces.c.external_id == bindparam("external_id"),
)
LINK_ACTIVE = workspace_schools.c.suspended_at.is_(None)
_LOCK = select(workspaces.c.id).where(*THIS_WORKSPACE).with_for_update(key_share=True)
_BY_KEY = Statement(select(workspaces).where(*THIS_WORKSPACE))
_OF_SCHOOL = Statement(
    select(workspaces)
    .join(workspace_schools, workspace_schools.c.workspace_id == workspaces.c.id)
    .where(workspace_schools.c.school_id == bindparam("school"), LINK_ACTIVE)
    .order_by(workspaces.c.id)
)
_APPROVALS_CHANNELS = Statement(
    select(workspaces.c.platform, workspaces.c.external_id, workspace_schools.c.approvals_channel)
    .join(workspaces, workspaces.c.id == workspace_schools.c.workspace_id)
    .where(
        workspace_schools.c.school_id == bindparam("school"),
        workspace_schools.c.approvals_channel.is_not(None),
        LINK_ACTIVE,
    )
    .order_by(workspaces.c.id)
)


def key_values(key: WorkspaceKey) -> dict[str, str]:
    """Return the columns that identify a workspace, as values."""
    return {"platform": key.platform.value, "external_id": key.external_id}


@dataclass(frozen=True, slots=True)
class SqlWorkspaces:
    """Workspaces and their links in the database."""

    connection: Connection

    def by_key(self, key: WorkspaceKey) -> Workspace | None:
        """Return a workspace."""
        row = _BY_KEY.row(self.connection, **key_values(key))
        return Workspace(row.id, key, row.name, row.created_at) if row else None

    def add(self, workspace: Workspace) -> None:
        """Add a workspace, unless it is known."""
        row = {"id": workspace.id, "name": workspace.name, "created_at": workspace.created_at}
        insert_new(self.connection, workspaces, {**row, **key_values(workspace.key)})

    def lock(self, key: WorkspaceKey) -> None:
        """Make other units that lock this workspace wait until this one ends."""
        self.connection.execute(_LOCK, key_values(key))  # SQLite has one writer, and ignores FOR UPDATE

    def of_school(self, school_id: str) -> Sequence[Workspace]:
        """List the workspaces that serve a school, oldest first."""
        return [
            Workspace(row.id, WorkspaceKey(Platform(row.platform), row.external_id), row.name, row.created_at)
            for row in _OF_SCHOOL.rows(self.connection, school=school_id)
        ]

    def link(self, school_id: str, key: WorkspaceKey, at: datetime) -> bool:
        """Link a school to a workspace, or resume its suspended link; False if it is linked already."""
        workspace = self.by_key(key)
        if workspace is None:
            raise LookupError(f"There is no workspace {key}")
        row = {"workspace_id": workspace.id, "school_id": school_id, "linked_at": at}
        if insert_new(self.connection, workspace_schools, row):
            return True
        this = (workspace_schools.c.workspace_id == workspace.id, workspace_schools.c.school_id == school_id)
        rested = workspace_schools.c.suspended_at.is_not(None)
        again = update(workspace_schools).where(*this, rested).values(suspended_at=None, linked_at=at)
        return changed(self.connection, again)

    def unlink(self, school_id: str, key: WorkspaceKey) -> bool:
        """Delete a school's link to a workspace; False if it has none, or the link is suspended."""
        here = workspace_schools.c.workspace_id == workspace_id(key)
        this = (here, workspace_schools.c.school_id == school_id, LINK_ACTIVE)
        return changed(self.connection, delete(workspace_schools).where(*this))

    def suspend_links(self, key: WorkspaceKey, at: datetime) -> Sequence[str]:
        """Suspend a workspace's links, as if they did not exist; return the ids of the schools affected."""
        here = workspace_schools.c.workspace_id == workspace_id(key)
        query = update(workspace_schools).where(here, LINK_ACTIVE).values(suspended_at=at)
        return sorted(self.connection.scalars(query.returning(workspace_schools.c.school_id)))

    def approvals_channels(self, school_id: str) -> Sequence[ApprovalsChannel]:
        """List the channels to which a school's approval cards go."""
        return [
            ApprovalsChannel(school_id, WorkspaceKey(Platform(platform), external_id), channel)
            for platform, external_id, channel in _APPROVALS_CHANNELS.rows(self.connection, school=school_id)
        ]

    def set_approvals_channel(self, channel: ApprovalsChannel) -> None:
        """Set the channel of a workspace to which a school's approval cards go."""
        self.connection.execute(
            update(workspace_schools)
            .where(
                workspace_schools.c.workspace_id == workspace_id(channel.workspace),
                workspace_schools.c.school_id == channel.school_id,
            )
            .values(approvals_channel=channel.channel)
        )

    def unset_approvals_channel(self, channel: ApprovalsChannel) -> bool:
        """Stop sending approval cards to this channel; False if they did not go there."""
        query = update(workspace_schools).where(
            workspace_schools.c.workspace_id == workspace_id(channel.workspace),
            workspace_schools.c.school_id == channel.school_id,
            workspace_schools.c.approvals_channel == channel.channel,
        )
        return changed(self.connection, query.values(approvals_channel=None))

"""What the bot has heard of people who join and leave workspaces."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.values import dataclass
from bot.storage.schools.places import workspace_id
from bot.storage.statements import insert_new
from bot.storage.tables import crowds, listenings, workspace_schools, workspaces

_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SqlWorkspaceEvents:
    """What was heard of newcomers, in the database."""

    connection: Connection

    def heard_until(self, name: str) -> datetime | None:
        """Return until when the bot listened to a part of a platform; None if it never did."""
        found: datetime | None = self.connection.scalar(
            select(listenings.c.heard_at).where(listenings.c.name == name)
        )
        return found

    def set_heard_until(self, name: str, at: datetime) -> None:
        """Note until when the bot listened to a part of a platform; an earlier moment changes nothing."""
        if not insert_new(self.connection, listenings, {"name": name, "heard_at": at}):
            later = (listenings.c.name == name, listenings.c.heard_at < at)
            self.connection.execute(update(listenings).where(*later).values(heard_at=at))

    def serving_workspaces(self, platform: Platform, *, after: str, limit: int) -> Sequence[WorkspaceKey]:
        """List the workspaces of a platform that serve a school, by the platform's ids, after `after`."""
        serving = select(workspace_schools.c.workspace_id).where(workspace_schools.c.suspended_at.is_(None))
        query = (
            select(workspaces.c.external_id)
            .where(
                workspaces.c.platform == platform.value,
                workspaces.c.external_id > after,
                workspaces.c.id.in_(serving),
            )
            .order_by(workspaces.c.external_id)
            .limit(limit)
        )
        return [WorkspaceKey(platform, one) for one in self.connection.scalars(query)]

    def count_newcomer(self, workspace: WorkspaceKey, minute: datetime) -> int:
        """Count one more newcomer in a minute, and return how many there are; delete counts of a day ago."""
        own = self.connection.scalar(select(workspace_id(workspace)))
        row = {"workspace_id": own, "minute": minute, "number": 1}
        this = (crowds.c.workspace_id == own, crowds.c.minute == minute)
        if insert_new(self.connection, crowds, row):
            old = (crowds.c.workspace_id == own, crowds.c.minute < minute - _KEPT)
            self.connection.execute(delete(crowds).where(*old))
            return 1
        more = update(crowds).where(*this).values(number=crowds.c.number + 1).returning(crowds.c.number)
        return int(self.connection.scalars(more).one())

    def newcomers(self, workspace: WorkspaceKey, minute: datetime) -> int:
        """Return how many newcomers a workspace had in a minute."""
        this = (crowds.c.workspace_id == workspace_id(workspace), crowds.c.minute == minute)
        return self.connection.scalar(select(crowds.c.number).where(*this)) or 0

"""What was heard of comings and goings."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from bot.core.actors import Platform, WorkspaceKey
from bot.core.values import dataclass
from bot.storage.places import workspace_id
from bot.storage.statements import insert_new
from bot.storage.tables import crowds, listenings, workspace_schools, workspaces

_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SqlWorkspaceEvents:
    """Comings and goings in the database."""

    connection: Connection

    def heard(self, name: str) -> datetime | None:
        """Tell up to when a part of a platform was listened to; None if it never was."""
        found: datetime | None = self.connection.scalar(
            select(listenings.c.heard_at).where(listenings.c.name == name)
        )
        return found

    def hear(self, name: str, at: datetime) -> None:
        """Note up to when a part of a platform was listened to."""
        if not insert_new(self.connection, listenings, {"name": name, "heard_at": at}):
            later = (listenings.c.name == name, listenings.c.heard_at < at)
            self.connection.execute(update(listenings).where(*later).values(heard_at=at))

    def served(self, platform: Platform, *, after: str, limit: int) -> Sequence[WorkspaceKey]:
        """List workspaces of a platform that serve a school, by their own ids as texts, after one of them."""
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

    def one_more(self, workspace: WorkspaceKey, minute: datetime) -> int:
        """Count one more newcomer of a minute; return how many these are. What is a day old is forgotten."""
        own = self.connection.scalar(select(workspace_id(workspace)))
        row = {"workspace_id": own, "minute": minute, "number": 1}
        this = (crowds.c.workspace_id == own, crowds.c.minute == minute)
        if insert_new(self.connection, crowds, row):
            old = (crowds.c.workspace_id == own, crowds.c.minute < minute - _KEPT)
            self.connection.execute(delete(crowds).where(*old))
            return 1
        more = update(crowds).where(*this).values(number=crowds.c.number + 1).returning(crowds.c.number)
        return int(self.connection.scalars(more).one())

    def number(self, workspace: WorkspaceKey, minute: datetime) -> int:
        """Tell how many newcomers a minute had."""
        this = (crowds.c.workspace_id == workspace_id(workspace), crowds.c.minute == minute)
        return self.connection.scalar(select(crowds.c.number).where(*this)) or 0

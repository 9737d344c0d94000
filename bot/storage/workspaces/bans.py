"""Bans of accounts from workspaces."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from bot.core.rights.actors import AccountKey, WorkspaceKey
from bot.core.values import dataclass
from bot.storage.schools.places import workspace_id
from bot.storage.statements import Statement, changed, insert_new
from bot.storage.tables import bans, workspace_schools, workspaces

# A ban holds as long as the platform has it, even while the school's link is suspended.
_AT_SCHOOL = Statement(
    select(bans.c.subject)
    .join(workspaces, workspaces.c.id == bans.c.workspace_id)
    .join(workspace_schools, workspace_schools.c.workspace_id == workspaces.c.id)
    .where(
        workspace_schools.c.school_id == bindparam("school"),
        workspaces.c.platform == bindparam("platform"),
        bans.c.subject == bindparam("subject"),
    )
)


@dataclass(frozen=True, slots=True)
class SqlBans:
    """Bans in the database."""

    connection: Connection

    def add(self, workspace: WorkspaceKey, subject: str, at: datetime) -> bool:
        """Note an account's ban from a workspace; False if the ban was known, or the workspace is unknown."""
        own: str | None = self.connection.scalar(select(workspace_id(workspace)))
        row = {"workspace_id": own, "subject": subject, "at": at}
        return own is not None and insert_new(self.connection, bans, row)

    def drop(self, workspace: WorkspaceKey, subject: str) -> bool:
        """Forget a ban; False if there was none."""
        this = (bans.c.workspace_id == workspace_id(workspace), bans.c.subject == subject)
        return changed(self.connection, delete(bans).where(*this))

    def of(self, workspace: WorkspaceKey) -> frozenset[str]:
        """Return the platform's ids of the accounts that are known to be banned from a workspace."""
        query = select(bans.c.subject).where(bans.c.workspace_id == workspace_id(workspace))
        return frozenset(self.connection.scalars(query))

    def any_at_school(self, school_id: str, accounts: Sequence[AccountKey]) -> bool:
        """Return whether any of these accounts is banned from a workspace of a school."""
        asked = ({"school": school_id, "platform": one.issuer, "subject": one.subject} for one in accounts)
        return any(_AT_SCHOOL.row(self.connection, **one) is not None for one in asked)

    def schools_banning(self, accounts: Sequence[AccountKey]) -> frozenset[str]:
        """Return the ids of the schools that have a workspace from which any of these accounts is banned."""
        query = (
            select(workspace_schools.c.school_id)
            .join(workspaces, workspaces.c.id == workspace_schools.c.workspace_id)
            .join(bans, bans.c.workspace_id == workspaces.c.id)
        )
        found = (
            self.connection.scalars(
                query.where(workspaces.c.platform == one.issuer, bans.c.subject == one.subject)
            )
            for one in accounts
        )
        return frozenset(school_id for some in found for school_id in some)

"""Schools, workspaces and their links."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from bot.core.actors import Platform, WorkspaceKey
from bot.core.roles import ScopeKind
from bot.core.schools import Approval, ApprovalsChannel, School, SchoolAccess, Workspace
from bot.core.values import asdict, dataclass
from bot.storage.membership_rows import ACTIVE
from bot.storage.places import workspace_id
from bot.storage.statements import Row, Statement, changed, contains, insert_new, like, without_key
from bot.storage.tables import assignments, memberships, schools, workspace_schools, workspaces

_FOUND = select(schools).where(schools.c.id == bindparam("of"))
_BY_ID = Statement(_FOUND)
# FOR KEY SHARE, which each INSERT of a row that refers to the school takes, too: only `_CLOSE` waits for it.
_HELD = Statement(_FOUND.with_for_update(key_share=True, read=True))
_ID = select(schools.c.id).where(schools.c.id == bindparam("of"))
# FOR NO KEY UPDATE: units that only refer to the school do not wait for it, and so cannot deadlock.
_LOCK = _ID.with_for_update(key_share=True)
_CLOSE = _ID.with_for_update()
_THIS_WORKSPACE = (
    workspaces.c.platform == bindparam("platform"),
    workspaces.c.external_id == bindparam("external_id"),
)
_AT_WORK = workspace_schools.c.suspended_at.is_(None)
_LINKED = Statement(
    select(schools)
    .join(workspace_schools, workspace_schools.c.school_id == schools.c.id)
    .join(workspaces, workspaces.c.id == workspace_schools.c.workspace_id)
    .where(*_THIS_WORKSPACE, _AT_WORK, schools.c.archived_at.is_(None))
    .order_by(schools.c.search_name)
)
_OF_PERSON = Statement(
    select(schools)
    .join(memberships, memberships.c.school_id == schools.c.id)
    .where(
        memberships.c.person_id == bindparam("person"),
        ACTIVE,
        schools.c.archived_at.is_(None),
    )
    .order_by(schools.c.search_name)
)
_LOCK_WORKSPACE = select(workspaces.c.id).where(*_THIS_WORKSPACE).with_for_update(key_share=True)
_WORKSPACE = Statement(select(workspaces).where(*_THIS_WORKSPACE))
_SERVING = Statement(
    select(workspaces)
    .join(workspace_schools, workspace_schools.c.workspace_id == workspaces.c.id)
    .where(workspace_schools.c.school_id == bindparam("school"), _AT_WORK)
    .order_by(workspaces.c.id)
)
_APPROVALS_CHANNELS = Statement(
    select(workspaces.c.platform, workspaces.c.external_id, workspace_schools.c.approvals_channel)
    .join(workspaces, workspaces.c.id == workspace_schools.c.workspace_id)
    .where(
        workspace_schools.c.school_id == bindparam("school"),
        workspace_schools.c.approvals_channel.is_not(None),
        _AT_WORK,
    )
    .order_by(workspaces.c.id)
)


@lru_cache(maxsize=1024)  # schools are read far more often than they change
def school_of(row: Row) -> School:
    """Return the school that a row holds."""
    kept = row._asdict()
    del kept["search_name"]
    kept["access"], kept["approval"] = SchoolAccess(row.access), Approval(row.approval)
    return School(**kept)


def _row(school: School) -> dict[str, Any]:
    row = asdict(school)
    row["access"], row["approval"] = school.access.value, school.approval.value
    return {**row, "search_name": school.name.casefold()}


def _key(key: WorkspaceKey) -> dict[str, str]:
    return {"platform": key.platform.value, "external_id": key.external_id}


@dataclass(frozen=True, slots=True)
class SqlSchools:
    """Schools in the database."""

    connection: Connection

    def add(self, school: School) -> bool:
        """Add a school; False if its district already has a school of that name."""
        return insert_new(self.connection, schools, _row(school))

    def save(self, school: School) -> bool:
        """Store a school's settings; False if its district has another school of that name."""
        query = update(schools).where(schools.c.id == school.id).values(**without_key(schools, _row(school)))
        try:
            with self.connection.begin_nested():  # the unit goes on if the unique index refuses
                self.connection.execute(query)
        except IntegrityError:
            return False
        return True

    def by_id(self, school_id: str) -> School | None:
        """Return the school with this id."""
        row = _BY_ID.row(self.connection, of=school_id)
        return school_of(row) if row else None

    def hold(self, school_id: str) -> School | None:
        """Return a school and keep it from being archived until this unit ends; only for units that write."""
        row = _HELD.row(self.connection, of=school_id)
        return school_of(row) if row else None

    def lock(self, school_id: str, *, closing: bool = False) -> None:
        """Make other units that lock this school wait until this one ends; do nothing in a reading unit."""
        # SQLite has one writer, and ignores FOR UPDATE. A reader must not hold up others, and needs no lock.
        if not self.connection.get_execution_options().get("postgresql_readonly"):
            self.connection.execute(_CLOSE if closing else _LOCK, {"of": school_id})

    def lock_workspace(self, key: WorkspaceKey) -> None:
        """Make other units that lock this workspace wait until this one ends."""
        self.connection.execute(_LOCK_WORKSPACE, _key(key))  # SQLite has one writer, and ignores FOR UPDATE

    def set_primary(self, school_id: str, person_id: str, *, expected: str | None) -> bool:
        """Make a person the Primary Admin if `expected` still is; False otherwise."""
        query = (
            update(schools)
            .where(schools.c.id == school_id, schools.c.primary_admin_id.is_not_distinct_from(expected))
            .values(primary_admin_id=person_id)
        )
        return changed(self.connection, query)

    def linked_to(self, key: WorkspaceKey) -> Sequence[School]:
        """List the schools that a workspace serves, by name."""
        return [school_of(row) for row in _LINKED.rows(self.connection, **_key(key))]

    def of_person(self, person_id: str) -> Sequence[School]:
        """List the schools where a person is an active member, by name."""
        return [school_of(row) for row in _OF_PERSON.rows(self.connection, person=person_id)]

    def find_public(
        self, text: str, limit: int, *, after: School | None = None, whole: bool = False
    ) -> Sequence[School]:
        """List by name the public schools whose name contains a text, or equals it if `whole`."""
        name, wanted = schools.c.search_name, text.casefold()
        query = (
            select(schools)
            .where(
                schools.c.access == SchoolAccess.PUBLIC.value,
                schools.c.archived_at.is_(None),
                name == wanted if whole else like(name, contains(wanted)),
            )
            .order_by(name, schools.c.id)
            .limit(limit)
        )
        if after is not None:
            query = query.where(tuple_(name, schools.c.id) > (after.name.casefold(), after.id))
        return [school_of(row) for row in self.connection.execute(query)]

    def overseen(
        self,
        person_id: str | None,
        text: str,
        limit: int,
        *,
        whole: bool = False,
        archived: bool | None = False,
    ) -> Sequence[School]:
        """List by name the schools in whose district a person has a role; all of them without a person."""
        query = select(schools).order_by(schools.c.search_name, schools.c.id).limit(limit)
        if person_id is not None:
            above = and_(
                assignments.c.person_id == person_id,
                assignments.c.scope_kind == ScopeKind.DISTRICT.value,
            )
            query = query.where(schools.c.district_id.in_(select(assignments.c.scope_id).where(above)))
        if archived is not None:
            away = schools.c.archived_at
            query = query.where(away.is_not(None) if archived else away.is_(None))
        name = schools.c.search_name
        if whole:
            query = query.where(name == text.casefold())
        elif text:
            query = query.where(like(name, contains(text.casefold())))
        return [school_of(row) for row in self.connection.execute(query)]

    def workspace(self, key: WorkspaceKey) -> Workspace | None:
        """Return a workspace."""
        row = _WORKSPACE.row(self.connection, **_key(key))
        return Workspace(row.id, key, row.name, row.created_at) if row else None

    def add_workspace(self, workspace: Workspace) -> None:
        """Add a workspace, unless it is known."""
        row = {"id": workspace.id, "name": workspace.name, "created_at": workspace.created_at}
        insert_new(self.connection, workspaces, {**row, **_key(workspace.key)})

    def link(self, school_id: str, key: WorkspaceKey, at: datetime) -> bool:
        """Link a school to a workspace, or resume its suspended link; False if it is linked already."""
        workspace = self.workspace(key)
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
        this = (here, workspace_schools.c.school_id == school_id, _AT_WORK)
        return changed(self.connection, delete(workspace_schools).where(*this))

    def suspend_links(self, key: WorkspaceKey, at: datetime) -> Sequence[str]:
        """Suspend a workspace's links, as if they did not exist; return the ids of the schools affected."""
        here = workspace_schools.c.workspace_id == workspace_id(key)
        query = update(workspace_schools).where(here, _AT_WORK).values(suspended_at=at)
        return sorted(self.connection.scalars(query.returning(workspace_schools.c.school_id)))

    def workspaces_of(self, school_id: str) -> Sequence[Workspace]:
        """List the workspaces that serve a school, oldest first."""
        return [
            Workspace(row.id, WorkspaceKey(Platform(row.platform), row.external_id), row.name, row.created_at)
            for row in _SERVING.rows(self.connection, school=school_id)
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

    def approvals_channels(self, school_id: str) -> Sequence[ApprovalsChannel]:
        """List the channels to which a school's approval cards go."""
        return [
            ApprovalsChannel(school_id, WorkspaceKey(Platform(platform), external_id), channel)
            for platform, external_id, channel in _APPROVALS_CHANNELS.rows(self.connection, school=school_id)
        ]

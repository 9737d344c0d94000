"""Mirrors: workspaces whose platform has join requests of its own, which a school decides."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Integer, bindparam, delete, exists, select, text, update

from bot.core.requests.mirror_ports import (
    MIRROR,
    Mirror,
    MirroredRequest,
    MirrorProblem,
    PlatformRequestState,
)
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.values import dataclass
from bot.storage.schools.places import workspace_id
from bot.storage.statements import Row, changed, insert_new
from bot.storage.stuck import not_put_off
from bot.storage.tables import mirrored_requests, mirrors, schools, workspace_schools, workspaces

_MIRRORS = select(mirrors, workspaces.c.platform, workspaces.c.external_id).join(
    workspaces, workspaces.c.id == mirrors.c.workspace_id
)
_MIRRORED = select(
    mirrored_requests, workspaces.c.platform, workspaces.c.external_id.label("workspace")
).join(workspaces, workspaces.c.id == mirrored_requests.c.workspace_id)
_LINKED = exists().where(
    workspace_schools.c.workspace_id == mirrors.c.workspace_id,
    workspace_schools.c.school_id == mirrors.c.school_id,
    workspace_schools.c.suspended_at.is_(None),
)
_AT_WORK = exists().where(schools.c.id == mirrors.c.school_id, schools.c.archived_at.is_(None))
DUE = (
    _MIRRORS.where(
        mirrors.c.look_at <= bindparam("now"),
        _LINKED,
        _AT_WORK,
        not_put_off(MIRROR, workspaces.c.platform + "/" + workspaces.c.external_id),
    )
    .order_by(mirrors.c.look_at)
    .limit(bindparam("most", type_=Integer))
)
# In the words of the partial index.
_WAITING = text(f"fate = '{PlatformRequestState.WAITING.value}'")


def _key(platform: str, external_id: str) -> WorkspaceKey:
    return WorkspaceKey(Platform(platform), external_id)


def _mirror(row: Row) -> Mirror:
    problem = MirrorProblem(row.problem) if row.problem else None
    key = _key(row.platform, row.external_id)
    return Mirror(key, row.school_id, row.look_at, row.looked_at, problem)


def _mirrored(row: Row) -> MirroredRequest:
    key = _key(row.platform, row.workspace)
    return MirroredRequest(
        key, row.external_id, row.request_id, PlatformRequestState(row.fate), row.at, row.filed
    )


@dataclass(frozen=True, slots=True)
class SqlMirrors:
    """Mirrors in the database."""

    connection: Connection

    def put(self, mirror: Mirror) -> None:
        """Store the mirror of a workspace, in place of an earlier one."""
        own = self.connection.scalar(select(workspace_id(mirror.workspace)))
        row = {
            "school_id": mirror.school_id,
            "look_at": mirror.look_at,
            "looked_at": mirror.looked_at,
            "problem": mirror.problem.value if mirror.problem else None,
        }
        if not insert_new(self.connection, mirrors, {"workspace_id": own, **row}):
            self.connection.execute(update(mirrors).where(mirrors.c.workspace_id == own).values(**row))

    def delete(self, workspace: WorkspaceKey) -> bool:
        """Delete the mirror of a workspace; False if it has none."""
        return changed(
            self.connection, delete(mirrors).where(mirrors.c.workspace_id == workspace_id(workspace))
        )

    def of(self, workspace: WorkspaceKey) -> Mirror | None:
        """Return the mirror of a workspace."""
        query = _MIRRORS.where(mirrors.c.workspace_id == workspace_id(workspace))
        row = self.connection.execute(query).first()
        return _mirror(row) if row else None

    def due(self, now: datetime, limit: int) -> Sequence[Mirror]:
        """List mirrors that are due, the longest due first; not those of archived or unlinked schools."""
        return [_mirror(row) for row in self.connection.execute(DUE, {"now": now, "most": limit})]

    def save_request(self, mirrored: MirroredRequest) -> None:
        """Store the state of a platform's request, and the join request that corresponds to it."""
        own = self.connection.scalar(select(workspace_id(mirrored.workspace)))
        this = {"workspace_id": own, "external_id": mirrored.external_id}
        row = {
            "request_id": mirrored.request_id,
            "fate": mirrored.fate.value,
            "filed": mirrored.filed,
            "at": mirrored.at,
        }
        if not insert_new(self.connection, mirrored_requests, {**this, **row}):
            self.connection.execute(update(mirrored_requests).filter_by(**this).values(**row))

    def by_external_id(self, workspace: WorkspaceKey, external_id: str) -> MirroredRequest | None:
        """Return what is known of a platform's request."""
        this = (
            mirrored_requests.c.workspace_id == workspace_id(workspace),
            mirrored_requests.c.external_id == external_id,
        )
        row = self.connection.execute(_MIRRORED.where(*this)).first()
        return _mirrored(row) if row else None

    def waiting(self, workspace: WorkspaceKey) -> Sequence[MirroredRequest]:
        """List the requests that are known to be waiting in a workspace, by the platform's ids."""
        query = _MIRRORED.where(mirrored_requests.c.workspace_id == workspace_id(workspace), _WAITING)
        rows = self.connection.execute(query.order_by(mirrored_requests.c.external_id))
        return [_mirrored(row) for row in rows]

    def of_request(self, request_id: str) -> Sequence[MirroredRequest]:
        """List the platforms' requests to which a join request corresponds."""
        query = _MIRRORED.where(mirrored_requests.c.request_id == request_id)
        rows = self.connection.execute(query.order_by(mirrored_requests.c.external_id))
        return [_mirrored(row) for row in rows]

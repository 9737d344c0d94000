"""Native things of platforms that follow a school's roles, and how they differ from the memberships."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from bot.core.following.ports import (
    FOLLOWER,
    Difference,
    DifferenceState,
    Differs,
    DriftPolicy,
    Follower,
    NativeKind,
    Position,
    Problem,
)
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.values import dataclass
from bot.storage.statements import Row, changed, insert_new, without_key
from bot.storage.stuck import not_put_off
from bot.storage.tables import (
    audit_heads,
    follow_differences,
    follow_marks,
    followed_things,
    followings,
    memberships,
)

_F, _D = followed_things.c, follow_differences.c


def _follower(row: Row) -> Follower:
    return Follower(
        id=row.id,
        school_id=row.school_id,
        workspace=WorkspaceKey(Platform(row.platform), row.workspace),
        kind=NativeKind(row.kind),
        external_id=row.external_id,
        name=row.name,
        created_at=row.created_at,
        look_at=row.look_at,
        drift=DriftPolicy(row.drift),
        problem=Problem(row.problem) if row.problem else None,
        told=Problem(row.told) if row.told else None,
        blind=row.blind,
        former_name=row.former_name,
        looked_at=row.looked_at,
        ending=row.ending,
    )


def _row(follower: Follower) -> dict[str, Any]:
    return {
        "id": follower.id,
        "school_id": follower.school_id,
        "platform": follower.workspace.platform.value,
        "workspace": follower.workspace.external_id,
        "kind": follower.kind.value,
        "external_id": follower.external_id,
        "name": follower.name,
        "former_name": follower.former_name,
        "drift": follower.drift.value,
        "problem": follower.problem.value if follower.problem else None,
        "told": follower.told.value if follower.told else None,
        "blind": follower.blind,
        "ending": follower.ending,
        "created_at": follower.created_at,
        "looked_at": follower.looked_at,
        "look_at": follower.look_at,
    }


def in_workspace(key: WorkspaceKey) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for the followed things of a workspace."""
    return _F.platform == key.platform.value, _F.workspace == key.external_id


@dataclass(frozen=True, slots=True)
class SqlFollowings:
    """Followed things in the database: native things of platforms that follow a school's roles."""

    connection: Connection

    def add(self, follower: Follower) -> bool:
        """Add a followed thing; False if one of that workspace and id is known."""
        fresh = {"seen_number": 0, "nudges": 1, "seen_nudges": 0}
        return insert_new(self.connection, followed_things, {**_row(follower), **fresh})

    def save(self, follower: Follower) -> None:
        """Store a thing's settings and state."""
        now = without_key(followed_things, _row(follower))
        self.connection.execute(update(followed_things).where(_F.id == follower.id).values(**now))

    def delete(self, follower_id: str) -> None:
        """Delete a thing with its roles, marks and differences."""
        for table in (follow_differences, follow_marks, followings):
            self.connection.execute(delete(table).where(table.c.followed_id == follower_id))
        self.connection.execute(delete(followed_things).where(_F.id == follower_id))

    def by_id(self, follower_id: str) -> Follower | None:
        """Return the followed thing with this id."""
        row = self.connection.execute(select(followed_things).where(_F.id == follower_id)).one_or_none()
        return _follower(row) if row else None

    def by_external_id(self, workspace: WorkspaceKey, external_id: str) -> Follower | None:
        """Return the followed thing with this id of the platform in a workspace."""
        query = select(followed_things).where(*in_workspace(workspace), _F.external_id == external_id)
        row = self.connection.execute(query).one_or_none()
        return _follower(row) if row else None

    def of_school(self, school_id: str) -> Sequence[Follower]:
        """List a school's things by name."""
        query = select(followed_things).where(_F.school_id == school_id)
        found = [_follower(row) for row in self.connection.execute(query)]
        return sorted(found, key=lambda one: (one.name.casefold(), one.id))

    def lock(self, follower_id: str) -> None:
        """Make other units that lock this thing wait until this one ends."""
        self.connection.execute(select(_F.id).where(_F.id == follower_id).with_for_update())

    def follow(self, follower_id: str, role: str) -> bool:
        """Make a thing follow a role; False if it already does."""
        return insert_new(self.connection, followings, {"followed_id": follower_id, "role": role})

    def unfollow(self, follower_id: str, role: str) -> bool:
        """Make a thing follow a role no longer; False if it did not."""
        one = (followings.c.followed_id == follower_id, followings.c.role == role)
        return changed(self.connection, delete(followings).where(*one))

    def roles(self, follower_id: str) -> Sequence[str]:
        """List the roles that a thing follows."""
        query = select(followings.c.role).where(followings.c.followed_id == follower_id)
        return sorted(self.connection.execute(query).scalars())

    def to_compare(self, now: datetime, limit: int) -> Sequence[str]:
        """List the ids of things whose school has changed since they were compared; not what is put off."""
        fresh = or_(audit_heads.c.number > _F.seen_number, _F.nudges > _F.seen_nudges)
        query = (
            select(_F.id)
            .outerjoin(audit_heads, audit_heads.c.chain == _F.school_id)
            .where(fresh, not_put_off(FOLLOWER, _F.id))
            .order_by(_F.id)
            .limit(limit)
        )
        return self.connection.execute(query, {"now": now}).scalars().all()

    def position(self, follower_id: str) -> Position:
        """Return the position of a thing's school in its changes; read it before comparing anything."""
        query = (
            select(func.coalesce(audit_heads.c.number, 0), _F.nudges)
            .select_from(followed_things)
            .outerjoin(audit_heads, audit_heads.c.chain == _F.school_id)
            .where(_F.id == follower_id)
        )
        return Position(*self.connection.execute(query).one())

    def mark_compared(self, follower_id: str, position: Position) -> None:
        """Note up to which position a thing was compared."""
        reached = {"seen_number": position.number, "seen_nudges": position.nudges}
        self.connection.execute(update(followed_things).where(_F.id == follower_id).values(**reached))

    def nudge(self, follower_id: str) -> None:
        """Make a thing be compared again."""
        self._nudge(_F.id == follower_id)

    def nudge_those_of(self, person_id: str) -> None:
        """Make the things of all schools that a person is in be compared again."""
        # Locked in one order, so that several units that do this at once do not deadlock.
        schools_of = select(memberships.c.school_id).where(memberships.c.person_id == person_id)
        mine = select(_F.id).where(_F.school_id.in_(schools_of)).order_by(_F.id).with_for_update()
        found = self.connection.execute(mine).scalars().all()
        if found:
            self._nudge(_F.id.in_(found))

    def _nudge(self, which: ColumnElement[bool]) -> None:
        self.connection.execute(update(followed_things).where(which).values(nudges=_F.nudges + 1))

    def due_for_look(self, now: datetime, limit: int) -> Sequence[str]:
        """List the ids of things that must be checked at the platform, longest due first; none put off."""
        due = select(_F.id).where(_F.look_at <= now, not_put_off(FOLLOWER, _F.id))
        query = due.order_by(_F.look_at, _F.id).limit(limit)
        return self.connection.execute(query, {"now": now}).scalars().all()

    def differences(self, follower_id: str) -> Sequence[Difference]:
        """List the differences of a thing, by account."""
        query = select(follow_differences).where(_D.followed_id == follower_id)
        found = [
            Difference(
                row.followed_id, row.subject, Differs(row.differs), row.name, DifferenceState(row.fate)
            )
            for row in self.connection.execute(query)
        ]
        return sorted(found, key=lambda one: one.subject)

    def set_differences(self, follower_id: str, found: Sequence[Difference]) -> None:
        """Store the differences of a thing, in place of the earlier ones."""
        self.connection.execute(delete(follow_differences).where(_D.followed_id == follower_id))
        rows = [
            {
                "followed_id": one.follower_id,
                "subject": one.subject,
                "differs": one.differs.value,
                "name": one.name,
                "fate": one.fate.value,
            }
            for one in found
        ]
        if rows:
            self.connection.execute(insert(follow_differences), rows)

    def forget(self, accounts: Collection[AccountKey]) -> None:
        """Delete the differences that are about some accounts."""
        for key in accounts:
            there = select(_F.id).where(_F.platform == key.issuer)
            mine = and_(_D.followed_id.in_(there), _D.subject == key.subject)
            self.connection.execute(delete(follow_differences).where(mine))

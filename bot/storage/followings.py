"""What follows roles on a platform, who shall have it, and what differs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union,
    update,
)

from bot.core.actors import AccountKey, Platform, WorkspaceKey
from bot.core.following_ports import (
    EVERYONE,
    Difference,
    Differs,
    Drift,
    Fate,
    Followed,
    Mark,
    MarkState,
    NativeKind,
    Position,
    Problem,
)
from bot.core.members import Access, Standing, Visibility
from bot.core.roles import ScopeKind
from bot.storage.statements import Row, batches, changed, insert_new
from bot.storage.tables import (
    accounts,
    assignments,
    audit_heads,
    follow_differences,
    follow_marks,
    followed_things,
    followings,
    memberships,
    schools,
)

_F, _M, _D = followed_things.c, follow_marks.c, follow_differences.c
_ACTIVE = (
    memberships.c.standing == Standing.ACTIVE.value,
    memberships.c.access == Access.OK.value,
    memberships.c.visibility == Visibility.LISTED.value,
)


def _followed(row: Row) -> Followed:
    return Followed(
        id=row.id,
        school_id=row.school_id,
        workspace=WorkspaceKey(Platform(row.platform), row.workspace),
        kind=NativeKind(row.kind),
        external_id=row.external_id,
        name=row.name,
        created_at=row.created_at,
        look_at=row.look_at,
        drift=Drift(row.drift),
        problem=Problem(row.problem) if row.problem else None,
        told=Problem(row.told) if row.told else None,
        blind=row.blind,
        former_name=row.former_name,
        looked_at=row.looked_at,
        ending=row.ending,
    )


def _row(followed: Followed) -> dict[str, Any]:
    return {
        "id": followed.id,
        "school_id": followed.school_id,
        "platform": followed.workspace.platform.value,
        "workspace": followed.workspace.external_id,
        "kind": followed.kind.value,
        "external_id": followed.external_id,
        "name": followed.name,
        "former_name": followed.former_name,
        "drift": followed.drift.value,
        "problem": followed.problem.value if followed.problem else None,
        "told": followed.told.value if followed.told else None,
        "blind": followed.blind,
        "ending": followed.ending,
        "created_at": followed.created_at,
        "looked_at": followed.looked_at,
        "look_at": followed.look_at,
    }


def _mark(row: Row) -> Mark:
    return Mark(row.id, row.followed_id, row.subject, row.wanted, MarkState(row.state), row.at)


def _here(key: WorkspaceKey) -> tuple[ColumnElement[bool], ...]:
    return _F.platform == key.platform.value, _F.workspace == key.external_id


def _shall_have(followed: Followed) -> Select[Any]:
    """Search for the accounts that shall have a thing, by the memberships as they are."""
    roles = select(followings.c.role).where(followings.c.followed_id == followed.id)
    in_the_role = exists().where(
        assignments.c.person_id == memberships.c.person_id,
        assignments.c.scope_kind == ScopeKind.SCHOOL.value,
        assignments.c.scope_id == followed.school_id,
        assignments.c.role.in_(roles),
    )
    whoever = roles.where(followings.c.role == EVERYONE).exists()
    query = (
        select(accounts.c.subject)
        .join(memberships, memberships.c.person_id == accounts.c.person_id)
        .join(schools, schools.c.id == memberships.c.school_id)
        .where(
            memberships.c.school_id == followed.school_id,
            *_ACTIVE,
            schools.c.archived_at.is_(None),
            accounts.c.issuer == followed.workspace.platform.value,
            or_(whoever, in_the_role),
        )
    )
    if followed.workspace.platform is Platform.SLACK:
        query = query.where(
            accounts.c.subject.startswith(f"{followed.workspace.external_id}/", autoescape=True)
        )
    return query


@dataclass(frozen=True, slots=True)
class SqlFollowings:
    """Things that follow roles, in the database."""

    connection: Connection

    def add(self, followed: Followed) -> bool:
        """Add a thing; False if one of that workspace and id is there."""
        fresh = {"seen_number": 0, "nudges": 1, "seen_nudges": 0}
        return insert_new(self.connection, followed_things, {**_row(followed), **fresh})

    def save(self, followed: Followed) -> None:
        """Store a thing's settings and state."""
        self.connection.execute(update(followed_things).where(_F.id == followed.id).values(**_row(followed)))

    def delete(self, followed_id: str) -> None:
        """Delete a thing with its roles, marks and differences."""
        for table in (follow_differences, follow_marks, followings):
            self.connection.execute(delete(table).where(table.c.followed_id == followed_id))
        self.connection.execute(delete(followed_things).where(_F.id == followed_id))

    def by_id(self, followed_id: str) -> Followed | None:
        """Find a thing."""
        row = self.connection.execute(select(followed_things).where(_F.id == followed_id)).one_or_none()
        return _followed(row) if row else None

    def at(self, workspace: WorkspaceKey, external_id: str) -> Followed | None:
        """Find a thing by its place and its id there."""
        query = select(followed_things).where(*_here(workspace), _F.external_id == external_id)
        row = self.connection.execute(query).one_or_none()
        return _followed(row) if row else None

    def of_school(self, school_id: str) -> Sequence[Followed]:
        """List a school's things by name."""
        query = select(followed_things).where(_F.school_id == school_id)
        found = [_followed(row) for row in self.connection.execute(query)]
        return sorted(found, key=lambda one: (one.name.casefold(), one.id))

    def lock(self, followed_id: str) -> None:
        """Let no other unit that locks this thing go on before this one ends."""
        self.connection.execute(select(_F.id).where(_F.id == followed_id).with_for_update())

    def follow(self, followed_id: str, role: str) -> bool:
        """Let a thing follow a role; False if it does."""
        return insert_new(self.connection, followings, {"followed_id": followed_id, "role": role})

    def unfollow(self, followed_id: str, role: str) -> bool:
        """Let a thing follow a role no more; False if it did not."""
        one = (followings.c.followed_id == followed_id, followings.c.role == role)
        return changed(self.connection, delete(followings).where(*one))

    def roles(self, followed_id: str) -> Sequence[str]:
        """List the roles that a thing follows."""
        query = select(followings.c.role).where(followings.c.followed_id == followed_id)
        return sorted(self.connection.execute(query).scalars())

    def stale(self, limit: int) -> Sequence[str]:
        """List things whose school has changed since they were compared with it."""
        query = (
            select(_F.id)
            .outerjoin(audit_heads, audit_heads.c.chain == _F.school_id)
            .where(or_(audit_heads.c.number > _F.seen_number, _F.nudges > _F.seen_nudges))
            .order_by(_F.id)
            .limit(limit)
        )
        return self.connection.execute(query).scalars().all()

    def position(self, followed_id: str) -> Position:
        """Tell up to where changes can be known; read before what is compared."""
        query = (
            select(func.coalesce(audit_heads.c.number, 0), _F.nudges)
            .select_from(followed_things)
            .outerjoin(audit_heads, audit_heads.c.chain == _F.school_id)
            .where(_F.id == followed_id)
        )
        return Position(*self.connection.execute(query).one())

    def compared(self, followed_id: str, position: Position) -> None:
        """Note up to where a thing was compared."""
        reached = {"seen_number": position.number, "seen_nudges": position.nudges}
        self.connection.execute(update(followed_things).where(_F.id == followed_id).values(**reached))

    def nudge(self, followed_id: str) -> None:
        """Let a thing be compared again."""
        self._nudge(_F.id == followed_id)

    def nudge_those_of(self, person_id: str) -> None:
        """Let the things of all schools that a person is in be compared again."""
        # In one order, since several units may do it at once.
        schools_of = select(memberships.c.school_id).where(memberships.c.person_id == person_id)
        mine = select(_F.id).where(_F.school_id.in_(schools_of)).order_by(_F.id).with_for_update()
        found = self.connection.execute(mine).scalars().all()
        if found:
            self._nudge(_F.id.in_(found))

    def _nudge(self, which: ColumnElement[bool]) -> None:
        self.connection.execute(update(followed_things).where(which).values(nudges=_F.nudges + 1))

    def unlike(self, followed: Followed, limit: int) -> Sequence[tuple[str, bool]]:
        """List accounts whose marks differ from what their memberships say, with what they say."""
        shall = _shall_have(followed)
        mine = _M.followed_id == followed.id
        asked = select(_M.subject).where(mine, _M.wanted)
        parked = (mine, _M.state == MarkState.PARKED.value)
        give = shall.where(accounts.c.subject.not_in(asked))
        take = select(_M.subject).where(mine, _M.wanted, _M.subject.not_in(shall))
        if followed.problem is None:
            again = select(_M.subject).where(*parked)
            give = shall.where(or_(accounts.c.subject.not_in(asked), accounts.c.subject.in_(again)))
            take = select(_M.subject).where(mine, or_(_M.wanted, *parked[1:]), _M.subject.not_in(shall))
        given = give.add_columns(literal(1).label("wanted"))
        taken = take.add_columns(literal(0).label("wanted"))
        both = union(given, taken).subquery()
        query = select(both.c.subject, both.c.wanted).order_by(both.c.subject).limit(limit)
        return [(subject, bool(wanted)) for subject, wanted in self.connection.execute(query)]

    def mark(self, mark_id: str) -> Mark | None:
        """Find a mark."""
        row = self.connection.execute(select(follow_marks).where(_M.id == mark_id)).one_or_none()
        return _mark(row) if row else None

    def mark_of(self, followed_id: str, subject: str) -> Mark | None:
        """Find an account's mark at a thing."""
        query = select(follow_marks).where(_M.followed_id == followed_id, _M.subject == subject)
        row = self.connection.execute(query).one_or_none()
        return _mark(row) if row else None

    def put(self, mark: Mark) -> None:
        """Store a mark; there is one for each account at a thing."""
        now = {"wanted": mark.wanted, "state": mark.state.value, "at": mark.at}
        own = {"id": mark.id, "followed_id": mark.followed_id, "subject": mark.subject}
        if not insert_new(self.connection, follow_marks, {**own, **now}):
            self.connection.execute(update(follow_marks).where(_M.id == mark.id).values(**now))

    def marks(self, followed_id: str, *, states: Collection[MarkState], limit: int) -> Sequence[Mark]:
        """List marks in some states, the oldest change first."""
        wanted = [state.value for state in states]
        query = select(follow_marks).where(_M.followed_id == followed_id, _M.state.in_(wanted))
        rows = self.connection.execute(query.order_by(_M.at, _M.id).limit(limit))
        return [_mark(row) for row in rows]

    def marks_in(self, workspace: WorkspaceKey, subject: str) -> Sequence[Mark]:
        """List the marks of an account in a workspace."""
        query = select(follow_marks).join(followed_things, _F.id == _M.followed_id)
        query = query.where(_M.subject == subject, *_here(workspace)).order_by(_M.id)
        return [_mark(row) for row in self.connection.execute(query)]

    def number(self, followed_id: str) -> dict[tuple[bool, MarkState], int]:
        """Count marks by whether they are wanted and by their state."""
        query = select(_M.wanted, _M.state, func.count()).where(_M.followed_id == followed_id)
        rows = self.connection.execute(query.group_by(_M.wanted, _M.state))
        return {(wanted, MarkState(state)): number for wanted, state, number in rows}

    def all_marks(self, followed_id: str) -> Sequence[tuple[str, bool, MarkState, datetime]]:
        """List all marks as (account, wanted, state, when it changed)."""
        query = select(_M.subject, _M.wanted, _M.state, _M.at).where(_M.followed_id == followed_id)
        rows = self.connection.execute(query.order_by(_M.subject))
        return [(subject, wanted, MarkState(state), at) for subject, wanted, state, at in rows]

    def taken(self, followed_id: str) -> frozenset[str]:
        """Name the accounts from which a thing was taken."""
        query = select(_M.subject).where(*_taken(followed_id))
        return frozenset(self.connection.execute(query).scalars())

    def drop_done(self, followed_id: str, before: datetime) -> None:
        """Delete marks of those who shall not have a thing and have it not, since before a moment."""
        self.connection.execute(delete(follow_marks).where(*_taken(followed_id), _M.at < before))

    def known(self, platform: Platform, subjects: Collection[str]) -> frozenset[str]:
        """Tell which accounts are a person's."""
        found: set[str] = set()
        for some in batches(sorted(subjects)):
            query = select(accounts.c.subject).where(
                accounts.c.issuer == platform.value, accounts.c.subject.in_(some)
            )
            found.update(self.connection.execute(query).scalars())
        return frozenset(found)

    def to_look(self, now: datetime, limit: int) -> Sequence[str]:
        """List things whose platform is to be looked at, the longest due first."""
        query = select(_F.id).where(_F.look_at <= now).order_by(_F.look_at, _F.id).limit(limit)
        return self.connection.execute(query).scalars().all()

    def differences(self, followed_id: str) -> Sequence[Difference]:
        """List what differs at a thing, in the order of the accounts."""
        query = select(follow_differences).where(_D.followed_id == followed_id)
        found = [
            Difference(row.followed_id, row.subject, Differs(row.differs), row.name, Fate(row.fate))
            for row in self.connection.execute(query)
        ]
        return sorted(found, key=lambda one: one.subject)

    def set_differences(self, followed_id: str, found: Sequence[Difference]) -> None:
        """Store what differs at a thing now."""
        self.connection.execute(delete(follow_differences).where(_D.followed_id == followed_id))
        rows = [
            {
                "followed_id": one.followed_id,
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
        """Delete what differs about accounts."""
        for key in accounts:
            there = select(_F.id).where(_F.platform == key.issuer)
            mine = and_(_D.followed_id.in_(there), _D.subject == key.subject)
            self.connection.execute(delete(follow_differences).where(mine))


def _taken(followed_id: str) -> tuple[ColumnElement[bool], ...]:
    return _M.followed_id == followed_id, ~_M.wanted, _M.state == MarkState.DONE.value

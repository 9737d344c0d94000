"""Marks: which accounts should have the native things that follow roles, and which have them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    update,
)

from bot.core.following.ports import EVERYONE, Follower, Mark, MarkState
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.values import dataclass
from bot.storage.following.followings import in_workspace
from bot.storage.people.rows import ACTIVE
from bot.storage.rights.scopes import in_school
from bot.storage.statements import Row, batches, insert_new
from bot.storage.tables import (
    accounts,
    assignments,
    follow_marks,
    followed_things,
    followings,
    memberships,
    schools,
)

_F, _M = followed_things.c, follow_marks.c


def _mark(row: Row) -> Mark:
    return Mark(row.id, row.followed_id, row.subject, row.wanted, MarkState(row.state), row.at)


def _should_have(follower: Follower) -> Select[Any]:
    """Return the query for the accounts that should have a thing according to the memberships."""
    roles = select(followings.c.role).where(followings.c.followed_id == follower.id)
    with_role = exists().where(
        assignments.c.person_id == memberships.c.person_id,
        in_school(follower.school_id),
        assignments.c.role.in_(roles),
    )
    for_everyone = roles.where(followings.c.role == EVERYONE).exists()
    query = (
        select(accounts.c.subject)
        .join(memberships, memberships.c.person_id == accounts.c.person_id)
        .join(schools, schools.c.id == memberships.c.school_id)
        .where(
            memberships.c.school_id == follower.school_id,
            ACTIVE,
            schools.c.archived_at.is_(None),
            accounts.c.issuer == follower.workspace.platform.value,
            or_(for_everyone, with_role),
        )
    )
    if follower.workspace.platform is Platform.SLACK:
        query = query.where(
            accounts.c.subject.startswith(f"{follower.workspace.external_id}/", autoescape=True)
        )
    return query


@dataclass(frozen=True, slots=True)
class SqlFollowMarks:
    """The marks of accounts at followed things, in the database."""

    connection: Connection

    def outdated(self, follower: Follower, limit: int) -> Sequence[tuple[str, bool]]:
        """List accounts whose marks contradict the memberships, with whether they should have the thing."""
        should = _should_have(follower)
        mine = _M.followed_id == follower.id
        asked = select(_M.subject).where(mine, _M.wanted)
        parked = (mine, _M.state == MarkState.PARKED.value)
        give = should.where(accounts.c.subject.not_in(asked))
        take = select(_M.subject).where(mine, _M.wanted, _M.subject.not_in(should))
        if follower.problem is None:
            again = select(_M.subject).where(*parked)
            give = should.where(or_(accounts.c.subject.not_in(asked), accounts.c.subject.in_(again)))
            take = select(_M.subject).where(mine, or_(_M.wanted, *parked[1:]), _M.subject.not_in(should))
        given = give.add_columns(literal(1).label("wanted"))
        taken = take.add_columns(literal(0).label("wanted"))
        both = union(given, taken).subquery()
        query = select(both.c.subject, both.c.wanted).order_by(both.c.subject).limit(limit)
        return [(subject, bool(wanted)) for subject, wanted in self.connection.execute(query)]

    def by_id(self, mark_id: str) -> Mark | None:
        """Return the mark with this id."""
        row = self.connection.execute(select(follow_marks).where(_M.id == mark_id)).one_or_none()
        return _mark(row) if row else None

    def of(self, follower_id: str, subject: str) -> Mark | None:
        """Return an account's mark at a thing."""
        query = select(follow_marks).where(_M.followed_id == follower_id, _M.subject == subject)
        row = self.connection.execute(query).one_or_none()
        return _mark(row) if row else None

    def put(self, mark: Mark) -> None:
        """Store a mark, in place of an earlier one; each account has one at a thing."""
        now = {"wanted": mark.wanted, "state": mark.state.value, "at": mark.at}
        own = {"id": mark.id, "followed_id": mark.follower_id, "subject": mark.subject}
        if not insert_new(self.connection, follow_marks, {**own, **now}):
            self.connection.execute(update(follow_marks).where(_M.id == mark.id).values(**now))

    def listed(self, follower_id: str, *, states: Collection[MarkState], limit: int) -> Sequence[Mark]:
        """List a thing's marks in some states, the oldest change first."""
        wanted = [state.value for state in states]
        query = select(follow_marks).where(_M.followed_id == follower_id, _M.state.in_(wanted))
        rows = self.connection.execute(query.order_by(_M.at, _M.id).limit(limit))
        return [_mark(row) for row in rows]

    def of_account(self, workspace: WorkspaceKey, subject: str) -> Sequence[Mark]:
        """List the marks of an account in a workspace."""
        query = select(follow_marks).join(followed_things, _F.id == _M.followed_id)
        query = query.where(_M.subject == subject, *in_workspace(workspace)).order_by(_M.id)
        return [_mark(row) for row in self.connection.execute(query)]

    def count_by_state(self, follower_id: str) -> dict[tuple[bool, MarkState], int]:
        """Count marks by whether they are wanted and by their state."""
        query = select(_M.wanted, _M.state, func.count()).where(_M.followed_id == follower_id)
        rows = self.connection.execute(query.group_by(_M.wanted, _M.state))
        return {(wanted, MarkState(state)): number for wanted, state, number in rows}

    def all(self, follower_id: str) -> Sequence[tuple[str, bool, MarkState, datetime]]:
        """List all marks as (account, wanted, state, when it changed)."""
        query = select(_M.subject, _M.wanted, _M.state, _M.at).where(_M.followed_id == follower_id)
        rows = self.connection.execute(query.order_by(_M.subject))
        return [(subject, wanted, MarkState(state), at) for subject, wanted, state, at in rows]

    def taken(self, follower_id: str) -> frozenset[str]:
        """Return the accounts from which a thing was taken away."""
        query = select(_M.subject).where(*_taken(follower_id))
        return frozenset(self.connection.execute(query).scalars())

    def drop_done(self, follower_id: str, before: datetime) -> None:
        """Delete the marks of accounts from which a thing was taken away before a moment."""
        self.connection.execute(delete(follow_marks).where(*_taken(follower_id), _M.at < before))

    def known_accounts(self, platform: Platform, subjects: Collection[str]) -> frozenset[str]:
        """Return those of some accounts that are linked to a person."""
        found: set[str] = set()
        for some in batches(sorted(subjects)):
            query = select(accounts.c.subject).where(
                accounts.c.issuer == platform.value, accounts.c.subject.in_(some)
            )
            found.update(self.connection.execute(query).scalars())
        return frozenset(found)


def _taken(follower_id: str) -> tuple[ColumnElement[bool], ...]:
    return _M.followed_id == follower_id, ~_M.wanted, _M.state == MarkState.DONE.value

"""Applies all steps of a roster import at once: one statement writes each table."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Insert,
    Select,
    String,
    and_,
    case,
    cast,
    column,
    delete,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    update,
)

from bot.core.people.members import Access, Standing, Visibility
from bot.core.rights.roles import ScopeKind
from bot.core.rosters.imports import RosterDetails, RosterImport, StepKind
from bot.storage.held_back import Outdated
from bot.storage.people.holdings import persons_columns
from bot.storage.statements import batches, insert_of
from bot.storage.tables import assignments, memberships, person_emails, persons, roster_rows
from bot.storage.types import UtcDateTime

_R = roster_rows.c
_P = persons.c
_NEWCOMERS = (StepKind.ADD, StepKind.MOVE)
_DETAILS = ("first_name", "last_name", "content_areas", "grade_levels", "middle_initial", "educator_id")
# Marks details that must not be shown and are replaced as a whole: see `Judge`.
_NOTHING = json.dumps(RosterDetails(), ensure_ascii=False)


def write(connection: Connection, roster: RosterImport, *, by: str | None, at: datetime) -> None:
    """Apply all steps of an import except invitations."""
    writing = _Writing(connection, roster, by, at)
    writing.remove_leavers()
    writing.add_newcomers()
    writing.change_details()
    writing.regrant()
    if roster.undoes is not None:
        writing.delete_unused_persons(roster.undoes)


class _Writing:
    def __init__(self, connection: Connection, roster: RosterImport, by: str | None, at: datetime) -> None:
        self._connection = connection
        self._roster = roster
        self._by = by
        self._at = literal(at, UtcDateTime)

    def _of_kinds(self, *kinds: StepKind) -> ColumnElement[bool]:
        return and_(_R.import_id == self._roster.id, _R.kind.in_([one.value for one in kinds]))

    def _count(self, *which: ColumnElement[bool]) -> int:
        return self._connection.execute(select(func.count()).where(*which)).scalar_one()

    def _insert(self, into: Insert, wanted: int) -> None:
        """Run an INSERT; raise `Outdated` if another unit has already inserted one of its rows."""
        if self._connection.execute(into).rowcount != wanted:
            raise Outdated

    def _new(self, table: Any, values: dict[str, Any], *which: ColumnElement[bool]) -> Insert:
        """Return an INSERT of rows that are made from steps; it skips rows that exist."""
        insert = insert_of(self._connection.dialect.name)
        query = select(*values.values()).where(*which)
        into = insert(table).from_select(list(values), query)
        conflicts: Insert = into.on_conflict_do_nothing()
        return conflicts

    def add_newcomers(self) -> None:
        """Add the new persons and the new memberships."""
        new = and_(self._of_kinds(*_NEWCOMERS), _R.fresh == 1, _R.leads == 1)
        number = self._count(new)
        if number:
            self._insert(self._new(persons, self._person(), new), number)
            address = {"key": _R.email_key, "person_id": _R.person_id, "address": _R.email}
            self._insert(self._new(person_emails, address, new), number)
        coming = self._of_kinds(*_NEWCOMERS)
        values = {
            "id": _R.made,
            "school_id": _R.school_id,
            "person_id": _R.person_id,
            "standing": literal(Standing.ACTIVE.value),
            "access": literal(Access.OK.value),
            "visibility": literal(Visibility.LISTED.value),
            "created_at": func.coalesce(_R.created_at, self._at),
            "joined_at": func.coalesce(_R.joined_at, self._at),
        }
        self._insert(self._new(memberships, values, coming), self._count(coming))

    def _person(self) -> dict[str, Any]:
        return {
            "id": _R.person_id,
            "name": _R.first_name + literal(" ") + _R.last_name,
            "search_name": _R.search_name,
            "created_at": self._at,
            **{name: _R[name] for name in _DETAILS},
            "auto_finalize": false(),
            "message_notifications": true(),
        }

    def change_details(self) -> None:
        """Update the details of persons; a detail that the roster leaves empty stays."""
        kinds = self._of_kinds(StepKind.CHANGE, StepKind.REMOVE, *_NEWCOMERS)
        changes = and_(kinds, _R.before.is_not(None), _R.fresh == 0)
        whole = true() if self._roster.undoes is not None else _R.before == _NOTHING
        values: dict[str, Any] = {
            name: case((or_(_R[name] != "", whole), _R[name]), else_=_P[name]) for name in _DETAILS
        }
        # When an import is undone, a person without a first and last name before it keeps the present name.
        name = func.trim(_R.first_name + literal(" ") + _R.last_name)
        values["name"] = case((name != "", name), else_=_P.name)
        values["search_name"] = case((name != "", _R.search_name), else_=_P.search_name)
        self._connection.execute(update(persons).where(_P.id == _R.person_id, changes).values(**values))

    def regrant(self) -> None:
        """Take away the roles that members lose, and give the roles that they gain."""
        taken = self._roles(_R.roles_before, self._of_kinds(StepKind.CHANGE), excluding=_R.roles)
        gone = tuple_(assignments.c.person_id, assignments.c.scope_id, assignments.c.role).in_(taken)
        in_school = assignments.c.scope_kind == ScopeKind.SCHOOL.value
        self._connection.execute(delete(assignments).where(in_school, gone))
        given = self._roles(_R.roles, self._of_kinds(StepKind.CHANGE, *_NEWCOMERS)).subquery()
        values = {
            "person_id": given.c.person_id,
            "scope_kind": literal(ScopeKind.SCHOOL.value),
            "scope_id": given.c.school_id,
            "role": given.c.role,
            "granted_by": literal(self._by, String),
            "granted_at": self._at,
        }
        self._connection.execute(self._new(assignments, values, true()))

    def _roles(
        self,
        roles: ColumnElement[str],
        steps: ColumnElement[bool],
        *,
        excluding: ColumnElement[str] | None = None,
    ) -> Select[Any]:
        """Return the query for person, school and role, one row for each role in the lists of steps."""
        each = self._each(roles)
        query = select(_R.person_id, _R.school_id, each.c.value.label("role")).where(steps)
        if excluding is not None:
            there = self._each(excluding)
            query = query.where(~exists(select(there.c.value).where(there.c.value == each.c.value)))
        return query.select_from(roster_rows.join(each, true()))

    def _each(self, roles: ColumnElement[str]) -> Any:
        if self._connection.dialect.name == "postgresql":
            return func.json_array_elements_text(cast(roles, JSON)).table_valued("value").lateral()
        return func.json_each(roles).table_valued(column("value")).alias()

    def remove_leavers(self) -> None:
        """Delete the memberships of people who leave, and their roles in the school."""
        leaving = self._of_kinds(StepKind.REMOVE)
        number = self._count(leaving)
        if not number:
            return
        scopes = select(_R.person_id, _R.school_id).where(leaving)
        gone = tuple_(assignments.c.person_id, assignments.c.scope_id).in_(scopes)
        in_school = assignments.c.scope_kind == ScopeKind.SCHOOL.value
        self._connection.execute(delete(assignments).where(in_school, gone))
        ended = delete(memberships).where(memberships.c.id.in_(select(_R.made).where(leaving)))
        if self._connection.execute(ended).rowcount != number:
            raise Outdated

    def delete_unused_persons(self, undone: str) -> None:
        """Delete the persons whom the undone import added and to whom nothing refers any more."""
        left = select(_R.person_id).where(self._of_kinds(StepKind.REMOVE))
        made = select(_R.person_id).where(
            _R.import_id == undone, _R.fresh == 1, _R.kind.in_([one.value for one in _NEWCOMERS])
        )
        unused: list[ColumnElement[bool]] = [_P.id.in_(left), _P.id.in_(made)]
        refers: Sequence[Any] = sorted(persons_columns() - {person_emails.c.person_id}, key=str)
        unused += [~exists().where(one == _P.id) for one in refers if one.table is not persons]
        merged = persons.alias()
        unused.append(~exists().where(merged.c.merged_into == _P.id))
        ids = list(self._connection.execute(select(_P.id).where(*unused)).scalars())
        for some in batches(ids):
            self._connection.execute(delete(person_emails).where(person_emails.c.person_id.in_(some)))
            self._connection.execute(delete(persons).where(_P.id.in_(some)))

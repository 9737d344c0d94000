"""SCIM groups, and the roles that they give."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, false, func, select, tuple_, update

from bot.core.scim.model import Group
from bot.core.scim.queries import Compare, Field, Query
from bot.core.values import dataclass
from bot.storage.scim.queries import comparison_condition, filter_condition
from bot.storage.statements import Row, insert_new, without_key
from bot.storage.tables import (
    schools,
    scim_due,
    scim_grants,
    scim_groups,
    scim_members,
    scim_users,
)

_G, _M = scim_groups.c, scim_members.c
_OF_GROUP = and_(scim_users.c.person_id == _M.person_id, scim_users.c.district_id == _G.district_id)
_MEMBER_ID = func.coalesce(scim_users.c.id, _M.person_id)


def _group(row: Row) -> Group:
    return Group(
        row.id,
        row.district_id,
        row.name,
        row.created_at,
        row.changed_at,
        row.external_id,
        row.school_id,
        row.role,
    )


def _row(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "district_id": group.district_id,
        "name": group.name,
        "search_name": group.name.casefold(),
        "external_id": group.external_id,
        "school_id": group.school_id,
        "role": group.role,
        "created_at": group.created_at,
        "changed_at": group.changed_at,
    }


_COLUMNS: dict[Field, ColumnElement[Any]] = {
    Field.ID: _G.id,
    Field.EXTERNAL_ID: _G.external_id,
    Field.DISPLAY_NAME: func.lower(_G.name),
}


def _condition() -> Callable[[Compare], ColumnElement[bool]]:
    def condition(one: Compare) -> ColumnElement[bool]:
        if one.field is Field.MEMBER:
            joined = scim_members.outerjoin(
                scim_users,
                and_(scim_users.c.person_id == _M.person_id, scim_users.c.district_id == _G.district_id),
            )
            fits = comparison_condition(_MEMBER_ID, one)
            return exists(
                select(_M.group_id)
                .select_from(joined)
                .where(_M.group_id == _G.id, fits)
                .correlate(scim_groups)
            )
        column = _COLUMNS.get(one.field)
        return false() if column is None else comparison_condition(column, one)

    return condition


@dataclass(frozen=True, slots=True)
class SqlScimGroups:
    """SCIM groups in the database."""

    connection: Connection

    def add(self, group: Group) -> None:
        """Add a group."""
        self.connection.execute(scim_groups.insert(), _row(group))

    def save(self, group: Group) -> None:
        """Store a group's name and link."""
        now = without_key(scim_groups, _row(group))
        self.connection.execute(update(scim_groups).where(_G.id == group.id).values(**now))

    def delete(self, group_id: str) -> None:
        """Delete a group and mark its members as due."""
        self.make_members_due(group_id)
        self.connection.execute(delete(scim_members).where(_M.group_id == group_id))
        self.connection.execute(delete(scim_groups).where(_G.id == group_id))

    def by_id(self, district_id: str, group_id: str) -> Group | None:
        """Return a group of a district."""
        query = select(scim_groups).where(_G.id == group_id, _G.district_id == district_id)
        row = self.connection.execute(query).one_or_none()
        return _group(row) if row else None

    def search(
        self, district_id: str, query: Query, *, start: int, limit: int
    ) -> tuple[int, Sequence[Group]]:
        """Return the number of a district's groups that match, and a page of them by id."""
        wanted = and_(_G.district_id == district_id, filter_condition(query, _condition()))
        page = select(scim_groups).where(wanted).order_by(_G.id).offset(start).limit(max(limit, 0))
        groups = [_group(row) for row in self.connection.execute(page)]
        if start == 0 and len(groups) < limit:
            return len(groups), groups
        counted = select(func.count()).select_from(scim_groups).where(wanted)
        return int(self.connection.execute(counted).scalar_one()), groups

    def members(self, group_id: str, only: Collection[str] | None = None) -> Sequence[tuple[str, str]]:
        """List a group's members as (user id, person id): all of them, or those with some user ids."""
        query = (
            select(_MEMBER_ID.label("user"), _M.person_id)
            .select_from(
                scim_members.join(scim_groups, _G.id == _M.group_id).outerjoin(scim_users, _OF_GROUP)
            )
            .where(_M.group_id == group_id)
            .order_by(_M.person_id)
        )
        if only is not None:
            query = query.where(_MEMBER_ID.in_(sorted(only)))
        return [(row.user, row.person_id) for row in self.connection.execute(query)]

    def put(self, group_id: str, person_ids: Collection[str]) -> None:
        """Add persons to a group."""
        for person_id in sorted(person_ids):
            insert_new(self.connection, scim_members, {"group_id": group_id, "person_id": person_id})

    def drop(self, group_id: str, person_ids: Collection[str]) -> None:
        """Remove persons from a group."""
        if person_ids:
            own = and_(_M.group_id == group_id, _M.person_id.in_(sorted(person_ids)))
            self.connection.execute(delete(scim_members).where(own))

    def leave_all(self, district_id: str, person_id: str) -> None:
        """Remove a person from all groups of a district."""
        own = select(_G.id).where(_G.district_id == district_id)
        self.connection.execute(delete(scim_members).where(_M.person_id == person_id, _M.group_id.in_(own)))

    def wanted_roles(self, district_id: str, person_id: str) -> Sequence[tuple[str, str]]:
        """List the roles that a person's groups give at unarchived schools, as (school id, role)."""
        query = (
            select(_G.school_id, _G.role)
            .join(scim_members, _M.group_id == _G.id)
            .join(schools, schools.c.id == _G.school_id)
            .where(
                _M.person_id == person_id,
                _G.district_id == district_id,
                schools.c.district_id == district_id,
                schools.c.archived_at.is_(None),
            )
            .distinct()
            .order_by(_G.school_id, _G.role)
        )
        return [(row.school_id, row.role) for row in self.connection.execute(query)]

    def given_roles(self, district_id: str, person_id: str) -> Sequence[tuple[str, str]]:
        """List the roles that a person has only through groups, as (school id, role)."""
        grants = scim_grants.c
        query = (
            select(grants.school_id, grants.role)
            .join(schools, schools.c.id == grants.school_id)
            .where(grants.person_id == person_id, schools.c.district_id == district_id)
            .order_by(grants.school_id, grants.role)
        )
        return [(row.school_id, row.role) for row in self.connection.execute(query)]

    def give(self, person_id: str, school_id: str, role: str) -> None:
        """Note that a person has a role only through a group."""
        row = {"person_id": person_id, "school_id": school_id, "role": role}
        insert_new(self.connection, scim_grants, row)

    def take(self, person_id: str, school_id: str, role: str) -> None:
        """Forget that a person has a role only through a group."""
        grants = scim_grants.c
        key = tuple_(grants.person_id, grants.school_id, grants.role)
        self.connection.execute(delete(scim_grants).where(key == (person_id, school_id, role)))

    def release(self, group: Group) -> None:
        """Forget that a group's members have their role through it, so that the school decides about it."""
        inside = select(_M.person_id).where(_M.group_id == group.id)
        grants = scim_grants.c
        own = and_(grants.school_id == group.school_id, grants.role == group.role)
        self.connection.execute(delete(scim_grants).where(own, grants.person_id.in_(inside)))

    def make_members_due(self, group_id: str) -> None:
        """Mark all members of a group as due: their roles must be brought in line with their groups."""
        rows = select(_G.district_id, _M.person_id).join(scim_members, _M.group_id == _G.id)
        there = exists().where(scim_due.c.district_id == _G.district_id, scim_due.c.person_id == _M.person_id)
        chosen = rows.where(_G.id == group_id, ~there)
        self.connection.execute(scim_due.insert().from_select(["district_id", "person_id"], chosen))

    def make_due(self, district_id: str, person_ids: Collection[str]) -> None:
        """Mark persons as due: their roles must be brought in line with their groups."""
        for person_id in sorted(person_ids):
            insert_new(self.connection, scim_due, {"district_id": district_id, "person_id": person_id})

    def next_due(self, *, excluding: Collection[str] = ()) -> str | None:
        """Return the id of a district with a person who is due, leaving out the persons `excluding`."""
        others = scim_due.c.person_id.not_in(sorted(excluding))
        query = select(scim_due.c.district_id).where(others).order_by(scim_due.c.district_id).limit(1)
        found: str | None = self.connection.execute(query).scalar_one_or_none()
        return found

    def take_due(self, district_id: str, limit: int, *, excluding: Collection[str] = ()) -> Sequence[str]:
        """Return and unmark persons of a district who are due, except `excluding`; the caller locks it."""
        own = and_(scim_due.c.district_id == district_id, scim_due.c.person_id.not_in(sorted(excluding)))
        due = select(scim_due.c.person_id).where(own).order_by(scim_due.c.person_id).limit(limit)
        taken = list(self.connection.execute(due).scalars())
        if taken:
            self.connection.execute(delete(scim_due).where(own, scim_due.c.person_id.in_(taken)))
        return taken

"""Drift: how memberships differ from the last roster; one query for each of the last imports."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, or_, select

from bot.core.rights.roles import ScopeKind
from bot.core.rosters.drift import Difference, Drift, Drifter, LastRoster
from bot.core.rosters.imports import ImportState, StepKind
from bot.storage.people.rows import ACTIVE
from bot.storage.statements import Row
from bot.storage.tables import (
    assignments,
    memberships,
    person_emails,
    persons,
    roster_imports,
    roster_rows,
)

_I, _M, _R = roster_imports.c, memberships.c, roster_rows.c
# How many imports are searched for the last one of each school.
_MOST = 20
_undoing = roster_imports.alias("undoing")
_APPLIED = (ImportState.INVITING.value, ImportState.DONE.value)
_COUNTS = and_(
    _I.state.in_(_APPLIED),
    _I.undoes.is_(None),
    ~exists().where(_undoing.c.undoes == _I.id, _undoing.c.state.in_(_APPLIED)),
)
# How a person on the roster differs, as far as that can be told without their roles and details.
_STANDS = case(
    (and_(_R.kind == StepKind.INVITE.value, or_(_M.id.is_(None), ~ACTIVE)), Difference.NOT_COME.value),
    (_M.id.is_(None), Difference.GONE.value),
    (~ACTIVE, Difference.BARRED.value),
    else_=Difference.NONE.value,
).label("stands")
_OTHER = case(
    (and_(_R.first_name != "", _R.first_name != func.coalesce(persons.c.first_name, "")), 1),
    (and_(_R.last_name != "", _R.last_name != func.coalesce(persons.c.last_name, "")), 1),
    (_R.email_key != func.coalesce(person_emails.c.key, ""), 1),
    else_=0,
).label("other")
# People whom the import did not change are compared with the roles in the file; if it has none, any will do.
_ROLES = case((_R.kind == StepKind.KEEP.value, _R.wanted), else_=_R.roles).label("roles")


def last_rosters(
    connection: Connection, school_ids: Collection[str], district_ids: Collection[str]
) -> Sequence[LastRoster]:
    """Return the last roster of each school that has one, imported for the school or for its district."""
    near = or_(_I.school_id.in_(school_ids), _I.district_id.in_(district_ids))
    query = select(_I.id, _I.started_at).where(_COUNTS, near).order_by(_I.id.desc()).limit(_MOST)
    left, found = set(school_ids), []
    for import_id, at in connection.execute(query).all():
        own = (_R.import_id == import_id, _R.place > 0, _R.school_id.in_(left))
        listed = connection.execute(select(_R.school_id).where(*own).distinct()).scalars().all()
        found += [LastRoster(school_id, import_id, at) for school_id in listed]
        left -= set(listed)
        if not left:
            break
    return sorted(found, key=lambda one: one.school_id)


def _listed(import_id: str, school_ids: Collection[str], *columns: ColumnElement[Any]) -> Select[Any]:
    """Return the query for the people on a roster, each beside their present membership and details."""
    own = (assignments.c.scope_kind == ScopeKind.SCHOOL.value, assignments.c.scope_id.in_(school_ids))
    has = (
        select(
            assignments.c.person_id,
            assignments.c.scope_id,
            func.aggregate_strings(assignments.c.role, "\n").label("has"),
        )
        .where(*own)
        .group_by(assignments.c.person_id, assignments.c.scope_id)
        .subquery()
    )
    source = (
        roster_rows.outerjoin(memberships, and_(_M.school_id == _R.school_id, _M.person_id == _R.person_id))
        .outerjoin(persons, persons.c.id == _R.person_id)
        .outerjoin(person_emails, person_emails.c.person_id == _R.person_id)
        .outerjoin(has, and_(has.c.person_id == _R.person_id, has.c.scope_id == _R.school_id))
    )
    shown = (_R.school_id, _STANDS, _OTHER, _ROLES, func.coalesce(has.c.has, "").label("has"))
    within = (_R.import_id == import_id, _R.place > 0, _R.school_id.in_(school_ids))
    return select(*shown, *columns).select_from(source).where(*within)


def _extra(import_id: str, school_ids: Collection[str]) -> ColumnElement[bool]:
    """Return the SQL condition that an active member is not on the roster of their school."""
    named = exists().where(
        _R.person_id == _M.person_id,
        _R.import_id == import_id,
        _R.school_id == _M.school_id,
        _R.place > 0,
    )
    return and_(_M.school_id.in_(school_ids), ACTIVE, ~named)


def count_differences(connection: Connection, import_id: str, school_ids: Collection[str]) -> Sequence[Drift]:
    """Count the people who differ from a roster, by school and difference."""
    listed = _listed(import_id, school_ids).subquery()
    alike = select(listed, func.count().label("number")).group_by(*listed.c)
    numbers: Counter[tuple[str, Difference]] = Counter()
    for row in connection.execute(alike):
        numbers[row.school_id, _difference(row)] += row.number
    extra = select(_M.school_id, func.count()).where(_extra(import_id, school_ids)).group_by(_M.school_id)
    for school_id, number in connection.execute(extra):
        numbers[school_id, Difference.EXTRA] = number
    return [Drift(*key, number) for key, number in sorted(numbers.items())]


def differing_people(
    connection: Connection, import_id: str, school_ids: Collection[str]
) -> Iterator[Drifter]:
    """Yield the people who differ from a roster, in its order, then the members who are not on it."""
    listed = _listed(import_id, school_ids, _R.first_name, _R.last_name, _R.email).order_by(_R.number)
    for row in connection.execute(listed):
        difference = _difference(row)
        if difference is not Difference.NONE:
            yield Drifter(row.school_id, difference, f"{row.first_name} {row.last_name}".strip(), row.email)
    source = memberships.join(persons, persons.c.id == _M.person_id).outerjoin(
        person_emails, person_emails.c.person_id == persons.c.id
    )
    extra = (
        select(_M.school_id, persons.c.name, func.coalesce(person_emails.c.address, "").label("email"))
        .select_from(source)
        .where(_extra(import_id, school_ids))
        .order_by(_M.school_id, persons.c.search_name, _M.id)
    )
    for row in connection.execute(extra):
        yield Drifter(row.school_id, Difference.EXTRA, row.name, row.email)


def _difference(row: Row) -> Difference:
    stands = Difference(row.stands)
    if stands is not Difference.NONE:
        return stands
    wanted = _read(row.roles)
    if wanted and wanted != frozenset(row.has.split("\n")):
        return Difference.ROLES
    return Difference.DETAILS if row.other else Difference.NONE


@lru_cache(maxsize=4096)
def _read(roles: str) -> frozenset[str]:
    return frozenset(json.loads(roles))

"""Role assignments: who has which role where, and what that lets them do."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    literal_column,
    or_,
    select,
    union_all,
)

from bot.core.people.members import Assignment
from bot.core.rights.actors import Person
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import BUILT_IN, BY_NAME, Rights, Role, ScopeKind, stored
from bot.core.schools.schools import School
from bot.core.schools.system import WhoMayInvite
from bot.storage.held_back import Outdated
from bot.storage.people.rows import ACTIVE
from bot.storage.rights.custom_roles import OF_ASSIGNMENT
from bot.storage.rights.scopes import in_school, reaching
from bot.storage.schools.system import WHO_MAY_INVITE
from bot.storage.statements import (
    Row,
    Statement,
    changed,
    contains,
    in_parameters,
    in_values,
    insert_new_deferred,
    like,
    unindexed,
)
from bot.storage.tables import assignments, custom_roles, memberships, persons, system_settings

# A person's assignments that apply at a school: its own, its district's and the system's. Each row also has
# what the custom role holds, if it is one, and the system's setting for who may invite.
_GRANTED = (
    select(
        assignments.c.role,
        assignments.c.scope_kind,
        custom_roles.c.holds,
        custom_roles.c.may_grant,
        select(system_settings.c.value)
        .where(system_settings.c.name == WHO_MAY_INVITE)
        .scalar_subquery()
        .label(WHO_MAY_INVITE),
    )
    .outerjoin(custom_roles, OF_ASSIGNMENT)
    .where(
        assignments.c.person_id == bindparam("person"),
        reaching(bindparam("school"), bindparam("district")),
    )
)
# Assignments at the school itself work only while the membership is active.
_RIGHTS = Statement(
    _GRANTED.outerjoin(
        memberships,
        and_(
            memberships.c.person_id == assignments.c.person_id,
            memberships.c.school_id == bindparam("school"),
            ACTIVE,
        ),
    ).where(or_(assignments.c.scope_kind != ScopeKind.SCHOOL.value, memberships.c.id.is_not(None)))
)
_ALL_GRANTED = Statement(_GRANTED)
# Keeps a custom role from being deleted while it is given; only PostgreSQL needs the lock.
_HOLD = Statement(
    select(custom_roles.c.id)
    .where(custom_roles.c.school_id == bindparam("school"), custom_roles.c.name == bindparam("name"))
    .with_for_update(read=True, key_share=True)
)


def able_query(number: int) -> Select[Any]:
    """Return the query for active members with one of some built-in roles or a custom role with an atom.

    It looks up each role and those who have it, so that members with other roles cost nothing.
    """
    own = select(custom_roles.c.name).where(
        custom_roles.c.school_id == bindparam("school"),
        like(custom_roles.c.holds, bindparam("atom")),
    )
    here = select(assignments.c.person_id).where(in_school(bindparam("school")))
    built_in = (here.where(assignments.c.role == role) for role in in_parameters("role", number))
    belongs = select(memberships.c.id).where(
        memberships.c.school_id == bindparam("school"), memberships.c.person_id == persons.c.id, ACTIVE
    )
    # The offset makes PostgreSQL check each person found, rather than read all members of the school.
    belongs = belongs.offset(literal_column("0"))
    return (
        select(persons.c.id, persons.c.name, persons.c.zone)
        .where(
            persons.c.id.in_(union_all(*built_in, here.where(assignments.c.role.in_(own)))), belongs.exists()
        )
        .order_by(unindexed(persons.c.id))  # by the index PostgreSQL would read persons until it has enough
        .limit(bindparam("most"))
    )


@cache
def _able(number: int) -> Statement:
    return Statement(able_query(number))


def _roles(found: Sequence[Row]) -> Iterator[tuple[Role, ScopeKind]]:
    """Yield the roles that rows name, with their scopes; skip names that are not a role."""
    for row in found:
        role = stored(row.role, row.holds, row.may_grant)
        if role is not None:
            yield role, ScopeKind(row.scope_kind)


def rights(connection: Connection, person_id: str, school: School | None) -> Rights:
    """Return what a person's roles at a school and above it allow; without a school, the system's only."""
    found = _granted(connection, _RIGHTS, person_id, school, archived=school is not None and school.archived)
    return _effective(tuple(found))


@lru_cache(maxsize=256)  # the same assignments always give the same rights; they were read just before
def _effective(found: tuple[Row, ...]) -> Rights:
    schools_invite = not any(row.who_may_invite == WhoMayInvite.DISTRICT_ADMINS for row in found)
    return Rights.effective(_roles(found), schools_invite=schools_invite)


def granted_rights(connection: Connection, person_id: str, school: School) -> Rights:
    """Return what a person's roles at a school and above it would allow, whether or not they work now."""
    found = _granted(connection, _ALL_GRANTED, person_id, school)
    return Rights.union(role for role, _ in _roles(found))


def _granted(
    connection: Connection, query: Statement, person_id: str, school: School | None, *, archived: bool = False
) -> Sequence[Row]:
    return query.rows(
        connection,
        person=person_id,
        school=school.id if school and not archived else "",  # roles at an archived school do not count
        district=(school.district_id if school else None) or "-",
    )


def roles(connection: Connection, school_id: str, person_id: str) -> Sequence[str]:
    """List the names of a person's roles in a school."""
    own = (assignments.c.person_id == person_id, in_school(school_id))
    query = select(assignments.c.role).where(*own).order_by(assignments.c.role)
    return connection.execute(query).scalars().all()


def assign(
    connection: Connection, person_id: str, role: str, school_id: str | None, *, by: str | None, at: datetime
) -> None:
    """Give a role at a school, or in the whole system, unless the person has it.

    Raises `Outdated` if the school has no such role any more.
    """
    if role not in BY_NAME and _HOLD.row(connection, school=school_id, name=role) is None:
        raise Outdated(f"There is no role {role} here")
    row = {
        "person_id": person_id,
        "scope_kind": (ScopeKind.SCHOOL if school_id else ScopeKind.SYSTEM).value,
        "scope_id": school_id or "",
        "role": role,
        "granted_by": by,
        "granted_at": at,
    }
    insert_new_deferred(connection, assignments, row)


def of_person(connection: Connection, person_id: str, school: School) -> Sequence[Assignment]:
    """List a person's roles at a school and above it, with their scopes."""
    values = {"person": person_id, "school": school.id, "district": school.district_id or "-"}
    rows = connection.execute(_GRANTED.order_by(assignments.c.role), values)
    return [Assignment(row.role, ScopeKind(row.scope_kind)) for row in rows]


def scopes(connection: Connection, person_id: str) -> Sequence[tuple[ScopeKind, str]]:
    """List the scopes in which a person has roles, working or not; the system's id is empty."""
    query = (
        select(assignments.c.scope_kind, assignments.c.scope_id)
        .where(assignments.c.person_id == person_id)
        .distinct()
        .order_by(assignments.c.scope_kind, assignments.c.scope_id)
    )
    return [(ScopeKind(kind), of) for kind, of in connection.execute(query)]


def unassign(connection: Connection, person_id: str, role: str, school_id: str) -> bool:
    """Take a role at a school away; False if the person did not have it."""
    own = (assignments.c.person_id == person_id, in_school(school_id))
    return changed(connection, delete(assignments).where(*own, assignments.c.role == role))


def somebody_with(connection: Connection, role: str) -> str | None:
    """Return the id of a person who has a role in any scope, always the same one; None if nobody has."""
    found = select(assignments.c.person_id).where(assignments.c.role == role)
    return connection.execute(found.order_by(assignments.c.person_id).limit(1)).scalar_one_or_none()


def with_permission(
    connection: Connection, school_id: str, permission: Permission, limit: int
) -> Sequence[Person]:
    """List active members of a school who have a role there that holds a permission."""
    roles = [role.name for role in BUILT_IN if permission in role.holds]
    values = {"school": school_id, "most": limit, "atom": contains(f" {permission.value} ")}
    found = _able(len(roles)).rows(connection, **values, **in_values("role", roles))
    return [Person(*row) for row in found]


def unassign_all(connection: Connection, person_id: str, school_id: str) -> None:
    """Take all of a person's roles at a school away."""
    own = (assignments.c.person_id == person_id, in_school(school_id))
    connection.execute(delete(assignments).where(*own))

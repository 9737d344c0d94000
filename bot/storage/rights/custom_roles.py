"""Custom roles, which schools define for themselves."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, or_, select, update

from bot.core.people import people_filter
from bot.core.requests.join_requests import RequestState
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.roles import Rights, RoleUse, ScopeKind, as_text, atoms, stored
from bot.core.schools.schools import School
from bot.core.values import dataclass
from bot.storage.invitations.states import UNANSWERED
from bot.storage.rights.scopes import in_school, reaching
from bot.storage.statements import Row, Statement, changed, contains, insert_new, like, without_key
from bot.storage.tables import (
    assignments,
    broadcasts,
    custom_roles,
    followed_things,
    followings,
    invitation_grants,
    invitations,
    join_requests,
    schools,
    scim_grants,
    scim_groups,
)

_NAMED = Statement(
    select(custom_roles).where(
        custom_roles.c.school_id == bindparam("school"), custom_roles.c.search_name == bindparam("name")
    )
)
_OF_SCHOOL = Statement(
    select(custom_roles)
    .where(custom_roles.c.school_id == bindparam("school"))
    .order_by(custom_roles.c.search_name)
)
# Joins an assignment to its custom role: the one of the same school that has the role's name.
OF_ASSIGNMENT = and_(
    assignments.c.scope_kind == ScopeKind.SCHOOL.value,
    custom_roles.c.school_id == assignments.c.scope_id,
    custom_roles.c.name == assignments.c.role,
)


def _role(row: Row) -> CustomRole:
    return CustomRole(row.id, row.school_id, row.name, row.created_at, atoms(row.holds), atoms(row.may_grant))


def _row(role: CustomRole) -> dict[str, Any]:
    return {
        "id": role.id,
        "school_id": role.school_id,
        "name": role.name,
        "search_name": role.name.casefold(),
        "holds": as_text(role.holds),
        "may_grant": as_text(role.may_grant),
        "created_at": role.created_at,
    }


def _having(role: CustomRole) -> ColumnElement[bool]:
    return and_(
        in_school(role.school_id),
        assignments.c.role == role.name,
    )


def _bringing(role: CustomRole) -> ColumnElement[bool]:
    """Return the condition for invitations that may still give a role: open or not yet accepted ones."""
    granted = exists().where(
        invitation_grants.c.invitation_id == invitations.c.id,
        invitation_grants.c.school_id == role.school_id,
        invitation_grants.c.role == role.name,
    )
    own = and_(invitations.c.school_id == role.school_id, invitations.c.role == role.name)
    open_one = and_(invitations.c.person_id.is_(None), invitations.c.revoked_at.is_(None))
    return or_(and_(open_one, own), and_(UNANSWERED, granted))


def _besides(role: CustomRole) -> ColumnElement[bool]:
    """Return the condition for join requests that would give a role besides their first."""
    named = like(join_requests.c.further, contains(f",{role.name},"))
    return and_(join_requests.c.school_id == role.school_id, named)


def _following(role: CustomRole) -> ColumnElement[bool]:
    """Return the condition for the native things of platforms that follow a role."""
    things = select(followed_things.c.id).where(followed_things.c.school_id == role.school_id)
    return and_(followings.c.role == role.name, followings.c.followed_id.in_(things))


def _uses(role: CustomRole) -> dict[RoleUse, ColumnElement[bool]]:
    """Return the condition for each use of a role that keeps it from being deleted."""
    of_group = (scim_groups.c.school_id == role.school_id, scim_groups.c.role == role.name)
    asking = (
        join_requests.c.school_id == role.school_id,
        or_(join_requests.c.role == role.name, _besides(role)),
        join_requests.c.state == RequestState.PENDING.value,
    )
    return {
        RoleUse.HELD: exists().where(_having(role)),
        RoleUse.DEFAULT: exists().where(schools.c.id == role.school_id, schools.c.default_role == role.name),
        RoleUse.INVITED: exists().where(_bringing(role)),
        RoleUse.REQUESTED: exists().where(*asking),
        RoleUse.FOLLOWED: exists().where(_following(role)),
        RoleUse.GROUP: exists().where(*of_group),
    }


@dataclass(frozen=True, slots=True)
class SqlCustomRoles:
    """Custom roles in the database."""

    connection: Connection

    def add(self, role: CustomRole) -> bool:
        """Add a custom role; False if the school already has one of that name."""
        return insert_new(self.connection, custom_roles, _row(role))

    def save(self, role: CustomRole, *, before: CustomRole) -> bool:
        """Store a role's name and atoms, and rename it wherever it is used; False if the name is taken."""
        other = self.by_name(role.school_id, role.name)
        if other is not None and other.id != role.id:
            return False
        now = without_key(custom_roles, _row(role))
        self.connection.execute(update(custom_roles).where(custom_roles.c.id == role.id).values(**now))
        if role.name != before.name:
            self._rename(role, before)
        return True

    def _rename(self, role: CustomRole, before: CustomRole) -> None:
        renamed = {"role": role.name}
        self.connection.execute(update(assignments).where(_having(before)).values(**renamed))
        for table in (invitations, invitation_grants, join_requests, scim_groups, scim_grants):
            own = (table.c.school_id == role.school_id, table.c.role == before.name)
            self.connection.execute(update(table).where(*own).values(**renamed))
        further = func.replace(join_requests.c.further, f",{before.name},", f",{role.name},")
        self.connection.execute(update(join_requests).where(_besides(before)).values(further=further))
        self.connection.execute(update(followings).where(_following(before)).values(**renamed))
        self._rename_in_messages(role, before)
        pointing = (schools.c.id == role.school_id, schools.c.default_role == before.name)
        self.connection.execute(update(schools).where(*pointing).values(default_role=role.name))

    def _rename_in_messages(self, role: CustomRole, before: CustomRole) -> None:
        """Rename a role in the filters of broadcasts, so that scheduled ones still reach its holders."""
        own = (broadcasts.c.school_id == role.school_id, like(broadcasts.c.wanted, contains(before.name)))
        for row in self.connection.execute(select(broadcasts.c.id, broadcasts.c.wanted).where(*own)).all():
            wanted = people_filter.renamed(row.wanted, role.school_id, before.name, role.name)
            self.connection.execute(update(broadcasts).where(broadcasts.c.id == row.id).values(wanted=wanted))

    def delete(self, role: CustomRole) -> bool:
        """Delete a role that nobody has, is about to get or can still get; False otherwise."""
        # A unit that gives the role now holds a lock on its row: see `assignments.assign`.
        own = select(custom_roles.c.id).where(custom_roles.c.id == role.id).with_for_update()
        self.connection.execute(own)
        used = or_(*_uses(role).values())
        return changed(self.connection, delete(custom_roles).where(custom_roles.c.id == role.id, ~used))

    def uses(self, role: CustomRole) -> Sequence[RoleUse]:
        """List what keeps a role from being deleted."""
        used = self.connection.execute(select(*_uses(role).values())).one()
        return [use for use, found in zip(_uses(role), used, strict=True) if found]

    def by_id(self, school_id: str, role_id: str) -> CustomRole | None:
        """Return a custom role of a school."""
        query = select(custom_roles).where(
            custom_roles.c.school_id == school_id, custom_roles.c.id == role_id
        )
        row = self.connection.execute(query).one_or_none()
        return _role(row) if row else None

    def by_name(self, school_id: str, name: str) -> CustomRole | None:
        """Return a school's custom role of a name, without regard to case."""
        wanted = " ".join(name.split()).casefold()
        row = _NAMED.row(self.connection, school=school_id, name=wanted)
        return _role(row) if row else None

    def of_school(self, school_id: str) -> Sequence[CustomRole]:
        """List a school's custom roles by name."""
        return [_role(row) for row in _OF_SCHOOL.rows(self.connection, school=school_id)]

    def count_holders(self, school_id: str, role: str) -> int:
        """Count the people who have a role at a school, built-in or its own."""
        having = in_school(school_id), assignments.c.role == role
        query = select(func.count()).select_from(assignments).where(*having)
        return int(self.connection.execute(query).scalar_one())

    def rights_of_holders(self, role: CustomRole, school: School) -> Rights:
        """Return all that the people with a role were granted at its school and above, added up."""
        query = (
            select(assignments.c.role, custom_roles.c.holds, custom_roles.c.may_grant)
            .outerjoin(custom_roles, OF_ASSIGNMENT)
            .where(
                reaching(school.id, school.district_id or "-"),
                assignments.c.person_id.in_(select(assignments.c.person_id).where(_having(role))),
            )
            .distinct()
        )
        found = (stored(*row) for row in self.connection.execute(query))
        return Rights.union(one for one in found if one is not None)

"""Memberships and role assignments."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    union_all,
    update,
)

from bot.core.actors import Person
from bot.core.members import Access, Assignment, Member, Membership, Standing, Visibility
from bot.core.people_filter import PeopleFilter
from bot.core.permissions import Permission
from bot.core.roles import BUILT_IN, BY_NAME, Rights, Role, ScopeKind, stored
from bot.core.schools import School
from bot.core.system import WhoMayInvite
from bot.core.values import dataclass
from bot.storage import directory
from bot.storage.people import remain
from bot.storage.roles import OF_ASSIGNMENT, WHO_MAY_INVITE
from bot.storage.statements import (
    Row,
    Statement,
    changed,
    contains,
    insert_new,
    insert_new_later,
    numbered,
    several,
)
from bot.storage.tables import assignments, custom_roles, memberships, persons, system_settings

_person = (persons.c.id, persons.c.name, persons.c.zone)
_ACTIVE = and_(
    memberships.c.standing == Standing.ACTIVE.value,
    memberships.c.access == Access.OK.value,
    memberships.c.visibility == Visibility.LISTED.value,
)
# FOR KEY SHARE waits for a unit that merges or erases the person, and then sees what it did.
_OF = Statement(
    select(memberships).where(
        memberships.c.school_id == bindparam("school"), memberships.c.person_id == bindparam("person")
    )
)
# The assignments of a person that reach a school: its own, its district's and the system's.
# What custom roles hold stands beside their names, and beside all what the system lets schools do.
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
        or_(
            assignments.c.scope_kind == ScopeKind.SYSTEM.value,
            and_(
                assignments.c.scope_kind == ScopeKind.DISTRICT.value,
                assignments.c.scope_id == bindparam("district"),
            ),
            and_(
                assignments.c.scope_kind == ScopeKind.SCHOOL.value,
                assignments.c.scope_id == bindparam("school"),
            ),
        ),
    )
)
# Those of the school itself work only while the membership does.
_RIGHTS = Statement(
    _GRANTED.outerjoin(
        memberships,
        and_(
            memberships.c.person_id == assignments.c.person_id,
            memberships.c.school_id == bindparam("school"),
            _ACTIVE,
        ),
    ).where(or_(assignments.c.scope_kind != ScopeKind.SCHOOL.value, memberships.c.id.is_not(None)))
)
_ALL_GRANTED = Statement(_GRANTED)
# Nobody deletes a custom role while it is given: on PostgreSQL that needs a lock.
_HOLD = Statement(
    select(custom_roles.c.id)
    .where(custom_roles.c.school_id == bindparam("school"), custom_roles.c.name == bindparam("name"))
    .with_for_update(read=True, key_share=True)
)
_CHANGE = Statement(
    update(memberships)
    .where(
        memberships.c.id == bindparam("of"),
        memberships.c.access == bindparam("access_before"),
        memberships.c.visibility == bindparam("visibility_before"),
    )
    .values(access=bindparam("access_now"), visibility=bindparam("visibility_now"))
)
_CHANGE_STANDING = Statement(
    update(memberships)
    .where(memberships.c.id == bindparam("of"), memberships.c.standing == bindparam("expected"))
    .values(standing=bindparam("standing_now"), joined_at=bindparam("joined"))
)
_WITHDRAW = Statement(
    delete(memberships).where(
        memberships.c.id == bindparam("of"), memberships.c.standing == Standing.PENDING.value
    )
)


def able(number: int) -> Select[Any]:
    """Search for those with one of so many built-in roles, or one of the school's own that holds an atom.

    The roles are looked up, so that it does not matter how many members have others.
    """
    own = select(custom_roles.c.name).where(
        custom_roles.c.school_id == bindparam("school"),
        custom_roles.c.holds.like(bindparam("atom"), escape="\\"),
    )
    return (
        select(*_person)
        .join(memberships, memberships.c.person_id == persons.c.id)
        .join(assignments, assignments.c.person_id == persons.c.id)
        .where(
            memberships.c.school_id == bindparam("school"),
            _ACTIVE,
            assignments.c.scope_kind == ScopeKind.SCHOOL.value,
            assignments.c.scope_id == bindparam("school"),
            assignments.c.role.in_(union_all(*(select(role) for role in several("role", number)), own)),
        )
        .distinct()
        .order_by(persons.c.id)
        .limit(bindparam("most"))
    )


@cache
def _able(number: int) -> Statement:
    return Statement(able(number))


def _roles(found: Sequence[Row]) -> Iterator[tuple[Role, ScopeKind]]:
    """Make roles of rows; a name that is no role adds nothing."""
    for row in found:
        role = stored(row.role, row.holds, row.may_grant)
        if role is not None:
            yield role, ScopeKind(row.scope_kind)


@dataclass(frozen=True, slots=True)
class SqlMembers:
    """Memberships and assignments in the database."""

    connection: Connection
    now: datetime
    # Whom this unit has made.
    fresh: AbstractSet[str] = frozenset()

    def of(self, school_id: str, person_id: str) -> Membership | None:
        """Find a person's membership in a school."""
        row = _OF.row(self.connection, school=school_id, person=person_id)
        return directory.membership(row) if row else None

    def add(self, membership: Membership) -> bool:
        """Add a membership; False if the person has one there."""
        if membership.person_id not in self.fresh:
            remain(self.connection, membership.person_id)
        row = {
            "id": membership.id,
            "school_id": membership.school_id,
            "person_id": membership.person_id,
            "standing": membership.standing.value,
            "access": membership.access.value,
            "visibility": membership.visibility.value,
            "created_at": membership.created_at,
            "joined_at": membership.joined_at,
        }
        return insert_new(self.connection, memberships, row)

    @property
    def _look(self) -> directory.Look:
        return directory.Look(self.connection, self.now)

    def change_standing(self, membership: Membership, *, expected: str) -> bool:
        """Store a membership's standing and dates if it still stands as expected."""
        touched = _CHANGE_STANDING.run(
            self.connection,
            of=membership.id,
            expected=str(expected),
            standing_now=membership.standing.value,
            joined=membership.joined_at,
        )
        return touched > 0

    def withdraw(self, membership_id: str) -> bool:
        """Delete a membership that is still pending."""
        return _WITHDRAW.run(self.connection, of=membership_id) > 0

    def change(self, membership: Membership, *, expected: Membership) -> bool:
        """Store a membership's access and visibility if they are still as expected."""
        values = {
            "of": membership.id,
            "access_before": expected.access.value,
            "visibility_before": expected.visibility.value,
            "access_now": membership.access.value,
            "visibility_now": membership.visibility.value,
        }
        return _CHANGE.run(self.connection, **values) > 0

    def remove(self, membership: Membership) -> bool:
        """Delete a membership and its person's roles in the school; False if it was gone."""
        own = self._in_school(membership.person_id, membership.school_id)
        self.connection.execute(delete(assignments).where(*own))
        return changed(self.connection, delete(memberships).where(memberships.c.id == membership.id))

    @staticmethod
    def _in_school(person_id: str, school_id: str) -> tuple[ColumnElement[bool], ...]:
        return (
            assignments.c.person_id == person_id,
            assignments.c.scope_kind == ScopeKind.SCHOOL.value,
            assignments.c.scope_id == school_id,
        )

    def rights(self, person_id: str, school: School | None) -> Rights:
        """Add up a person's roles at a school and above it; without a school, the system's only."""
        found = self._granted(_RIGHTS, person_id, school, archived=school is not None and school.archived)
        schools_invite = not any(row.who_may_invite == WhoMayInvite.DISTRICT_ADMINS for row in found)
        return Rights.effective(_roles(found), schools_invite=schools_invite)

    def granted(self, person_id: str, school: School) -> Rights:
        """Add up a person's roles at a school and above it, whether or not they work now."""
        found = self._granted(_ALL_GRANTED, person_id, school)
        return Rights.together(role for role, _ in _roles(found))

    def _granted(
        self, query: Statement, person_id: str, school: School | None, *, archived: bool = False
    ) -> Sequence[Row]:
        return query.rows(
            self.connection,
            person=person_id,
            school=school.id if school and not archived else "",  # a role in an archived school is none
            district=(school.district_id if school else None) or "-",
        )

    def roles(self, school_id: str, person_id: str) -> Sequence[str]:
        """List the names of a person's roles in a school."""
        own = self._in_school(person_id, school_id)
        query = select(assignments.c.role).where(*own).order_by(assignments.c.role)
        return self.connection.execute(query).scalars().all()

    def assign(
        self, person_id: str, role: str, school_id: str | None, *, by: str | None, at: datetime
    ) -> None:
        """Give a role at a school, or in the whole system, unless it was given."""
        if role not in BY_NAME and _HOLD.row(self.connection, school=school_id, name=role) is None:
            raise LookupError(f"There is no role {role} here")
        row = {
            "person_id": person_id,
            "scope_kind": (ScopeKind.SCHOOL if school_id else ScopeKind.SYSTEM).value,
            "scope_id": school_id or "",
            "role": role,
            "granted_by": by,
            "granted_at": at,
        }
        insert_new_later(self.connection, assignments, row)

    def assignments(self, person_id: str, school: School) -> Sequence[Assignment]:
        """List a person's roles at a school and above it, with their scopes."""
        values = {"person": person_id, "school": school.id, "district": school.district_id or "-"}
        rows = self.connection.execute(_GRANTED.order_by(assignments.c.role), values)
        return [Assignment(row.role, ScopeKind(row.scope_kind)) for row in rows]

    def scopes(self, person_id: str) -> Sequence[tuple[ScopeKind, str]]:
        """List where a person has roles, whether or not they work now; the system's id is empty."""
        query = (
            select(assignments.c.scope_kind, assignments.c.scope_id)
            .where(assignments.c.person_id == person_id)
            .distinct()
            .order_by(assignments.c.scope_kind, assignments.c.scope_id)
        )
        return [(ScopeKind(kind), of) for kind, of in self.connection.execute(query)]

    def of_person(self, person_id: str) -> Sequence[Membership]:
        """List a person's memberships, in whatever state."""
        query = (
            select(memberships).where(memberships.c.person_id == person_id).order_by(memberships.c.created_at)
        )
        return [directory.membership(row) for row in self.connection.execute(query)]

    def unassign(self, person_id: str, role: str, school_id: str) -> bool:
        """Take a role at a school; False if it was not given."""
        own = self._in_school(person_id, school_id)
        return changed(self.connection, delete(assignments).where(*own, assignments.c.role == role))

    def anyone_has(self, role: str) -> bool:
        """Tell whether anybody has a role, wherever."""
        query = select(exists().where(assignments.c.role == role))
        return bool(self.connection.execute(query).scalar_one())

    def able(self, school_id: str, permission: Permission, limit: int) -> Sequence[Person]:
        """List active members of a school who have a role there that holds a permission."""
        roles = [role.name for role in BUILT_IN if permission in role.holds]
        values = {"school": school_id, "most": limit, "atom": contains(f" {permission.value} ")}
        found = _able(len(roles)).rows(self.connection, **values, **numbered("role", roles))
        return [Person(*row) for row in found]

    def by_id(self, school_id: str, membership_id: str) -> Member | None:
        """Find a member of a school."""
        return directory.one(self._look, school_id, membership_id)

    def listed(self, wanted: PeopleFilter, *, after: str | None, limit: int) -> Sequence[Member]:
        """List members by name, those after the membership `after`."""
        return directory.page(self._look, wanted, after, limit)

    def ids(self, wanted: PeopleFilter, *, after: str | None, limit: int) -> Sequence[str]:
        """List the memberships' ids in the order of `listed`."""
        return directory.ids(self._look, wanted, after, limit)

    def count(self, wanted: PeopleFilter, *, most: int | None = None) -> int:
        """Count those whom a filter means, up to a number."""
        return directory.count(self._look, wanted, most)

    def seats(self, school_id: str) -> int:
        """Count those who were let into a school and are on its list."""
        query = select(func.count()).select_from(memberships)
        query = query.where(
            memberships.c.school_id == school_id,
            memberships.c.standing == Standing.ACTIVE.value,
            memberships.c.visibility == Visibility.LISTED.value,
        )
        return self.connection.execute(query).scalar_one()

    def school_of(self, membership_id: str) -> str | None:
        """Name the school of a membership, by its id."""
        return directory.school_of(self.connection, membership_id)

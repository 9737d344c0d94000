"""Memberships and role assignments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, and_, bindparam, delete, exists, or_, select, tuple_, update

from bot.core.actors import Person
from bot.core.members import Access, Member, Membership, Standing, Visibility
from bot.core.roles import Rights, ScopeKind
from bot.core.schools import School
from bot.storage.statements import changed, contains, insert_new
from bot.storage.tables import assignments, memberships, persons

_person = (persons.c.id, persons.c.name, persons.c.zone)
_ACTIVE = and_(
    memberships.c.standing == Standing.ACTIVE.value,
    memberships.c.access == Access.OK.value,
    memberships.c.visibility == Visibility.LISTED.value,
)
_OF = select(memberships).where(
    memberships.c.school_id == bindparam("school"), memberships.c.person_id == bindparam("person")
)
_RIGHTS = (
    select(assignments.c.role)
    .outerjoin(
        memberships,
        and_(
            memberships.c.person_id == assignments.c.person_id,
            memberships.c.school_id == bindparam("school"),
            _ACTIVE,
        ),
    )
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
                memberships.c.id.is_not(None),
            ),
        ),
    )
)
_CHANGE_STANDING = (
    update(memberships)
    .where(memberships.c.id == bindparam("of"), memberships.c.standing == bindparam("expected"))
    .values(standing=bindparam("standing_now"), joined_at=bindparam("joined"))
)
_WITHDRAW = delete(memberships).where(
    memberships.c.id == bindparam("of"), memberships.c.standing == Standing.PENDING.value
)


def _membership(row: Row[tuple[object, ...]]) -> Membership:
    return Membership(
        id=row.id,
        school_id=row.school_id,
        person_id=row.person_id,
        standing=Standing(row.standing),
        created_at=row.created_at,
        access=Access(row.access),
        visibility=Visibility(row.visibility),
        joined_at=row.joined_at,
    )


@dataclass(frozen=True, slots=True)
class SqlMembers:
    """Memberships and assignments in the database."""

    connection: Connection

    def of(self, school_id: str, person_id: str) -> Membership | None:
        """Find a person's membership in a school."""
        row = self.connection.execute(_OF, {"school": school_id, "person": person_id}).one_or_none()
        return _membership(row) if row else None

    def add(self, membership: Membership) -> bool:
        """Add a membership; False if the person has one there."""
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

    def change_standing(self, membership: Membership, *, expected: str) -> bool:
        """Store a membership's standing and dates if it still stands as expected."""
        values = {
            "of": membership.id,
            "expected": str(expected),
            "standing_now": membership.standing.value,
            "joined": membership.joined_at,
        }
        return changed(self.connection, _CHANGE_STANDING, values)

    def withdraw(self, membership_id: str) -> bool:
        """Delete a membership that is still pending."""
        return changed(self.connection, _WITHDRAW, {"of": membership_id})

    def rights(self, person_id: str, school: School | None) -> Rights:
        """Add up a person's roles at a school and above it; without a school, the system's only."""
        values = {
            "person": person_id,
            "school": school.id if school else "",
            "district": (school.district_id if school else None) or "-",
        }
        return Rights.of(self.connection.execute(_RIGHTS, values).scalars())

    def roles(self, school_id: str, person_id: str) -> Sequence[str]:
        """List the names of a person's roles in a school."""
        query = (
            select(assignments.c.role)
            .where(
                assignments.c.person_id == person_id,
                assignments.c.scope_kind == ScopeKind.SCHOOL.value,
                assignments.c.scope_id == school_id,
            )
            .order_by(assignments.c.role)
        )
        return self.connection.execute(query).scalars().all()

    def assign(
        self, person_id: str, role: str, school_id: str | None, *, by: str | None, at: datetime
    ) -> bool:
        """Give a role at a school, or in the whole system; False if it was given."""
        row = {
            "person_id": person_id,
            "scope_kind": (ScopeKind.SCHOOL if school_id else ScopeKind.SYSTEM).value,
            "scope_id": school_id or "",
            "role": role,
            "granted_by": by,
            "granted_at": at,
        }
        return insert_new(self.connection, assignments, row)

    def anyone_has(self, role: str) -> bool:
        """Tell whether anybody has a role, wherever."""
        query = select(exists().where(assignments.c.role == role))
        return bool(self.connection.execute(query).scalar_one())

    def with_roles(self, school_id: str, roles: Sequence[str], limit: int) -> Sequence[Person]:
        """List active members of a school who have one of these roles."""
        query = (
            select(*_person)
            .join(memberships, memberships.c.person_id == persons.c.id)
            .join(assignments, assignments.c.person_id == persons.c.id)
            .where(
                memberships.c.school_id == school_id,
                _ACTIVE,
                assignments.c.scope_kind == ScopeKind.SCHOOL.value,
                assignments.c.scope_id == school_id,
                assignments.c.role.in_(roles),
            )
            .distinct()
            .order_by(persons.c.id)
            .limit(limit)
        )
        return [Person(*row) for row in self.connection.execute(query)]

    def listed(self, school_id: str, *, text: str, after: str | None, limit: int) -> Sequence[Member]:
        """List members by name, those after the membership `after`."""
        query = (
            select(memberships, persons.c.name)
            .join(persons, persons.c.id == memberships.c.person_id)
            .where(memberships.c.school_id == school_id, memberships.c.visibility == Visibility.LISTED.value)
            .order_by(persons.c.search_name, memberships.c.id)
            .limit(limit)
        )
        if text:
            query = query.where(persons.c.search_name.like(contains(text.casefold()), escape="\\"))
        if after is not None:
            last = (
                select(persons.c.search_name, memberships.c.id)
                .join(memberships, memberships.c.person_id == persons.c.id)
                .where(memberships.c.id == after, memberships.c.school_id == school_id)
            )
            name, last_id = self.connection.execute(last).one_or_none() or ("", "")
            query = query.where(tuple_(persons.c.search_name, memberships.c.id) > tuple_(name, last_id))
        return [
            Member(_membership(row), row.name, tuple(self.roles(school_id, row.person_id)))
            for row in self.connection.execute(query).all()
        ]

"""Memberships, and the role assignments of members."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update

from bot.core.people.members import Assignment, Member, Membership, Standing, Visibility
from bot.core.people.people_filter import PeopleFilter
from bot.core.rights.actors import Person
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import Rights, ScopeKind
from bot.core.schools.schools import School
from bot.core.values import dataclass, field
from bot.storage.people import directory
from bot.storage.people.people import hold_person
from bot.storage.people.rows import membership_of
from bot.storage.rights import assignments
from bot.storage.statements import Statement, changed, insert_new
from bot.storage.tables import memberships

_OF = Statement(
    select(memberships).where(
        memberships.c.school_id == bindparam("school"), memberships.c.person_id == bindparam("person")
    )
)
_ADD = Statement(memberships.insert())
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


@dataclass(frozen=True, slots=True)
class SqlMembers:
    """Memberships in the database, and the role assignments of members."""

    connection: Connection
    now: datetime
    # The ids of persons whom this unit has added: no other unit can give them a membership.
    added: AbstractSet[str] = frozenset()
    # The schools and persons of the memberships that this unit has added for such persons.
    _added_to: set[tuple[str, str]] = field(default_factory=set)

    def of(self, school_id: str, person_id: str) -> Membership | None:
        """Return a person's membership in a school, in whatever state."""
        row = _OF.row(self.connection, school=school_id, person=person_id)
        return membership_of(row) if row else None

    def add(self, membership: Membership) -> bool:
        """Add a membership; False if the person already has one in the school."""
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
        place = membership.school_id, membership.person_id
        if membership.person_id not in self.added:
            hold_person(self.connection, membership.person_id)
        elif place not in self._added_to:
            self._added_to.add(place)
            _ADD.defer(self.connection, **row)
            return True
        return insert_new(self.connection, memberships, row)

    @property
    def _look(self) -> directory.Look:
        return directory.Look(self.connection, self.now)

    def change_standing(self, membership: Membership, *, expected: Standing) -> bool:
        """Store a membership's standing and date of joining if the stored standing is the expected one."""
        touched = _CHANGE_STANDING.run(
            self.connection,
            of=membership.id,
            expected=expected.value,
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
        """Delete a membership and the person's roles in the school; False if it was gone."""
        assignments.unassign_all(self.connection, membership.person_id, membership.school_id)
        return changed(self.connection, delete(memberships).where(memberships.c.id == membership.id))

    def of_person(self, person_id: str) -> Sequence[Membership]:
        """List a person's memberships, in whatever state."""
        query = (
            select(memberships).where(memberships.c.person_id == person_id).order_by(memberships.c.created_at)
        )
        return [membership_of(row) for row in self.connection.execute(query)]

    def by_id(self, school_id: str, membership_id: str) -> Member | None:
        """Return a member of a school."""
        return directory.one(self._look, school_id, membership_id)

    def listed(self, wanted: PeopleFilter, *, after: str | None, limit: int) -> Sequence[Member]:
        """List the members that a filter selects by name, beginning after the membership `after`."""
        return directory.page(self._look, wanted, after, limit)

    def count(self, wanted: PeopleFilter, *, most: int | None = None) -> int:
        """Count the members that a filter selects, up to `most`."""
        return directory.count(self._look, wanted, most)

    def count_seats(self, school_id: str) -> int:
        """Count the people who were let into a school and are not archived; suspended ones count, too."""
        query = select(func.count()).select_from(memberships)
        query = query.where(
            memberships.c.school_id == school_id,
            memberships.c.standing == Standing.ACTIVE.value,
            memberships.c.visibility == Visibility.LISTED.value,
        )
        return self.connection.execute(query).scalar_one()

    def school_of(self, membership_id: str) -> str | None:
        """Return the id of a membership's school."""
        return directory.school_of(self.connection, membership_id)

    def rights(self, person_id: str, school: School | None) -> Rights:
        """Return what a person's roles at a school and above allow; without a school, the system's only."""
        return assignments.rights(self.connection, person_id, school)

    def granted_rights(self, person_id: str, school: School) -> Rights:
        """Return what a person's roles at a school and above it would allow, whether or not they work now."""
        return assignments.granted_rights(self.connection, person_id, school)

    def roles(self, school_id: str, person_id: str) -> Sequence[str]:
        """List the names of a person's roles in a school."""
        return assignments.roles(self.connection, school_id, person_id)

    def assign(
        self, person_id: str, role: str, school_id: str | None, *, by: str | None, at: datetime
    ) -> None:
        """Give a role at a school, or in the whole system, unless the person has it."""
        assignments.assign(self.connection, person_id, role, school_id, by=by, at=at)

    def unassign(self, person_id: str, role: str, school_id: str) -> bool:
        """Take a role at a school away; False if the person did not have it."""
        return assignments.unassign(self.connection, person_id, role, school_id)

    def assignments(self, person_id: str, school: School) -> Sequence[Assignment]:
        """List a person's roles at a school and above it, with their scopes."""
        return assignments.of_person(self.connection, person_id, school)

    def scopes(self, person_id: str) -> Sequence[tuple[ScopeKind, str]]:
        """List the scopes in which a person has roles, working or not; the system's id is empty."""
        return assignments.scopes(self.connection, person_id)

    def somebody_with(self, role: str) -> str | None:
        """Return the id of a person who has a role in any scope, always the same one; None if nobody has."""
        return assignments.somebody_with(self.connection, role)

    def with_permission(self, school_id: str, permission: Permission, limit: int) -> Sequence[Person]:
        """List active members of a school who have a role there that holds a permission."""
        return assignments.with_permission(self.connection, school_id, permission, limit)

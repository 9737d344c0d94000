"""The repositories of people, schools, roles and memberships."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.actors import AccountKey, Person, WorkspaceKey
from bot.core.permissions import Permission
from bot.core.roles import Rights, ScopeKind

if TYPE_CHECKING:
    from bot.core.members import Assignment, Member, Membership, Standing
    from bot.core.people import PersonDetails
    from bot.core.people_filter import PeopleFilter
    from bot.core.schools import School


class People(Protocol):
    """Persons and their accounts."""

    def by_account(self, key: AccountKey) -> Person | None:
        """Find the person to whom an account belongs."""
        ...

    def by_id(self, person_id: str) -> Person | None:
        """Find a person."""
        ...

    def add(self, person: Person, key: AccountKey) -> bool:
        """Add a person with their first account; False if this unit of work has added the account already.

        If another unit has just added the account, this one is run again.
        """
        ...

    def accounts(self, person_ids: Sequence[str]) -> Sequence[tuple[str, AccountKey]]:
        """List the accounts of persons, as pairs of a person's id and an account."""
        ...

    def add_unlinked(self, person: Person) -> None:
        """Add a person who has no account."""
        ...

    def hold(self, person_id: str) -> None:
        """Keep a person from being merged or erased until the unit of work ends.

        If that has happened since the unit read the person, the unit is run again.
        """
        ...

    def lock(self, person_id: str) -> None:
        """Lock a person until the unit of work ends; other units that lock them wait."""
        ...

    def details(self, person_id: str) -> "PersonDetails":
        """Return a person's details; they are empty for an unknown person."""
        ...

    def save_details(self, person_id: str, details: "PersonDetails") -> bool:
        """Store a person's details and resulting name; False if another person has the e-mail address."""
        ...

    def by_email(self, address: str) -> Person | None:
        """Find the person with an e-mail address, ignoring case."""
        ...


class Schools(Protocol):
    """Schools, found by id, name, member, district or workspace."""

    def add(self, school: "School") -> bool:
        """Add a school; False if its district already has one with that name."""
        ...

    def save(self, school: "School") -> bool:
        """Store a school's settings; False if its district has another school with that name."""
        ...

    def by_id(self, school_id: str) -> "School | None":
        """Find a school."""
        ...

    def hold(self, school_id: str) -> "School | None":
        """Find a school and keep it from being closed until the unit ends; only for units that write."""
        ...

    def lock(self, school_id: str, *, closing: bool = False) -> None:
        """Lock a school until the unit of work ends; other units that lock it wait.

        A unit that is `closing` the school also waits for those that called `hold`.
        """
        ...

    def set_primary(self, school_id: str, person_id: str, *, expected: str | None) -> bool:
        """Make a person the Primary Admin if `expected` still is; False otherwise."""
        ...

    def linked_to(self, key: WorkspaceKey) -> Sequence["School"]:
        """List the schools that a workspace serves, by name, without archived ones."""
        ...

    def of_person(self, person_id: str) -> Sequence["School"]:
        """List the schools where a person is an active member, by name."""
        ...

    def find_public(
        self, text: str, limit: int, *, after: "School | None" = None, whole: bool = False
    ) -> Sequence["School"]:
        """List by name the public schools whose name contains a text, or equals it if `whole`.

        `after` is the last school of the previous page.
        """
        ...

    def overseen(
        self,
        person_id: str | None,
        text: str,
        limit: int,
        *,
        whole: bool = False,
        archived: bool | None = False,
    ) -> Sequence["School"]:
        """List by name the schools of districts in which a person has a role; without a person, all schools.

        Their name contains `text`, or equals it if `whole`. If `archived`, list only archived schools, or
        with None archived ones too.
        """
        ...


class Assignments(Protocol):
    """Role assignments: who has which role in which scope, and the rights that result."""

    def rights(self, person_id: str, school: "School | None") -> Rights:
        """Return what a person's roles at a school and above allow now; without one, the system's only."""
        ...

    def granted_rights(self, person_id: str, school: "School") -> Rights:
        """Return what a person's roles at a school and above it allow, even those without effect now."""
        ...

    def roles(self, school_id: str, person_id: str) -> Sequence[str]:
        """List the names of a person's roles in a school."""
        ...

    def assign(
        self, person_id: str, role: str, school_id: str | None, *, by: str | None, at: datetime
    ) -> None:
        """Give a person a role at a school, or in the whole system, unless they have it already."""
        ...

    def assignments(self, person_id: str, school: "School") -> Sequence["Assignment"]:
        """List a person's roles at a school and above it, with their scopes."""
        ...

    def scopes(self, person_id: str) -> Sequence[tuple[ScopeKind, str]]:
        """List the scopes of a person's roles, even if without effect now; the system's id is empty."""
        ...

    def unassign(self, person_id: str, role: str, school_id: str) -> bool:
        """Take a role at a school from a person; False if they did not have it."""
        ...

    def somebody_with(self, role: str) -> str | None:
        """Return the id of a person who has a role in any scope, always the same one; None if nobody has."""
        ...

    def with_permission(self, school_id: str, permission: Permission, limit: int) -> Sequence[Person]:
        """List active members of a school who have a role there that holds a permission."""
        ...


class Members(Assignments, Protocol):
    """Memberships, and the role assignments of their persons."""

    def of(self, school_id: str, person_id: str) -> "Membership | None":
        """Find a person's membership in a school."""
        ...

    def add(self, membership: "Membership") -> bool:
        """Add a membership; False if the person has one in the school already."""
        ...

    def change_standing(self, membership: "Membership", *, expected: "Standing") -> bool:
        """Store a membership's standing and dates; False if its standing is no longer as expected."""
        ...

    def withdraw(self, membership_id: str) -> bool:
        """Delete a pending membership; False if it is not pending any more."""
        ...

    def change(self, membership: "Membership", *, expected: "Membership") -> bool:
        """Store a membership's access and visibility; False if these are no longer as expected."""
        ...

    def remove(self, membership: "Membership") -> bool:
        """Delete a membership and its person's roles in the school; False if it was deleted already."""
        ...

    def of_person(self, person_id: str) -> Sequence["Membership"]:
        """List a person's memberships, whatever their state."""
        ...

    def by_id(self, school_id: str, membership_id: str) -> "Member | None":
        """Find a member of a school."""
        ...

    def listed(self, wanted: "PeopleFilter", *, after: str | None, limit: int) -> Sequence["Member"]:
        """List the members that match a filter by name, beginning after the membership `after`.

        A search lists first the members whose names begin with what was typed, then those whose addresses do.
        """
        ...

    def count(self, wanted: "PeopleFilter", *, most: int | None = None) -> int:
        """Count the members that match a filter, up to `most`."""
        ...

    def school_of(self, membership_id: str) -> str | None:
        """Return the id of a membership's school; None if there is no such membership."""
        ...

    def count_seats(self, school_id: str) -> int:
        """Count a school's admitted members who are not archived; suspended and deactivated ones count."""
        ...

"""The repositories of custom roles and of role assignments."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.rights.actors import Person
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import Rights, RoleUse, ScopeKind

if TYPE_CHECKING:
    from bot.core.people.members import Assignment
    from bot.core.rights.custom_roles import CustomRole
    from bot.core.schools.schools import School


class CustomRoles(Protocol):
    """The custom roles of schools."""

    def add(self, role: "CustomRole") -> bool:
        """Add a role; False if the school has one of that name."""
        ...

    def save(self, role: "CustomRole", *, before: "CustomRole") -> bool:
        """Store a role's name and permissions, and rename its uses; False if the name is taken."""
        ...

    def delete(self, role: "CustomRole") -> bool:
        """Delete a role that nobody has, is due to get, or can choose; False otherwise."""
        ...

    def uses(self, role: "CustomRole") -> Sequence[RoleUse]:
        """Return what keeps a role from being deleted."""
        ...

    def by_id(self, school_id: str, role_id: str) -> "CustomRole | None":
        """Find a role of a school; None if it has none with this id."""
        ...

    def by_name(self, school_id: str, name: str) -> "CustomRole | None":
        """Find a role of a school by its name, ignoring case; None if it has none."""
        ...

    def of_school(self, school_id: str) -> Sequence["CustomRole"]:
        """List a school's roles by name."""
        ...

    def count_holders(self, school_id: str, role: str) -> int:
        """Count the people who have a role at a school, built-in or its own."""
        ...

    def rights_of_holders(self, role: "CustomRole", school: "School") -> Rights:
        """Return the union of all rights that a role's holders were granted at its school and above."""
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

"""What is known of a person, at all schools, by which an import judges them."""

from collections.abc import Collection
from typing import NamedTuple

from bot.core.people.members import Membership
from bot.core.rights.roles import Rights, Role, ScopeKind
from bot.core.rosters.imports import RosterDetails
from bot.core.values import dataclass


class HeldRole(NamedTuple):
    """A role of a person and its scope; the system has the scope id "". A deleted role is None."""

    name: str
    scope: ScopeKind
    scope_id: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person with their details, memberships and roles.

    `scim` are the districts whose identity provider knows the person, `off` those whose provider bars them.
    """

    person_id: str
    name: str
    said: RosterDetails
    memberships: tuple[Membership, ...] = ()
    held: tuple[HeldRole, ...] = ()
    has_account: bool = False
    scim: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()

    def in_school(self, school_id: str) -> Membership | None:
        """Find the person's membership in a school; None if they have none."""
        return next((one for one in self.memberships if one.school_id == school_id), None)

    def roles_in(self, school_id: str) -> tuple[str, ...]:
        """List the names of the person's roles at a school."""
        return tuple(sorted(one.name for one in self.held if one.scope_id == school_id))

    def granted_at(self, scopes: Collection[tuple[ScopeKind, str | None]]) -> Rights:
        """Return the union of what the person was granted at these scopes, in force or not."""
        roles = (one.role for one in self.held if (one.scope, one.scope_id) in scopes)
        return Rights.union(one for one in roles if one is not None)

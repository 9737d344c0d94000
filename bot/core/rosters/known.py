"""What is known of somebody, wherever they are: an import judges by it."""

from collections.abc import Collection
from typing import NamedTuple

from bot.core.members import Membership
from bot.core.roles import Rights, Role, ScopeKind
from bot.core.rosters.imports import RosterDetails
from bot.core.values import dataclass


class Held(NamedTuple):
    """A role of a person with its scope, whose id is empty for the system; a role that is gone is None."""

    name: str
    scope: ScopeKind
    scope_id: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person with their details, memberships and roles.

    `scim` are the districts whose identity provider knows them, `off` those whose provider bars them.
    """

    person_id: str
    name: str
    said: RosterDetails
    memberships: tuple[Membership, ...] = ()
    held: tuple[Held, ...] = ()
    has_account: bool = False
    scim: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()

    def in_school(self, school_id: str) -> Membership | None:
        """Find their membership in a school."""
        return next((one for one in self.memberships if one.school_id == school_id), None)

    def roles_in(self, school_id: str) -> tuple[str, ...]:
        """List the names of their roles in a school."""
        return tuple(sorted(one.name for one in self.held if one.scope_id == school_id))

    def granted_at(self, scopes: Collection[tuple[ScopeKind, str | None]]) -> Rights:
        """Add up what they were granted at these scopes, whether or not it works now."""
        roles = (one.role for one in self.held if (one.scope, one.scope_id) in scopes)
        return Rights.together(one for one in roles if one is not None)

"""Explains why a person has a permission, or does not."""

from enum import StrEnum

from bot.core.people.members import Assignment, Membership
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import ScopeKind
from bot.core.schools.schools import School
from bot.core.values import dataclass


class Obstacle(StrEnum):
    """Why a role that holds a permission does not take effect."""

    MEMBERSHIP = "membership"
    ARCHIVED = "archived"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a person has a permission, and why.

    `through` has the assignments that give it; none if only the operator's settings do, which name one of the
    person's accounts as System Administrator. If it is not allowed, `through` has those that would give it,
    and `obstacle` is what keeps them from it. `holders` names the roles that have the permission. If it is
    `unusable`, it gives somebody a role, and the person lacks the permission for that.
    """

    permission: Permission
    allowed: bool
    through: tuple[Assignment, ...]
    membership: Membership | None
    holders: tuple[str, ...]
    obstacle: Obstacle = Obstacle.MEMBERSHIP
    unusable: bool = False


def why(uow: UnitOfWork, school: School, person_id: str, permission: Permission) -> Explanation:
    """Explain whether a person has a permission at a school, by the same rights that every check uses."""
    membership = uow.members.of(school.id, person_id)
    granting = [
        one
        for one in uow.members.assignments(person_id, school)
        if (role := access.role_named(uow, school, one.role)) is not None and permission in role.holds
    ]
    works = membership is not None and membership.active
    through = tuple(one for one in granting if works or one.scope is not ScopeKind.SCHOOL)
    rights = access.rights_of_person(uow, person_id, school)
    allowed = permission in rights.holds
    obstacle = Obstacle.MEMBERSHIP
    if school.archived:
        obstacle = Obstacle.ARCHIVED
    elif works and not uow.system.settings().schools_invite:
        obstacle = Obstacle.SYSTEM
    holders = access.holders_of(uow, permission, school, with_custom=True)
    would = () if allowed else tuple(granting)
    unusable = permission in rights.unusable
    return Explanation(permission, allowed, through or would, membership, holders, obstacle, unusable)

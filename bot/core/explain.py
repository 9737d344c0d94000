"""Why somebody may do something, or may not."""

from dataclasses import dataclass

from bot.core.members import Assignment, Membership
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.roles import BUILT_IN, Rights, ScopeKind
from bot.core.schools import School


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a person has a permission: what allows it, what would but does not work, who has it."""

    permission: Permission
    allowed: bool
    through: tuple[Assignment, ...]
    membership: Membership | None
    holders: tuple[str, ...]


def why(uow: UnitOfWork, school: School, person_id: str, permission: Permission) -> Answer:
    """Explain a permission of a person at a school; the same rights decide as in every check."""
    membership = uow.members.of(school.id, person_id)
    granting = [
        one for one in uow.members.assignments(person_id, school) if permission in Rights.of([one.role]).holds
    ]
    works = membership is not None and membership.active
    through = tuple(one for one in granting if works or one.scope is not ScopeKind.SCHOOL)
    allowed = permission in uow.members.rights(person_id, school).holds
    holders = tuple(role.name for role in BUILT_IN if permission in role.holds)
    return Answer(permission, allowed, through or tuple(granting), membership, holders)

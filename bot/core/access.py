"""What an actor may do: asked inside the transaction that uses the answer, never remembered."""

from bot.core import roles
from bot.core.actors import Actor
from bot.core.errors import AboveYou, NotPermitted, RoleAboveCeiling
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.roles import Rights, Role, ScopeKind
from bot.core.schools import School

_NO_RIGHTS = Rights()


def rights_of(uow: UnitOfWork, actor: Actor, school: School | None) -> Rights:
    """Add up what the actor may do at a school, or in the whole system."""
    if actor.rules_system:
        return Rights.of([roles.SYSTEM_ADMINISTRATOR.name])
    if actor.person is None:
        return _NO_RIGHTS
    return uow.members.rights(actor.person.id, school)


def _rights_of_person(uow: UnitOfWork, person_id: str, school: School) -> Rights:
    """Add up what someone may do who does not act now; the settings may name one of their accounts."""
    if uow.rulers and any(str(account) in uow.rulers for _, account in uow.people.accounts([person_id])):
        return Rights.of([roles.SYSTEM_ADMINISTRATOR.name])
    return uow.members.rights(person_id, school)


def holds(uow: UnitOfWork, actor: Actor, permission: Permission, school: School | None) -> bool:
    """Tell whether the actor has a permission at a school."""
    return permission in rights_of(uow, actor, school).holds


def require(uow: UnitOfWork, actor: Actor, permission: Permission, school: School | None) -> None:
    """Refuse with `NotPermitted`, which names who has the permission, unless the actor has it."""
    if not holds(uow, actor, permission, school):
        holders = tuple(role.name for role in roles.BUILT_IN if permission in role.holds)
        raise NotPermitted(permission, holders, school)


def grantable(uow: UnitOfWork, actor: Actor, school: School) -> tuple[Role, ...]:
    """List the school roles that the actor may give to someone who has none yet."""
    rights = rights_of(uow, actor, school)
    return tuple(
        role
        for role in roles.BUILT_IN
        if role.level is ScopeKind.SCHOOL
        and roles.may_grant(rights, role, target=_NO_RIGHTS, target_is_giver=False)
    )


def grantable_role(
    uow: UnitOfWork, actor: Actor, school: School, name: str, *, target_id: str | None = None
) -> Role:
    """Return the role of that name; refuse with `RoleAboveCeiling` if the actor may not give it.

    `target_id` is who would get it, where that is known already.
    """
    role = school_role(uow, actor, school, name)
    rights = rights_of(uow, actor, school)
    # What was granted, not what works now: a suspended admin is above others all the same.
    target = uow.members.granted(target_id, school) if target_id else _NO_RIGHTS
    if not rights.include(target):
        raise AboveYou
    own = target_id is not None and target_id == actor.person_id
    if not roles.may_grant(rights, role, target=target, target_is_giver=own):
        raise RoleAboveCeiling(role.name, _offered(uow, actor, school))
    return role


def school_role(uow: UnitOfWork, actor: Actor, school: School, name: str) -> Role:
    """Return the school role of that name; refuses with the roles that the actor may give."""
    role = roles.named(name)
    if role is None or role.level is not ScopeKind.SCHOOL:
        raise RoleAboveCeiling(name, _offered(uow, actor, school))
    return role


def _offered(uow: UnitOfWork, actor: Actor, school: School) -> tuple[str, ...]:
    return tuple(one.name for one in grantable(uow, actor, school))


def inviter_may_still(uow: UnitOfWork, inviter_id: str, school: School, role: Role) -> bool:
    """Tell whether whoever made an invitation could still make it: right and ceiling."""
    rights = _rights_of_person(uow, inviter_id, school)
    return Permission.INVITATION_CREATE in rights.holds and roles.may_grant(
        rights, role, target=_NO_RIGHTS, target_is_giver=False
    )

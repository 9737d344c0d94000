"""What an actor may do: asked inside the transaction that uses the answer, never remembered."""

from bot.core import roles, which_school
from bot.core.actors import AccountKey, Actor
from bot.core.errors import AboveYou, NotPermitted, RoleAboveCeiling
from bot.core.joining_errors import MembershipBarred, SchoolArchived
from bot.core.members import Membership
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.roles import Rights, Role, ScopeKind
from bot.core.schools import School

_NO_RIGHTS = Rights()


def rights_of(uow: UnitOfWork, actor: Actor, school: School | None) -> Rights:
    """Add up what the actor may do at a school, or in the whole system."""
    if actor.for_district:
        return _provider_in(actor, school.district_id if school else None)
    if actor.is_system_administrator:
        return Rights.of([roles.SYSTEM_ADMINISTRATOR.name])
    if actor.person is None:
        return _NO_RIGHTS
    return _at_work(uow.members.rights(actor.person.id, school), school)


def _provider_in(actor: Actor, district_id: str | None) -> Rights:
    """Give the identity provider of a district what its admins have, and nothing elsewhere."""
    return Rights.of([roles.DISTRICT_ADMIN.name]) if actor.for_district == district_id else _NO_RIGHTS


def _at_work(rights: Rights, school: School | None) -> Rights:
    """Leave rights in an archived school to the admins of its district and of the system alone."""
    return _NO_RIGHTS if school is not None and school.archived and not rights.oversees else rights


def rights_over(uow: UnitOfWork, actor: Actor, district_id: str | None) -> Rights:
    """Add up what the actor may do in a whole district, or without one in the whole system."""
    if actor.for_district:
        return _provider_in(actor, district_id)
    if actor.is_system_administrator:
        return Rights.of([roles.SYSTEM_ADMINISTRATOR.name])
    return uow.districts.rights(actor.person.id, district_id) if actor.person else _NO_RIGHTS


def require_over(uow: UnitOfWork, actor: Actor, permission: Permission, district_id: str | None) -> None:
    """Refuse with `NotPermitted` unless the actor has a permission in a whole district, or above it."""
    if permission not in rights_over(uow, actor, district_id).holds:
        wide = {ScopeKind.SYSTEM} if district_id is None else {ScopeKind.SYSTEM, ScopeKind.DISTRICT}
        holders = [role.name for role in roles.BUILT_IN if permission in role.holds and role.level in wide]
        raise NotPermitted(permission, tuple(holders))


def named_by_settings(uow: UnitOfWork, person_id: str) -> bool:
    """Tell whether the settings name one of a person's accounts as System Administrator."""
    return bool(uow.named_administrators) and any(
        str(account) in uow.named_administrators for _, account in uow.people.accounts([person_id])
    )


def named_administrators(uow: UnitOfWork) -> frozenset[str]:
    """List the persons whom the settings name as System Administrators."""
    keys = (AccountKey(*one.split(":", 1)) for one in uow.named_administrators if ":" in one)
    found = (uow.people.by_account(key) for key in keys)
    return frozenset(one.id for one in found if one is not None)


def granted(uow: UnitOfWork, person_id: str, school: School) -> Rights:
    """Add up what someone was given, whether or not it works now: who is above others stays above them."""
    if named_by_settings(uow, person_id):
        return Rights.of([roles.SYSTEM_ADMINISTRATOR.name])
    return uow.members.granted(person_id, school)


def rights_of_person(uow: UnitOfWork, person_id: str, school: School) -> Rights:
    """Add up what someone may do who does not act now; the settings may name one of their accounts."""
    if named_by_settings(uow, person_id):
        return Rights.of([roles.SYSTEM_ADMINISTRATOR.name])
    return _at_work(uow.members.rights(person_id, school), school)


def holds(uow: UnitOfWork, actor: Actor, permission: Permission, school: School | None) -> bool:
    """Tell whether the actor has a permission at a school."""
    return permission in rights_of(uow, actor, school).holds


def require(uow: UnitOfWork, actor: Actor, permission: Permission, school: School | None) -> None:
    """Refuse with `NotPermitted`, which names who has the permission, unless the actor has it."""
    if not holds(uow, actor, permission, school):
        # What roles a school has made is its members' to know.
        own = uow.members.of(school.id, actor.person_id) if school and actor.person_id else None
        inside = own is not None and own.active
        kept_out = _kept_out(uow, actor, own, school)
        raise NotPermitted(permission, holders_of(uow, permission, school, own=inside), kept_out)


def _kept_out(
    uow: UnitOfWork, actor: Actor, own: Membership | None, school: School | None
) -> MembershipBarred | SchoolArchived | None:
    """Say why the actor's roles do not count: something keeps them out, or their only school is archived."""
    if own is not None and school is not None:
        return MembershipBarred(own, school) if own.is_kept_out else None
    if school is None or actor.person is None or uow.schools.of_person(actor.person.id):
        return None
    theirs = which_school.archived_of(uow, actor)
    return SchoolArchived(theirs) if theirs is not None else None


def holders_of(
    uow: UnitOfWork, permission: Permission, school: School | None, *, own: bool
) -> tuple[str, ...]:
    """Name the roles that have a permission at a school; its own ones with `own`."""
    custom = uow.roles.of_school(school.id) if school and own else ()
    able = [role for role in (*roles.BUILT_IN, *(one.role for one in custom)) if permission in role.holds]
    if permission is Permission.INVITATION_CREATE and not uow.system.settings().schools_invite:
        able = [role for role in able if role.level is not ScopeKind.SCHOOL]
    return tuple(role.name for role in able)


def role_named(uow: UnitOfWork, school: School, name: str) -> Role | None:
    """Find a role that a school knows: a built-in one, or one of its own."""
    role = roles.named(name)
    if role is None:
        custom = uow.roles.named(school.id, name)
        role = custom.role if custom else None
    return role


def role_at(uow: UnitOfWork, school_id: str, name: str) -> tuple[School, Role] | None:
    """Find a school that is not archived, and a role that it knows."""
    school = uow.schools.by_id(school_id)
    role = role_named(uow, school, name) if school and not school.archived else None
    return (school, role) if school and role else None


def school_roles(uow: UnitOfWork, school: School) -> tuple[Role, ...]:
    """List all roles that can be given at a school."""
    own = tuple(one.role for one in uow.roles.of_school(school.id))
    return (*(role for role in roles.BUILT_IN if role.level is ScopeKind.SCHOOL), *own)


def grantable(uow: UnitOfWork, actor: Actor, school: School) -> tuple[Role, ...]:
    """List the school roles that the actor may give to someone who has none yet."""
    rights = rights_of(uow, actor, school)
    return tuple(
        role
        for role in school_roles(uow, school)
        if roles.may_grant(rights, role, target=_NO_RIGHTS, target_is_giver=False)
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
    target = granted(uow, target_id, school) if target_id else _NO_RIGHTS
    if not rights.include(target):
        raise AboveYou
    own = target_id is not None and target_id == actor.person_id
    if not roles.may_grant(rights, role, target=target, target_is_giver=own):
        raise RoleAboveCeiling(role.name, _offered(uow, actor, school))
    return role


def school_role(uow: UnitOfWork, actor: Actor, school: School, name: str) -> Role:
    """Return the school role of that name; refuses with the roles that the actor may give."""
    role = role_named(uow, school, name)
    if role is None or role.level is not ScopeKind.SCHOOL:
        raise RoleAboveCeiling(name, _offered(uow, actor, school), unknown=role is None)
    return role


def _offered(uow: UnitOfWork, actor: Actor, school: School) -> tuple[str, ...]:
    return tuple(one.name for one in grantable(uow, actor, school))


def inviter_may_still(uow: UnitOfWork, inviter_id: str, school: School, role: Role) -> bool:
    """Tell whether whoever made an invitation could still make it: right and ceiling."""
    rights = rights_of_person(uow, inviter_id, school)
    return Permission.INVITATION_CREATE in rights.holds and roles.may_grant(
        rights, role, target=_NO_RIGHTS, target_is_giver=False
    )

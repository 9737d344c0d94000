"""What an actor may do: always looked up in the transaction that uses the answer, never cached."""

from bot.core.errors import AboveYou, NotPermitted, RoleAboveCeiling
from bot.core.joining_errors import MembershipBarred, SchoolArchived
from bot.core.people.members import Membership
from bot.core.ports import UnitOfWork
from bot.core.rights import roles
from bot.core.rights.actors import AccountKey, Actor
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import Rights, Role, ScopeKind
from bot.core.schools import which_school
from bot.core.schools.schools import School

_NO_RIGHTS = Rights()


def rights_of(uow: UnitOfWork, actor: Actor, school: School | None) -> Rights:
    """Return all rights of the actor at a school, or in the whole system if `school` is None."""
    if actor.for_district:
        return _provider_in(actor, school.district_id if school else None)
    if actor.is_system_administrator:
        return Rights.of([roles.SYSTEM_ADMINISTRATOR.name])
    if actor.person is None:
        return _NO_RIGHTS
    return _in_effect(uow.members.rights(actor.person.id, school), school)


def _provider_in(actor: Actor, district_id: str | None) -> Rights:
    """Return a district admin's rights for an identity provider in its own district, and none elsewhere."""
    return Rights.of([roles.DISTRICT_ADMIN.name]) if actor.for_district == district_id else _NO_RIGHTS


def _in_effect(rights: Rights, school: School | None) -> Rights:
    """Drop the rights at an archived school, unless they come from a role in its district or the system."""
    return _NO_RIGHTS if school is not None and school.archived and not rights.oversees else rights


def rights_over(uow: UnitOfWork, actor: Actor, district_id: str | None) -> Rights:
    """Return all rights of the actor in a whole district, or in the whole system if `district_id` is None."""
    if actor.for_district:
        return _provider_in(actor, district_id)
    if actor.is_system_administrator:
        return Rights.of([roles.SYSTEM_ADMINISTRATOR.name])
    return uow.districts.rights(actor.person.id, district_id) if actor.person else _NO_RIGHTS


def require_over(uow: UnitOfWork, actor: Actor, permission: Permission, district_id: str | None) -> None:
    """Raise `NotPermitted` unless the actor has a permission in a whole district or in the system."""
    if permission not in rights_over(uow, actor, district_id).holds:
        wide = {ScopeKind.SYSTEM} if district_id is None else {ScopeKind.SYSTEM, ScopeKind.DISTRICT}
        holders = [role.name for role in roles.BUILT_IN if permission in role.holds and role.level in wide]
        raise NotPermitted(permission, tuple(holders))


def named_by_settings(uow: UnitOfWork, person_id: str) -> bool:
    """Return whether the settings name one of a person's accounts as System Administrator."""
    return bool(uow.named_administrators) and any(
        str(account) in uow.named_administrators for _, account in uow.people.accounts([person_id])
    )


def named_administrators(uow: UnitOfWork) -> frozenset[str]:
    """Return the ids of the people whom the settings name as System Administrators."""
    keys = (AccountKey(*one.split(":", 1)) for one in uow.named_administrators if ":" in one)
    found = (uow.people.by_account(key) for key in keys)
    return frozenset(one.id for one in found if one is not None)


def granted(uow: UnitOfWork, person_id: str, school: School) -> Rights:
    """Return all rights that a person was granted, including those that a suspension puts out of effect.

    The grant ceiling compares these: a suspended admin is still above a member.
    """
    if named_by_settings(uow, person_id):
        return Rights.of([roles.SYSTEM_ADMINISTRATOR.name])
    return uow.members.granted_rights(person_id, school)


def rights_of_person(uow: UnitOfWork, person_id: str, school: School) -> Rights:
    """Return the rights in effect of a person who is not the actor of this transaction."""
    if named_by_settings(uow, person_id):
        return Rights.of([roles.SYSTEM_ADMINISTRATOR.name])
    return _in_effect(uow.members.rights(person_id, school), school)


def holds(uow: UnitOfWork, actor: Actor, permission: Permission, school: School | None) -> bool:
    """Return whether the actor has a permission at a school."""
    return permission in rights_of(uow, actor, school).holds


def require(uow: UnitOfWork, actor: Actor, permission: Permission, school: School | None) -> None:
    """Raise `NotPermitted`, which names the roles that have the permission, unless the actor has it."""
    if not holds(uow, actor, permission, school):
        # Only members may learn which custom roles a school has.
        membership = uow.members.of(school.id, actor.person_id) if school and actor.person_id else None
        inside = membership is not None and membership.active
        kept_out = _kept_out(uow, actor, membership, school)
        raise NotPermitted(
            permission, holders_of(uow, permission, school, with_custom=inside), kept_out, school
        )


def _kept_out(
    uow: UnitOfWork, actor: Actor, membership: Membership | None, school: School | None
) -> MembershipBarred | SchoolArchived | None:
    """Return why the actor's roles have no effect: they are barred, or their only school is archived."""
    if membership is not None and school is not None:
        return MembershipBarred(membership, school) if membership.is_kept_out else None
    if school is None or actor.person is None or uow.schools.of_person(actor.person.id):
        return None
    theirs = which_school.archived_of(uow, actor)
    return SchoolArchived(theirs) if theirs is not None else None


def holders_of(
    uow: UnitOfWork, permission: Permission, school: School | None, *, with_custom: bool
) -> tuple[str, ...]:
    """Return the names of the built-in roles, and `with_custom` also the custom ones, with a permission."""
    custom = uow.roles.of_school(school.id) if school and with_custom else ()
    able = [role for role in (*roles.BUILT_IN, *(one.role for one in custom)) if permission in role.holds]
    if permission is Permission.INVITATION_CREATE and not uow.system.settings().schools_invite:
        able = [role for role in able if role.level is not ScopeKind.SCHOOL]
    return tuple(role.name for role in able)


def role_named(uow: UnitOfWork, school: School, name: str) -> Role | None:
    """Return a built-in role or a school's custom role by its name; None if there is none."""
    role = roles.named(name)
    if role is None:
        custom = uow.roles.by_name(school.id, name)
        role = custom.role if custom else None
    return role


def role_at(uow: UnitOfWork, school_id: str, name: str) -> tuple[School, Role] | None:
    """Return a school and one of its roles; None if the school is archived or there is no such role."""
    school = uow.schools.by_id(school_id)
    role = role_named(uow, school, name) if school and not school.archived else None
    return (school, role) if school and role else None


def school_roles(uow: UnitOfWork, school: School) -> tuple[Role, ...]:
    """Return all roles that can be granted at a school, built-in and custom."""
    custom = tuple(one.role for one in uow.roles.of_school(school.id))
    return (*(role for role in roles.BUILT_IN if role.level is ScopeKind.SCHOOL), *custom)


def grantable(uow: UnitOfWork, actor: Actor, school: School) -> tuple[Role, ...]:
    """Return the school roles that the actor may grant to a person who has no rights yet."""
    rights = rights_of(uow, actor, school)
    return tuple(
        role
        for role in school_roles(uow, school)
        if roles.may_grant(rights, role, target=_NO_RIGHTS, target_is_giver=False)
    )


def grantable_role(
    uow: UnitOfWork, actor: Actor, school: School, name: str, *, target_id: str | None = None
) -> Role:
    """Return the role of that name; raise `RoleAboveCeiling` if the actor may not grant it.

    `target_id` is the person who would get it, if known; raises `AboveYou` if they are above the actor.
    """
    role = school_role(uow, actor, school, name)
    rights = rights_of(uow, actor, school)
    # All that was granted, not just what is in effect: a suspended admin still counts as above the actor.
    target = granted(uow, target_id, school) if target_id else _NO_RIGHTS
    if not rights.include(target):
        raise AboveYou
    to_self = target_id is not None and target_id == actor.person_id
    if not roles.may_grant(rights, role, target=target, target_is_giver=to_self):
        raise RoleAboveCeiling(role.name, _offered(uow, actor, school), at=school)
    return role


def school_role(uow: UnitOfWork, actor: Actor, school: School, name: str) -> Role:
    """Return the school role of that name; raise `RoleAboveCeiling` if there is none."""
    role = role_named(uow, school, name)
    if role is None or role.level is not ScopeKind.SCHOOL:
        raise RoleAboveCeiling(name, _offered(uow, actor, school), unknown=role is None, at=school)
    return role


def _offered(uow: UnitOfWork, actor: Actor, school: School) -> tuple[str, ...]:
    return tuple(one.name for one in grantable(uow, actor, school))


def inviter_may_still(uow: UnitOfWork, inviter_id: str, school: School, role: Role) -> bool:
    """Return whether an inviter could make this invitation now: has the right, and the ceiling allows it."""
    rights = rights_of_person(uow, inviter_id, school)
    return Permission.INVITATION_CREATE in rights.holds and roles.may_grant(
        rights, role, target=_NO_RIGHTS, target_is_giver=False
    )

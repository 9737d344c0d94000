"""Custom roles, which a school makes for itself from the permissions that its admins hold or may grant."""

from collections.abc import Collection
from datetime import datetime

from bot.core import audit, typed_lists
from bot.core.errors import (
    AboveYou,
    BadValue,
    NameTaken,
    NotFound,
    OwnRole,
    PermissionsAboveCeiling,
    RoleInUse,
)
from bot.core.ids import new_id
from bot.core.lookalikes import skeleton
from bot.core.ports import UnitOfWork
from bot.core.rights import access, roles
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import Role
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace

# The most custom roles of one school, so that menus that offer them stay readable.
MOST_ROLES = 40
_NOTHING = "none"


@dataclass(frozen=True, slots=True)
class CustomRole:
    """A role of one school; assignments and invitations refer to it by its name."""

    id: str
    school_id: str
    name: str
    created_at: datetime
    holds: frozenset[Permission]
    may_grant: frozenset[Permission] = frozenset()

    @property
    def role(self) -> Role:
        """The role as the rules for rights and the grant ceiling see it."""
        return Role(self.name, self.holds, self.may_grant)

    @property
    def subject(self) -> str:
        """The name by which the audit log knows it."""
        return f"role:{self.id}"


def create(
    uow: UnitOfWork,
    actor: Actor,
    school: School,
    name: str,
    *,
    holds: Collection[Permission],
    may_grant: Collection[Permission] = (),
) -> CustomRole:
    """Create a role; all permissions in it must be among those that the actor holds or may grant.

    Raises `NameTaken`, `PermissionsAboveCeiling`, or `BadValue` if the school has too many already.
    """
    uow.schools.lock(school.id)
    made = CustomRole(
        new_id(uow.now), school.id, _custom_name(name), uow.now, frozenset(holds), frozenset(may_grant)
    )
    _require_reach(uow, actor, school, made)
    _refuse_lookalike(uow, made)
    if len(uow.roles.of_school(school.id)) >= MOST_ROLES:
        raise BadValue("name", f"would be one role too many: a school has {MOST_ROLES} of its own at most")
    if not uow.roles.add(made):
        raise NameTaken(made.name)
    _record(uow, actor, "role.created", made, new=_told(made))
    return made


def edit(
    uow: UnitOfWork,
    actor: Actor,
    school: School,
    role: CustomRole,
    *,
    name: str | None = None,
    holds: Collection[Permission] | None = None,
    may_grant: Collection[Permission] | None = None,
) -> CustomRole:
    """Change a role for everybody who has it; they may not include the actor, or anybody above the actor.

    New permissions are granted to all of them, so this needs the right to grant roles as well.
    Raises `OwnRole`, `AboveYou`, `NameTaken` or `PermissionsAboveCeiling`.
    """
    uow.schools.lock(school.id)
    before = uow.roles.by_id(school.id, role.id)
    if before is None:
        raise NotFound("role")
    after = replace(
        before,
        name=before.name if name is None or name == before.name else _custom_name(name),
        holds=before.holds if holds is None else frozenset(holds),
        may_grant=before.may_grant if may_grant is None else frozenset(may_grant),
    )
    for one in (before, after):
        _require_reach(uow, actor, school, one)
    if (after.holds, after.may_grant) != (before.holds, before.may_grant):
        access.require(uow, actor, Permission.ROLE_GRANT, school)
    if actor.person_id and before.name in uow.members.roles(school.id, actor.person_id):
        raise OwnRole
    if not access.rights_of(uow, actor, school).include(uow.roles.rights_of_holders(before, school)):
        raise AboveYou
    if after == before:
        return before
    if after.name != before.name:
        _refuse_lookalike(uow, after)
    if not uow.roles.save(after, before=before):
        raise NameTaken(after.name)
    old, new = audit.changed_values(_told(before), _told(after))
    _record(uow, actor, "role.edited", after, old=old, new=new)
    return after


def delete(uow: UnitOfWork, actor: Actor, school: School, role: CustomRole) -> None:
    """Delete a role that nobody has, no invitation or join request would grant, and that is not the default.

    Raises `RoleInUse` for any other.
    """
    uow.schools.lock(school.id)
    _require_reach(uow, actor, school, role)
    if not uow.roles.delete(role):
        if uses := uow.roles.uses(role):
            raise RoleInUse(role.name, tuple(uses))
        raise NotFound("role")
    _record(uow, actor, "role.deleted", role, old=_told(role))


def find(uow: UnitOfWork, school: School, typed: str) -> Role | CustomRole:
    """Return a built-in role by name, or a school's custom role by name or id; raise `NotFound` if none."""
    return roles.named(typed) or find_custom(uow, school, typed)


def find_custom(uow: UnitOfWork, school: School, typed: str) -> CustomRole:
    """Return a school's custom role by name or id; raise `NotFound` if there is none."""
    found = uow.roles.by_id(school.id, typed.strip().lower()) or uow.roles.by_name(school.id, typed)
    if found is None:
        raise NotFound("role of the school's own" if roles.named(typed) else "role")
    return found


def read_permissions(typed: str) -> frozenset[Permission]:
    """Return the permissions in a comma-separated list of ids, phrases, groups (`member.*`) and roles.

    A built-in role stands for all permissions that it holds.
    """
    found: set[Permission] = set()
    for part in typed_lists.listed(typed):
        wanted = part.casefold()
        if wanted == _NOTHING:
            continue
        role = roles.named(wanted)
        fitting = set(role.holds) if role else {one for one in Permission if _means(wanted, one)}
        if not fitting and role is None:
            raise BadValue("permissions", f"has no meaning: “{part[:40]}”", "member.read, Reporter")
        found |= fitting
    return frozenset(found)


def _means(wanted: str, atom: Permission) -> bool:
    group = wanted.removesuffix(".*")
    return wanted in {atom.value, atom.phrase.casefold()} or (
        group != wanted and atom.value.startswith(f"{group}.")
    )


def _custom_name(typed: str) -> str:
    """Return a custom role's name with spaces normalized; raise unless a list can contain it."""
    name = " ".join(typed.split())
    if roles.named(name) is not None:
        raise NameTaken(name)
    if "," in name or not typed_lists.is_single_name(name):
        raise BadValue("name", "cannot have a comma or semicolon in it", "Front Office")
    return name


def _refuse_lookalike(uow: UnitOfWork, role: CustomRole) -> None:
    """Raise `BadValue` for a name that looks like another role's, even in letters of another script."""
    look, same = skeleton(role.name), role.name.casefold()
    own = (one.name for one in uow.roles.of_school(role.school_id) if one.id != role.id)
    for name in (*(one.name for one in roles.BUILT_IN), *roles.ALIASES, *own):
        if name.casefold() != same and skeleton(name) == look:
            raise BadValue("name", f"looks like that of the role “{name}”: choose another")


def _require_reach(uow: UnitOfWork, actor: Actor, school: School, role: CustomRole) -> None:
    """Raise unless the actor may manage roles and holds or may grant all permissions in this one."""
    access.require(uow, actor, Permission.ROLE_MANAGE, school)
    allowed = access.rights_of(uow, actor, school).reach & roles.AT_SCHOOL
    beyond = role.role.reach - allowed
    if beyond:
        raise PermissionsAboveCeiling(tuple(sorted(atom.value for atom in beyond)))


def _told(role: CustomRole) -> dict[str, object]:
    return {
        "role": role.name,
        "holds": sorted(atom.value for atom in role.holds),
        "may_grant": sorted(atom.value for atom in role.may_grant),
    }


def _record(
    uow: UnitOfWork,
    actor: Actor,
    action: str,
    role: CustomRole,
    *,
    old: audit.AuditValues | None = None,
    new: audit.AuditValues | None = None,
) -> None:
    audit.record(uow, actor, action, role.subject, school_id=role.school_id, old=old, new=new)

"""Groups: an identity provider fills them, and an admin links each to a role at a school."""

from collections.abc import Callable, Collection

from bot.core import audit
from bot.core.errors import BadValue, NameUnclear, NotFound, NothingToChange
from bot.core.ids import new_id
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.schools import districts
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.scim import group_roles, reach
from bot.core.scim.model import Group, Page
from bot.core.scim.queries import Compare, Field, Op, Query
from bot.core.values import dataclass, replace


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a group: its name, and the ids of the users who are added and dropped."""

    name: str
    external_id: str | None
    add: frozenset[str] = frozenset()
    drop: frozenset[str] = frozenset()


def found(uow: UnitOfWork, actor: Actor, query: Query, *, start: int, limit: int) -> Page:
    """Find groups by a query."""
    total, groups = uow.scim_groups.search(reach.district_of(actor), query, start=start, limit=limit)
    return Page(total, groups=tuple(groups))


def shown(uow: UnitOfWork, actor: Actor, group_id: str) -> Group:
    """Return a group; refuses with `NotFound` if there is none with this id."""
    group = uow.scim_groups.by_id(reach.district_of(actor), group_id)
    if group is None:
        raise NotFound("group")
    return group


def create(uow: UnitOfWork, actor: Actor, edit: Edit) -> Group:
    """Create a group; it gives nothing until an admin links it."""
    district_id = reach.district_of(actor)
    uow.districts.lock(district_id)
    group = Group(new_id(uow.now), district_id, edit.name, uow.now, uow.now, edit.external_id)
    uow.scim_groups.add(group)
    persons = _persons(uow, district_id, edit.add)
    uow.scim_groups.put(group.id, persons)
    audit.record(uow, actor, "scim_group.created", group.subject, new={"added": len(persons)})
    return group


def change(uow: UnitOfWork, actor: Actor, group_id: str, changed: Callable[[Group], Edit]) -> Group:
    """Change a group's name and members; members get the role to which the group is linked."""
    district_id = reach.district_of(actor)
    uow.districts.lock(district_id)
    group = shown(uow, actor, group_id)
    edit = changed(group)
    added = _persons(uow, district_id, edit.add)
    dropped = [person_id for _, person_id in uow.scim_groups.members(group_id, edit.drop)]
    named = (edit.name, edit.external_id) != (group.name, group.external_id)
    if not (named or added or dropped):
        return group
    after = replace(group, name=edit.name, external_id=edit.external_id, changed_at=uow.now)
    uow.scim_groups.save(after)
    uow.scim_groups.put(group_id, added)
    uow.scim_groups.drop(group_id, dropped)
    new: dict[str, object] = {"added": len(added), "dropped": len(dropped)}
    audit.record(uow, actor, "scim_group.edited", group.subject, new=new)
    if group.school_id is not None:
        group_roles.settle_all(uow, actor, [*added, *dropped])
    return after


def _persons(uow: UnitOfWork, district_id: str, ids: Collection[str]) -> list[str]:
    known = uow.scim_users.person_ids(district_id, ids)
    if len(known) < len(ids):
        raise BadValue("members", "names somebody who is not a user here")
    return sorted(known.values())


def delete(uow: UnitOfWork, actor: Actor, group_id: str) -> None:
    """Delete a group; roles that only this group gave are taken."""
    uow.districts.lock(reach.district_of(actor))
    group = shown(uow, actor, group_id)
    uow.scim_groups.delete(group_id)
    audit.record(uow, actor, "scim_group.deleted", group.subject)


# Commands of an admin.


def named(uow: UnitOfWork, district: District, typed: str) -> Group:
    """Find a district's group by its id, or by a name that only one group has.

    Refuses with `NotFound`, or with `NameUnclear` if several groups have the name.
    """
    wanted = " ".join(typed.split())
    by_id = uow.scim_groups.by_id(district.id, wanted.lower())
    if by_id is not None:
        return by_id
    called = Compare(Field.DISPLAY_NAME, Op.EQ, wanted)
    total, groups = uow.scim_groups.search(district.id, called, start=0, limit=1)
    if total > 1:
        raise NameUnclear(wanted)
    if not groups:
        raise NotFound("group")
    return groups[0]


def link(uow: UnitOfWork, actor: Actor, district: District, group: Group, school: School, role: str) -> Group:
    """Link a group, so that its members have a role at a school, within the actor's own grant ceiling.

    Refuses with `RoleAboveCeiling`.
    """
    districts.lock_in_use(uow, actor, district)
    if school.district_id != district.id or school.archived:
        raise NotFound("school")
    given = access.grantable_role(uow, actor, school, role)
    current = uow.scim_groups.by_id(district.id, group.id)
    if current is None:
        raise NotFound("group")
    if (current.school_id, current.role) == (school.id, given.name):
        raise NothingToChange("linked")
    linked = replace(current, school_id=school.id, role=given.name, changed_at=uow.now)
    uow.scim_groups.save(linked)
    uow.scim_groups.make_members_due(group.id)
    old: dict[str, object] = {"school": current.school_id, "role": current.role}
    new: dict[str, object] = {"school": school.id, "role": given.name}
    audit.record(uow, actor, "scim_group.linked", group.subject, school_id=school.id, old=old, new=new)
    return linked


def unlink(uow: UnitOfWork, actor: Actor, district: District, group: Group) -> Group:
    """Unlink a group, so that it gives nothing. Its members keep their roles, now as the school's own."""
    districts.lock_in_use(uow, actor, district)
    current = uow.scim_groups.by_id(district.id, group.id)
    if current is None or current.school_id is None or current.role is None:
        raise NothingToChange("not linked")
    uow.scim_groups.release(current)
    free = replace(current, school_id=None, role=None, changed_at=uow.now)
    uow.scim_groups.save(free)
    old: dict[str, object] = {"school": current.school_id, "role": current.role}
    audit.record(uow, actor, "scim_group.unlinked", group.subject, school_id=current.school_id, old=old)
    return free

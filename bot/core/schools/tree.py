"""Schools in the tree of districts: created in one, moved to another, archived and restored."""

from typing import Any

from bot.core import audit
from bot.core.errors import DistrictArchived, NotFound, NothingToChange
from bot.core.ids import new_id
from bot.core.notices import news
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools import schools
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.values import replace


def create_in(uow: UnitOfWork, actor: Actor, district: District, name: str, **settings: Any) -> School:
    """Create a school in a district. Its first School Admin becomes its Primary Admin, not its creator."""
    uow.districts.lock(district.id)
    access.require_over(uow, actor, Permission.SCHOOL_CREATE, district.id)
    current = _in_use(uow, district)
    school = School(new_id(uow.now), name, uow.now, district_id=current.id, **settings)
    schools.add(uow, school)
    schools.link_where_administered(uow, actor, school)
    audit.record(
        uow,
        actor,
        "school.created",
        school.subject,
        school_id=school.id,
        new=schools.audited_settings(school),
    )
    return school


def move(uow: UnitOfWork, actor: Actor, school: School, district: District | None) -> School:
    """Move a school to another district, or out of any; the actor must be able to create schools in both."""
    if district is not None:
        uow.districts.lock(district.id)
        district = _in_use(uow, district)
    current = _held(uow, actor, school)
    access.require_over(uow, actor, Permission.SCHOOL_CREATE, district.id if district else None)
    moved = replace(current, district_id=district.id if district else None)
    if moved == current:
        raise NothingToChange("in that district already" if district else "in no district already")
    schools.save(uow, moved)
    entry = audit.record(
        uow,
        actor,
        "school.moved",
        school.subject,
        school_id=school.id,
        old={"district_id": current.district_id},
        new={"district_id": moved.district_id},
    )
    news.of_school(uow, actor, entry)
    return moved


def archive(uow: UnitOfWork, actor: Actor, school: School) -> School:
    """Archive a school: from now on, only admins of its district and of the system have rights in it."""
    current = _held(uow, actor, school, closing=True)
    if current.archived:
        raise NothingToChange("archived")
    archived = replace(current, archived_at=uow.now)
    schools.save(uow, archived)
    _record(uow, actor, "school.archived", school)
    return archived


def restore(uow: UnitOfWork, actor: Actor, school: School) -> School:
    """Restore an archived school as it was."""
    if school.district_id is not None:
        uow.districts.lock(school.district_id)
    current = _held(uow, actor, school)
    if not current.archived:
        raise NothingToChange("at work")
    restored = replace(current, archived_at=None)
    district = uow.districts.by_id(current.district_id) if current.district_id else None
    if district is not None:
        _in_use(uow, district)
    schools.refuse_name(uow, restored)
    schools.save(uow, restored)
    _record(uow, actor, "school.restored", school)
    return restored


def _held(uow: UnitOfWork, actor: Actor, school: School, *, closing: bool = False) -> School:
    """Lock a school and return it as it is now; refuses an actor who may not create schools there."""
    uow.schools.lock(school.id, closing=closing)
    current = uow.schools.by_id(school.id)
    assert current is not None  # noqa: S101 - a school cannot be deleted
    access.require(uow, actor, Permission.SCHOOL_CREATE, current)
    return current


def _in_use(uow: UnitOfWork, district: District) -> District:
    current = uow.districts.by_id(district.id)
    if current is None:
        raise NotFound("district")
    if current.archived_at is not None:
        raise DistrictArchived(current.name)
    return current


def _record(uow: UnitOfWork, actor: Actor, action: str, school: School) -> None:
    entry = audit.record(uow, actor, action, school.subject, school_id=school.id)
    news.of_school(uow, actor, entry)

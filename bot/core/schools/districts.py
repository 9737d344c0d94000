"""Districts, the schools in them, and who has a role over a whole district."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.core import audit
from bot.core.errors import (
    AboveYou,
    DistrictNotEmpty,
    DistrictUnclear,
    NameTaken,
    NameUnclear,
    NotFound,
    NothingToChange,
    OwnMembership,
    RoleAboveCeiling,
)
from bot.core.ids import new_id
from bot.core.name_matching import matching
from bot.core.notices import news
from bot.core.notices.news import Topic
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights import access, roles
from bot.core.rights.actors import Actor, Person
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import Role, ScopeKind
from bot.core.schools import schools
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace

# How many names that contain the typed text are searched for an exact match.
_MOST_BY_NAME = 200
# How many districts a `DistrictUnclear` refusal names at most.
_MOST_NAMED = 25
# How many schools are read at a time when all of a district are wanted.
_AT_ONCE = 500


def subject_of(district_id: str) -> str:
    """Return a district's name in the audit log."""
    return f"district:{district_id}"


@dataclass(frozen=True, slots=True)
class District:
    """A group of schools with admins of its own."""

    id: str
    name: str
    created_at: datetime
    archived_at: datetime | None = None

    @property
    def subject(self) -> str:
        """The district's name in the audit log."""
        return subject_of(self.id)


@dataclass(frozen=True, slots=True)
class DistrictRole:
    """A person with one of their roles over a district."""

    person: Person
    role: str


def schools_of(uow: UnitOfWork, district_id: str) -> Iterator[School]:
    """Iterate over all schools of a district that are not archived, by name."""
    after = None
    while found := uow.districts.schools(district_id, after=after, limit=_AT_ONCE):
        yield from found
        after = found[-1].id


def create(uow: UnitOfWork, actor: Actor, name: str) -> District:
    """Create a district. Only System Administrators may."""
    access.require_over(uow, actor, Permission.DISTRICT_MANAGE, None)
    _refuse_taken(uow, name)
    district = District(new_id(uow.now), name, uow.now)
    uow.districts.add(district)
    audit.record(uow, actor, "district.created", district.subject, new={"name": name})
    return district


def edit(uow: UnitOfWork, actor: Actor, district: District, *, name: str) -> District:
    """Rename a district."""
    current = _held(uow, actor, district, Permission.DISTRICT_MANAGE)
    _refuse_taken(uow, name, excluding=district.id)
    if name == current.name:
        raise NothingToChange(name)
    edited = replace(current, name=name)
    uow.districts.save(edited)
    old = {"name": current.name}
    audit.record(uow, actor, "district.edited", district.subject, old=old, new={"name": name})
    return edited


def archive(uow: UnitOfWork, actor: Actor, district: District) -> District:
    """Archive a district; raise `DistrictNotEmpty` while any school in it is not archived."""
    current = _held(uow, actor, district, Permission.DISTRICT_MANAGE)
    if current.archived_at is not None:
        raise NothingToChange("archived")
    if uow.districts.schools(district.id, after=None, limit=1):
        raise DistrictNotEmpty(current.name)
    archived = replace(current, archived_at=uow.now)
    uow.districts.save(archived)
    audit.record(uow, actor, "district.archived", district.subject, new={"state": "archived"})
    return archived


def restore(uow: UnitOfWork, actor: Actor, district: District) -> District:
    """Take an archived district back into use."""
    current = _held(uow, actor, district, Permission.DISTRICT_MANAGE)
    if current.archived_at is None:
        raise NothingToChange("in use")
    _refuse_taken(uow, current.name)
    restored = replace(current, archived_at=None)
    uow.districts.save(restored)
    audit.record(uow, actor, "district.restored", district.subject, old={"state": "archived"})
    return restored


def grant(uow: UnitOfWork, actor: Actor, district: District, person_id: str, role: str) -> Role:
    """Give a person a role over a whole district, within the grant ceiling."""
    given = _may_change(uow, actor, district, person_id, role)
    at, by = uow.now, actor.person_id
    if not uow.districts.assign(person_id, given.name, district.id, by=by, at=at):
        raise NothingToChange(given.name)
    new: dict[str, object] = {"role": given.name, "scope": district.subject}
    entry = audit.record(uow, actor, "role.granted", f"person:{person_id}", new=new)
    news.tell(uow, actor, entry, Topic.OVERSEEING, person_id)
    return given


def take(uow: UnitOfWork, actor: Actor, district: District, person_id: str, role: str) -> Role:
    """Take a role over a district from a person; whoever may give the role may take it."""
    taken = _may_change(uow, actor, district, person_id, role)
    if not uow.districts.unassign(person_id, taken.name, district.id):
        raise NothingToChange(f"not {taken.name}")
    old: dict[str, object] = {"role": taken.name, "scope": district.subject}
    entry = audit.record(uow, actor, "role.taken", f"person:{person_id}", old=old)
    news.tell(uow, actor, entry, Topic.OVERSEEING, person_id)
    return taken


def _may_change(uow: UnitOfWork, actor: Actor, district: District, person_id: str, name: str) -> Role:
    """Return the district role of that name, if the actor may give it to or take it from a person."""
    _held(uow, actor, district, Permission.ROLE_GRANT)
    uow.people.hold(person_id)  # the role would be left behind if the person were merged into another now
    if person_id == actor.person_id:
        raise OwnMembership
    rights = access.rights_over(uow, actor, district.id)
    target = uow.districts.rights(person_id, district.id)
    if access.named_by_settings(uow, person_id):
        target = roles.Rights.of([roles.SYSTEM_ADMINISTRATOR.name])
    if not rights.include(target):
        raise AboveYou
    role = roles.named(name)
    if (
        role is None
        or role.level is not ScopeKind.DISTRICT
        or not roles.may_grant(rights, role, target=target, target_is_giver=False)
    ):
        raise RoleAboveCeiling(name, tuple(one.name for one in grantable(uow, actor, district)))
    return role


def grantable(uow: UnitOfWork, actor: Actor, district: District) -> tuple[Role, ...]:
    """Return the district roles that the actor may give to a person who has none."""
    rights = access.rights_over(uow, actor, district.id)
    return tuple(
        role
        for role in roles.BUILT_IN
        if role.level is ScopeKind.DISTRICT
        and roles.may_grant(rights, role, target=roles.Rights(), target_is_giver=False)
    )


def _held(uow: UnitOfWork, actor: Actor, district: District, needs: Permission) -> District:
    """Lock a district until the unit of work ends; return it, read again, if the actor has the permission."""
    uow.districts.lock(district.id)
    access.require_over(uow, actor, needs, district.id)
    current = uow.districts.by_id(district.id)
    assert current is not None  # noqa: S101 - a district cannot be deleted
    return current


def lock_in_use(uow: UnitOfWork, actor: Actor, district: District) -> None:
    """Lock a district until the unit of work ends.

    Refuse if the actor may not manage the district, or if it is archived.
    """
    if _held(uow, actor, district, Permission.DISTRICT_MANAGE).archived_at is not None:
        raise NotFound("district")


def _refuse_taken(uow: UnitOfWork, name: str, *, excluding: str = "") -> None:
    uow.system.lock()  # two units cannot both find the name free and take it
    other = uow.districts.by_name(name)
    if other is not None and other.id != excluding:
        raise NameTaken(name)


def find(uow: UnitOfWork, actor: Actor, typed: str, *, archived: bool = False) -> District:
    """Find a district where the actor has a role, by name or id; if nothing was typed, their only one.

    A name means the district in use; with `archived` it means the archived one of that name, if there is one.
    Raise `NotFound`, or `DistrictUnclear` if nothing was typed and the actor has several.
    """
    sees_all = schools.is_system_administrator(uow, actor)
    if actor.person_id is None and not sees_all:
        raise NotFound("district")
    person_id = None if sees_all else actor.person_id
    if typed:
        wanted = " ".join(typed.split())
        old = _archived(uow, person_id, wanted) if archived else None
        found = uow.districts.by_id(wanted.lower()) or old or uow.districts.by_name(wanted)
        if found is None or (person_id and not uow.districts.rights(person_id, found.id).reach):
            raise NotFound("district")
        return found
    own = uow.districts.of_person(person_id, text="", after=None, limit=_MOST_NAMED)
    if not own:
        raise NotFound("district")
    if len(own) > 1:
        raise DistrictUnclear(tuple(one.name for one in own))
    return own[0]


def _archived(uow: UnitOfWork, person_id: str | None, name: str) -> District | None:
    """Return the most recently archived district of a name, among those where the person has a role.

    Without a person, all archived districts are searched.
    """
    old = uow.districts.of_person(person_id, text=name, after=None, limit=_MOST_BY_NAME, archived=True)
    called = [one for one in old if one.name.casefold() == name.casefold()]
    return max(called, key=lambda one: str(one.archived_at), default=None)


def people(uow: UnitOfWork, actor: Actor, district: District, text: str, limit: int) -> Sequence[Person]:
    """List a district's people by name; for System Administrators, people of the whole installation."""
    within = None if schools.is_system_administrator(uow, actor) else district.id
    return uow.districts.people(within, text, limit)


def person(uow: UnitOfWork, actor: Actor, district: District, typed: str) -> Person:
    """Find one of the people that `people` lists, by name, e-mail address or id.

    Raise `NotFound`, or `NameUnclear` if several have the name.
    """
    wanted = typed.strip()
    known = uow.people.by_email(wanted) if "@" in wanted else None
    if known is None and members.is_address(wanted):
        raise NotFound("person")
    wanted = known.id if known else wanted
    found = people(uow, actor, district, wanted, _MOST_BY_NAME)
    called = [one for one in found if one.id == wanted.lower()] or matching(found, wanted)
    if len(called) > 1:
        raise NameUnclear(wanted)
    if not called:
        raise NotFound("person")
    return called[0]

"""How a district's admin sets up the sync: where the folder is, and what its schools and roles mean."""

import re
from collections.abc import Iterable
from datetime import time

from bot.core import audit
from bot.core.errors import BadValue, NotFound, NothingToChange
from bot.core.oneroster import runs
from bot.core.oneroster.model import NOTHING, ROLE_MAP, SCHOOLS_DEFAULT, Source, acting_for
from bot.core.ports import UnitOfWork
from bot.core.rights import access, roles
from bot.core.rights.actors import Actor
from bot.core.schools import districts, schools
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.values import replace

# A single name below the root: no path, and not hidden.
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}")


def connect(
    uow: UnitOfWork, actor: Actor, district: District, *, folder: str, zone: str, at: time | None
) -> Source:
    """Set a district's folder, and when it is synced each day; with `at` None, never by itself."""
    districts.lock_in_use(uow, actor, district)
    if not _FOLDER.fullmatch(folder) or folder.endswith((".", " ")):
        raise BadValue("folder", "is not the name of a folder or zip below the root", "north-district")
    uow.system.lock()  # so that two districts cannot take one folder at once
    if _place_key(folder) in map(_place_key, uow.oneroster.folders(excluding=district.id)):
        raise BadValue("folder", "is another district's")
    before = uow.oneroster.source(district.id)
    own = [district.id, *([before.folder] if before else [])]
    _refuse_unproven(uow, actor, district, folder, own)
    source = Source(district.id, folder, zone, at, before.connected_at if before else uow.now, uow.now)
    source = replace(source, next_at=runs.next_time(source, uow.now))
    uow.oneroster.save_source(source)
    old = _told(before) if before else {}
    audit.record(uow, actor, "oneroster.connected", district.subject, old=old, new=_told(source))
    return source


def _told(source: Source) -> dict[str, object]:
    return {"folder": source.folder, "zone": source.zone, "at": str(source.at) if source.at else None}


def _refuse_unproven(
    uow: UnitOfWork, actor: Actor, district: District, folder: str, own: Iterable[str]
) -> None:
    """Refuse a folder that could be another district's, unless a System Administrator chooses it.

    A folder named after the district's id is its own, and so is the one that it uses now.
    """
    if _place_key(folder) not in map(_place_key, own) and not schools.is_system_administrator(uow, actor):
        wrong = f"is for a System Administrator to choose; a folder named {district.id} is your district's"
        raise BadValue("folder", wrong, district.id)


def _place_key(folder: str) -> str:
    """Return the same text for all names of one place: a folder and its zip file, ignoring case."""
    return folder.casefold().removesuffix(".zip")


def disconnect(uow: UnitOfWork, actor: Actor, district: District) -> None:
    """Remove a district's source. The roles and memberships that it gave remain."""
    districts.lock_in_use(uow, actor, district)
    if uow.oneroster.source(district.id) is None:
        raise NothingToChange("not connected")
    uow.oneroster.drop(district.id)
    audit.record(uow, actor, "oneroster.disconnected", district.subject)


def map_school(uow: UnitOfWork, actor: Actor, district: District, org: str, school: School | None) -> str:
    """Map an organisation to a school, or to none, so that its people are left out; return its name."""
    districts.lock_in_use(uow, actor, district)
    found = _find_org(uow, district, org)
    if school is not None and (school.district_id != district.id or school.archived):
        raise NotFound("school")
    before = uow.oneroster_known.orgs(district.id)[found]
    after = before._replace(school_id=school.id if school else None, chosen=True)
    if after == before:
        raise NothingToChange("as you want it")
    uow.oneroster_known.put_orgs(district.id, {found: after})
    audit.record(
        uow,
        actor,
        "oneroster.school_mapped",
        district.subject,
        old={"school": before.school_id},
        new={"org": found, "school": after.school_id},
    )
    return before.name


def _find_org(uow: UnitOfWork, district: District, typed: str) -> str:
    """Find an organisation by its sourcedId, or by its full name."""
    orgs = uow.oneroster_known.orgs(district.id)
    wanted = typed.strip().casefold()
    fitting = [key for key, one in orgs.items() if one.name.casefold() == wanted]
    if typed in orgs:
        return typed
    if len(fitting) != 1:
        raise NotFound("organisation")
    return fitting[0]


def map_role(uow: UnitOfWork, actor: Actor, district: District, source: str, role: str) -> str:
    """Map a role of the source to a role here, to the school's default role, or to nothing."""
    districts.lock_in_use(uow, actor, district)
    known = {**ROLE_MAP, **uow.oneroster_known.roles(district.id)}
    named = next((one for one in known if one.casefold() == source.strip().casefold()), source.strip())
    if named not in known and not named.startswith("ext:"):
        raise BadValue("source", "is no role of OneRoster", "teacher")
    meant = _find_role(uow, district, role)
    if known.get(named, NOTHING) == meant:
        raise NothingToChange("as you want it")
    uow.oneroster_known.set_role(district.id, named, meant)
    old, new = {"role": known.get(named, NOTHING)}, {"source": named, "role": meant}
    audit.record(uow, actor, "oneroster.role_mapped", district.subject, old=old, new=new)
    return named


def _find_role(uow: UnitOfWork, district: District, typed: str) -> str:
    """Find the role to map to: only built-in ones, since custom roles exist in a single school."""
    if typed.casefold() in {SCHOOLS_DEFAULT, NOTHING}:
        return typed.casefold()
    own = uow.districts.schools(district.id, after=None, limit=1)
    offered = access.grantable(uow, acting_for(district.id), own[0]) if own else ()
    built_in = (one.name for one in offered if roles.named(one.name) is not None)
    found = next((one for one in built_in if one.casefold() == typed.casefold()), None)
    if found is None:
        raise BadValue("role", "is not a role that a sync may give", "Teacher")
    return found

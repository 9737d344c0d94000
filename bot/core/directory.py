"""Lists of people: who may see which, and all that an entry shows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.core import access
from bot.core.actors import Actor
from bot.core.errors import BadValue, NotFound
from bot.core.members import Member
from bot.core.people_filter import PeopleFilter, Status
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.values import dataclass, replace

# So many are counted for a list, and for a search, where each is looked for.
MOST_LISTED, MOST_FOUND = 10_000, 100


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list: entries, the issuers of their persons' accounts, the names of their schools."""

    school: School
    wanted: PeopleFilter
    total: int
    # Whether there are more than `total`: beyond that nobody counts.
    uncounted: bool
    found: Sequence[Member]
    accounts: Mapping[str, Sequence[str]]
    schools: Mapping[str, str]
    more: bool
    # Where nobody is found: how many would be, had they not been taken off the list.
    archived: int = 0


def page(
    uow: UnitOfWork, actor: Actor, school: School, wanted: PeopleFilter, *, after: str | None, limit: int
) -> Listing:
    """Read one page of those whom a filter means."""
    require(uow, actor, school, wanted)
    found = uow.members.listed(wanted, after=after, limit=limit + 1)
    shown = found[:limit]
    accounts: defaultdict[str, list[str]] = defaultdict(list)
    for person_id, account in uow.people.accounts([one.membership.person_id for one in shown]):
        accounts[person_id].append(account.issuer)
    most = MOST_FOUND if wanted.words else MOST_LISTED
    # A first page that holds all needs no counting.
    full = after is not None or len(found) > limit
    total = uow.members.count(wanted, most=most + 1) if full else len(found)
    missed = replace(wanted, status=Status.ARCHIVED) if wanted.words and wanted.status is None else None
    archived = 0 if found or missed is None else uow.members.count(missed, most=MOST_FOUND)
    return Listing(
        school,
        wanted,
        min(total, most),
        total > most,
        shown,
        accounts,
        _names(uow, shown),
        len(found) > limit,
        archived,
    )


def _names(uow: UnitOfWork, shown: Sequence[Member]) -> dict[str, str]:
    known = {
        school_id: uow.schools.by_id(school_id) for school_id in {one.membership.school_id for one in shown}
    }
    return {school_id: school.name for school_id, school in known.items() if school}


def require(uow: UnitOfWork, actor: Actor, school: School, wanted: PeopleFilter) -> None:
    """Refuse whoever may not see all whom a filter means: lists and bulk acts ask here first.

    A school's members are seen by who may see them there, and their grade levels by who may enter them. Those
    of a district are seen by who has the right over all of it, not by a role in one of its schools.
    """
    if wanted.school_id != school.id:
        raise NotFound("school")
    access.require(uow, actor, Permission.MEMBER_READ, school)
    if wanted.grades:
        access.require(uow, actor, Permission.MEMBER_EDIT, school)
    if wanted.district_id is None:
        return
    if wanted.district_id != school.district_id:
        raise NotFound("district")
    access.require_over(uow, actor, Permission.MEMBER_READ, wanted.district_id)
    if wanted.grades:
        access.require_over(uow, actor, Permission.MEMBER_EDIT, wanted.district_id)


def of_district(school: School, wanted: PeopleFilter) -> PeopleFilter:
    """Widen a filter to the whole district of its school; refuses where that is in none."""
    if school.district_id is None:
        raise BadValue("view", f"cannot be that: {school.name} belongs to no district")
    return replace(wanted, district_id=school.district_id)


def school_of(uow: UnitOfWork, actor: Actor, membership_id: str) -> School:
    """Find the school of an entry that the actor may see; any other entry might as well not be there."""
    school_id = uow.members.school_of(membership_id)
    school = uow.schools.by_id(school_id) if school_id else None
    if school is None or not access.holds(uow, actor, Permission.MEMBER_READ, school):
        raise NotFound("member")
    return school

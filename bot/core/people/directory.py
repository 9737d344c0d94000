"""Lists of members: who may see which members, and what an entry shows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.core.errors import BadValue, NotFound, OptionName
from bot.core.people.members import Member
from bot.core.people.people_filter import PeopleFilter, Status
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace

# How far the members of a list are counted. A search is counted less far, since it examines each match.
MOST_LISTED, MOST_FOUND = 10_000, 100


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of members, with the issuers of their accounts by person id, and school names by school id."""

    school: School
    wanted: PeopleFilter
    total: int
    # Whether there are more than `total`, where counting stopped.
    uncounted: bool
    found: Sequence[Member]
    accounts: Mapping[str, Sequence[str]]
    schools: Mapping[str, str]
    more: bool
    # If what a search finds fits on a page: how many archived members it would have found, too.
    archived: int = 0


def page(
    uow: UnitOfWork, actor: Actor, school: School, wanted: PeopleFilter, *, after: str | None, limit: int
) -> Listing:
    """Return one page of the members that match a filter, if the actor may see all of them."""
    require(uow, actor, school, wanted)
    found = uow.members.listed(wanted, after=after, limit=limit + 1)
    shown = found[:limit]
    most = MOST_FOUND if wanted.words else MOST_LISTED
    # A first page that has every match needs no counting.
    full = after is not None or len(found) > limit
    total = uow.members.count(wanted, most=most + 1) if full else len(found)
    missed = replace(wanted, status=Status.ARCHIVED) if wanted.words and wanted.status is None else None
    archived = 0 if full or missed is None else uow.members.count(missed, most=MOST_FOUND)
    return Listing(
        school,
        wanted,
        min(total, most),
        total > most,
        shown,
        issuers(uow, shown),
        _names(uow, shown),
        len(found) > limit,
        archived,
    )


def issuers(uow: UnitOfWork, found: Sequence[Member]) -> Mapping[str, Sequence[str]]:
    """Return the issuers of members' accounts, by person id."""
    by_person: defaultdict[str, list[str]] = defaultdict(list)
    for person_id, account in uow.people.accounts([one.membership.person_id for one in found]):
        by_person[person_id].append(account.issuer)
    return by_person


def _names(uow: UnitOfWork, shown: Sequence[Member]) -> dict[str, str]:
    known = {
        school_id: uow.schools.by_id(school_id) for school_id in {one.membership.school_id for one in shown}
    }
    return {school_id: school.name for school_id, school in known.items() if school}


def require(uow: UnitOfWork, actor: Actor, school: School, wanted: PeopleFilter) -> None:
    """Refuse an actor who may not see every member that a filter matches. Lists and bulk acts call it first.

    Listing a school's members needs `MEMBER_READ` there; filtering by grade level also needs `MEMBER_EDIT`. A
    filter over a district needs them over the whole district: a role in one of its schools is not enough.
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


def of_district(school: School, wanted: PeopleFilter, option: OptionName = "view") -> PeopleFilter:
    """Widen a filter to the whole district of its school; refuse the option if the school belongs to none."""
    return replace(wanted, district_id=whole_district(school, option))


def whole_district(school: School, option: OptionName) -> str:
    """Return the id of a school's district; refuse the option that means it if the school belongs to none."""
    if school.district_id is None:
        raise BadValue(option, f"cannot be that: {school.name} belongs to no district")
    return school.district_id


def school_of(uow: UnitOfWork, actor: Actor, membership_id: str) -> School:
    """Return the school of a membership that the actor may see; raise `NotFound` for any other membership."""
    school_id = uow.members.school_of(membership_id)
    school = uow.schools.by_id(school_id) if school_id else None
    if school is None or not access.holds(uow, actor, Permission.MEMBER_READ, school):
        raise NotFound("member")
    return school

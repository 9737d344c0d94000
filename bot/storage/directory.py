"""Members as lists show them: searched, narrowed, counted, page by page."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    tuple_,
)

from bot.core.members import Access, Member, Membership, Standing, Visibility
from bot.core.people_filter import Invited, PeopleFilter, Status
from bot.core.roles import ScopeKind
from bot.storage.invited import email, invited
from bot.storage.statements import Row, contains
from bot.storage.tables import (
    assignments,
    memberships,
    person_emails,
    persons,
    redemptions,
    schools,
)

_LISTED = memberships.c.visibility == Visibility.LISTED.value
_ARCHIVED = memberships.c.visibility == Visibility.ARCHIVED.value
_OK = memberships.c.access == Access.OK.value
_OF_MEMBER = and_(
    assignments.c.person_id == memberships.c.person_id,
    assignments.c.scope_kind == ScopeKind.SCHOOL.value,
    assignments.c.scope_id == memberships.c.school_id,
)
_SOURCE = memberships.join(persons, persons.c.id == memberships.c.person_id).outerjoin(
    person_emails, person_emails.c.person_id == persons.c.id
)
_PLACE = (persons.c.search_name, memberships.c.id)


@dataclass(frozen=True, slots=True)
class Look:
    """A connection to look through, and the moment of looking: invitations expire by themselves."""

    connection: Connection
    now: datetime


def _entries(now: datetime) -> Select[*tuple[object, ...]]:
    told = (
        persons.c.name,
        person_emails.c.address,
        invited(now).label("invited"),
        email().label("invited_by"),
    )
    return select(memberships, *told).select_from(_SOURCE)


def membership(row: Row) -> Membership:
    """Make a membership of its row."""
    return Membership(
        id=row.id,
        school_id=row.school_id,
        person_id=row.person_id,
        standing=Standing(row.standing),
        created_at=row.created_at,
        access=Access(row.access),
        visibility=Visibility(row.visibility),
        joined_at=row.joined_at,
    )


def one(look: Look, school_id: str, membership_id: str) -> Member | None:
    """Find a member of a school."""
    query = _entries(look.now).where(memberships.c.school_id == school_id, memberships.c.id == membership_id)
    return next(iter(_members(look.connection, query)), None)


def page(look: Look, wanted: PeopleFilter, after: str | None, limit: int) -> Sequence[Member]:
    """List members by name, those after the membership `after`."""
    return _members(look.connection, _paged(look, _entries(look.now), wanted, after, limit))


def ids(look: Look, wanted: PeopleFilter, after: str | None, limit: int) -> Sequence[str]:
    """List the memberships' ids in the same order."""
    chosen = select(memberships.c.id).select_from(_SOURCE)
    query = _paged(look, chosen, wanted, after, limit)
    return look.connection.execute(query).scalars().all()


def count(look: Look, wanted: PeopleFilter) -> int:
    """Count those that are wanted."""
    source = _SOURCE if wanted.words else memberships  # only a search reads names
    return look.connection.execute(
        select(func.count()).select_from(source).where(*_fits(wanted, look.now))
    ).scalar_one()


def person_ids(look: Look, wanted: PeopleFilter) -> Select[*tuple[object, ...]]:
    """Search for the persons of those that are wanted; who is in several schools is found in each."""
    source = _SOURCE if wanted.words else memberships
    return select(memberships.c.person_id).select_from(source).where(*_fits(wanted, look.now))


def school_of(connection: Connection, membership_id: str) -> str | None:
    """Name the school of a membership, by its id."""
    query = select(memberships.c.school_id).where(memberships.c.id == membership_id)
    return connection.execute(query).scalar_one_or_none()


def _paged(
    look: Look,
    query: Select[*tuple[object, ...]],
    wanted: PeopleFilter,
    after: str | None,
    limit: int,
) -> Select[*tuple[object, ...]]:
    query = query.where(*_fits(wanted, look.now)).order_by(*_PLACE).limit(limit)
    if after is None:
        return query
    last = select(*_PLACE).select_from(_SOURCE).where(memberships.c.id == after, _in_place(wanted))
    name, last_id = look.connection.execute(last).one_or_none() or ("", "")
    return query.where(tuple_(*_PLACE) > tuple_(name, last_id))


def _in_place(wanted: PeopleFilter) -> ColumnElement[bool]:
    if wanted.district_id is None:
        return memberships.c.school_id == wanted.school_id
    below = (schools.c.district_id == wanted.district_id, schools.c.archived_at.is_(None))
    return memberships.c.school_id.in_(select(schools.c.id).where(*below))


def _fits(wanted: PeopleFilter, now: datetime) -> list[ColumnElement[bool]]:
    """Say in SQL what a filter means."""
    found = [_in_place(wanted), _stands(wanted)]
    for word in wanted.words:
        part = contains(word)
        found.append(
            or_(persons.c.search_name.like(part, escape="\\"), person_emails.c.key.like(part, escape="\\"))
        )
    if wanted.role is not None:
        found.append(exists().where(_OF_MEMBER, assignments.c.role == wanted.role))
    if wanted.invited is not None:
        found.append(invited(now) == wanted.invited.value)
    if wanted.came_by is not None:
        through = (redemptions.c.invitation_id == wanted.came_by,)
        found.append(memberships.c.person_id.in_(select(redemptions.c.person_id).where(*through)))
    return found


def _stands(wanted: PeopleFilter) -> ColumnElement[bool]:
    match wanted.status:
        case None:
            return or_(_LISTED, _ARCHIVED) if wanted.off_list else _LISTED
        case Status.ARCHIVED:
            return _ARCHIVED
        case Status.INACTIVE:
            return or_(not_(_OK), _ARCHIVED)
        case Status.SUSPENDED | Status.DEACTIVATED:
            state = memberships.c.access == wanted.status.value
        case _:
            state = and_(memberships.c.standing == wanted.status.value, _OK)
    return state if wanted.off_list else and_(state, _LISTED)


def _members(connection: Connection, query: Select[*tuple[object, ...]]) -> list[Member]:
    """Make list entries; the roles of all of them come by one query."""
    rows: Sequence[Row] = connection.execute(query).all()
    roles = _roles(connection, [row.id for row in rows])
    return [_member(row, roles) for row in rows]


def _member(row: Row, roles: Mapping[str, Sequence[str]]) -> Member:
    found = membership(row)
    email = row.address or row.invited_by or ""
    return Member(found, row.name, tuple(roles.get(found.id, ())), email, Invited(row.invited))


def _roles(connection: Connection, of: Sequence[str]) -> Mapping[str, Sequence[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    query = (
        select(memberships.c.id, assignments.c.role)
        .join(assignments, _OF_MEMBER)
        .where(memberships.c.id.in_(of) if of else false())
        .order_by(assignments.c.role)
    )
    for membership_id, role in connection.execute(query):
        found[membership_id].append(role)
    return found

"""Lists of members: searched, filtered and counted, page by page."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
)

from bot.core.people.members import Access, Member, Visibility
from bot.core.people.people_filter import Invited, PeopleFilter, Status
from bot.core.values import dataclass
from bot.storage.invitations.outcomes import email, outcome, outcome_conditions
from bot.storage.people import narrowing
from bot.storage.people.rows import membership_of
from bot.storage.people.searching import Search, matches_words
from bot.storage.rights.scopes import in_school
from bot.storage.schools.places import in_place
from bot.storage.statements import Row, contains, like
from bot.storage.tables import (
    assignments,
    member_texts,
    memberships,
    person_emails,
    persons,
    redemptions,
)

_LISTED = memberships.c.visibility == Visibility.LISTED.value
_ARCHIVED = memberships.c.visibility == Visibility.ARCHIVED.value
_OK = memberships.c.access == Access.OK.value
_OF_MEMBER = and_(
    assignments.c.person_id == memberships.c.person_id,
    in_school(memberships.c.school_id),
)
_SOURCE = memberships.join(persons, persons.c.id == memberships.c.person_id).outerjoin(
    person_emails, person_emails.c.person_id == persons.c.id
)
# PostgreSQL plans an IN of each length anew, which takes longer than to look the members up. So a page that
# is shorter than its limit repeats its last id, for limits up to this one.
_SHORT = 25


@dataclass(frozen=True, slots=True)
class Look:
    """A connection, and the moment of the query: invitations expire as time passes, without an update."""

    connection: Connection
    now: datetime

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is SQLite, whose planner has no statistics."""
        return self.connection.dialect.name == "sqlite"


def _entries(now: datetime) -> Select[*tuple[object, ...]]:
    told = (
        persons.c.name,
        person_emails.c.address,
        outcome(now).label("invited"),
        email().label("invited_by"),
    )
    return select(memberships, *told).select_from(_SOURCE)


def one(look: Look, school_id: str, membership_id: str) -> Member | None:
    """Return a member of a school."""
    query = _entries(look.now).where(memberships.c.school_id == school_id, memberships.c.id == membership_id)
    return next(iter(_members(look.connection, query, [membership_id])), None)


def page(look: Look, wanted: PeopleFilter, after: str | None, limit: int) -> Sequence[Member]:
    """List the members that a filter selects by name, beginning after the membership `after`."""
    found = _ids(look, wanted, after, limit)
    if not found:
        return []
    asked = found if limit > _SHORT else [*found, *[found[-1]] * (limit - len(found))]
    shown = _members(look.connection, _entries(look.now).where(memberships.c.id.in_(asked)), asked)
    by_id = {one.membership.id: one for one in shown}
    return [by_id[one] for one in found]


def _ids(look: Look, wanted: PeopleFilter, after: str | None, limit: int) -> Sequence[str]:
    """List the ids of a page of memberships in the order of `Search`."""
    search, found = _search_for(look, wanted), _by_selective_filter(look, wanted)
    few = None if found is None else narrowing.rows_if_few(look.connection, found)
    return search.ids(after, limit) if few is None else search.in_order(few, after, limit)


def count(look: Look, wanted: PeopleFilter, most: int | None) -> int:
    """Count the members that a filter selects, up to `most`."""
    found = _unordered(look, wanted)
    some = (_search_for(look, wanted).all() if found is None else found).limit(most).subquery()
    return look.connection.execute(select(func.count()).select_from(some)).scalar_one()


def person_ids(look: Look, wanted: PeopleFilter) -> Select[*tuple[object, ...]]:
    """Return the query for the persons of the members that a filter selects; it may repeat a person."""
    found = _unordered(look, wanted)
    if found is not None:
        return found.with_only_columns(memberships.c.person_id)
    searched = _search_for(look, wanted).all().correlate(None)
    return select(memberships.c.person_id).where(memberships.c.id.in_(searched))


def _unordered(look: Look, wanted: PeopleFilter) -> Select[*tuple[str]] | None:
    """Return the query for all memberships that a filter selects, unordered; None if words must be searched.

    It begins with what few members have, or otherwise with the school.
    """
    found = _by_selective_filter(look, wanted)
    if found is not None or wanted.words:
        return (
            None if found is None else narrowing.without_duplicates(wanted, found, on_sqlite=look.on_sqlite)
        )
    here = in_place(wanted, memberships.c.school_id)
    return select(memberships.c.id).where(here, *_conditions(wanted, look.now))


def _by_selective_filter(look: Look, wanted: PeopleFilter) -> Select[*tuple[str]] | None:
    fits = [*_conditions(wanted, look.now), *matches_words(wanted)]
    return narrowing.by_selective_filter(wanted, look.now, fits, on_sqlite=look.on_sqlite)


def _search_for(look: Look, wanted: PeopleFilter) -> Search:
    """Return the search by texts, which checks the memberships in the order of the list."""
    fits = and_(memberships.c.id == member_texts.c.membership_id, *_conditions(wanted, look.now))
    stands = select(memberships.c.id).where(fits)
    if not look.on_sqlite and wanted.district_id is None:
        # Without the offset PostgreSQL first finds all for whom the condition holds, however few are wanted.
        # In a district all members are sorted anyway, and the offset would check each of them.
        stands = stands.offset(0)
    return Search(look.connection, wanted, [stands.exists()])


def school_of(connection: Connection, membership_id: str) -> str | None:
    """Return the id of a membership's school."""
    query = select(memberships.c.school_id).where(memberships.c.id == membership_id)
    return connection.execute(query).scalar_one_or_none()


def _conditions(wanted: PeopleFilter, now: datetime) -> list[ColumnElement[bool]]:
    """Return the SQL conditions of a filter on a membership, apart from its school and its words."""
    found = [_status_condition(wanted)]
    if wanted.role is not None:
        found.append(exists().where(_OF_MEMBER, assignments.c.role == wanted.role))
    if wanted.invited is not None:
        found += outcome_conditions(wanted.invited, now)
    if wanted.came_by is not None:
        through = (redemptions.c.invitation_id == wanted.came_by,)
        found.append(memberships.c.person_id.in_(select(redemptions.c.person_id).where(*through)))
    if wanted.grades:
        found.append(exists().where(persons.c.id == memberships.c.person_id, _has_one_of(wanted.levels)))
    return found


def _has_one_of(levels: Collection[str]) -> ColumnElement[bool]:
    """Return the SQL condition that a person's grade levels, stored as one text, include one of these."""
    told = func.lower(literal("; ", Text).concat(persons.c.grade_levels).concat(";"))
    return or_(*(like(told, contains(f"; {one};")) for one in sorted(levels)))


def _status_condition(wanted: PeopleFilter) -> ColumnElement[bool]:
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


def _members(
    connection: Connection, query: Select[*tuple[object, ...]], asked: Sequence[str]
) -> list[Member]:
    """Return the entries of a list; one query fetches the roles of all of them."""
    rows: Sequence[Row] = connection.execute(query).all()
    roles = _roles(connection, asked)
    return [_member(row, roles) for row in rows]


def _member(row: Row, roles: Mapping[str, Sequence[str]]) -> Member:
    found = membership_of(row)
    email = row.address or row.invited_by or ""
    return Member(found, row.name, tuple(roles.get(found.id, ())), email, Invited(row.invited))


def _roles(connection: Connection, of: Sequence[str]) -> Mapping[str, Sequence[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    query = (
        select(memberships.c.id, assignments.c.role)
        .join(assignments, _OF_MEMBER)
        .where(memberships.c.id.in_(of))
        .order_by(assignments.c.role)
    )
    for membership_id, role in connection.execute(query):
        found[membership_id].append(role)
    return found

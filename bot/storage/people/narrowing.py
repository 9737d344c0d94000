"""Lists of members with a filter that few may fulfil: these are looked up first, then sorted.

A list is normally read in its order, and if many fulfil the filter, this soon fills a page. If few do, or
none, every member would be read. So first some are looked up by their role, status or invitation; if these
turn out to be all there are, no others are read.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, Select, Subquery, or_, select, union_all

from bot.core.people.people_filter import Invited, PeopleFilter, Status
from bot.core.rights.roles import ScopeKind
from bot.storage.invitations import outcomes as invitation_outcomes
from bot.storage.invitations.states import in_state
from bot.storage.schools.places import in_place
from bot.storage.statements import Row, unindexed
from bot.storage.tables import (
    assignments,
    invitation_grants,
    invitations,
    member_texts,
    memberships,
    redemptions,
)

# Up to this many members are fetched and sorted here.
FEW = 1000
_M, _T = memberships.c, member_texts.c
# The values of `Invited` that are states of an addressed invitation.
_ADDRESSED = frozenset(invitation_outcomes.STATE_WORDS.values())
# Aliases, because the further conditions on a member use these tables, too.
_given, _granted, _made, _came = (
    one.alias() for one in (assignments, invitation_grants, invitations, redemptions)
)


def by_selective_filter(
    wanted: PeopleFilter, now: datetime, fits: Sequence[ColumnElement[bool]], *, on_sqlite: bool
) -> Select[*tuple[str]] | None:
    """Return the query that begins with what few members have, and checks `fits`; None if nothing is rare.

    Beginning with invitations or redemptions, it may find a membership more than once.
    """
    lead = _selective_query(wanted, now, on_sqlite=on_sqlite)
    return None if lead is None else lead.where(*fits)


def without_duplicates(
    wanted: PeopleFilter, found: Select[*tuple[str]], *, on_sqlite: bool
) -> Select[*tuple[str]]:
    """Return the query without duplicates; with DISTINCT, PostgreSQL finds all before it returns any."""
    several = wanted.came_by or wanted.invited in _ADDRESSED or _by_redemptions(wanted, on_sqlite=on_sqlite)
    return found.distinct() if several else found


def rows_if_few(connection: Connection, found: Select[*tuple[str]]) -> Sequence[Row] | None:
    """Return the memberships of a query with the texts that order them; None if they are many."""
    some = connection.execute(found.limit(FEW + 1)).scalars().all()
    if len(some) > FEW:
        return None
    query = select(_T.search_name, _T.email_key, _T.membership_id).where(_T.membership_id.in_(set(some)))
    return connection.execute(query).all()


def _selective_query(wanted: PeopleFilter, now: datetime, *, on_sqlite: bool) -> Select[*tuple[str]] | None:
    """Return the query that looks members up by one part of the filter; None if none is selective.

    A search by words is left to `Search`, unless a role or an invitation is asked for, too.
    """
    if wanted.came_by is not None:
        through = (_came.c.person_id == _M.person_id, _came.c.invitation_id == wanted.came_by)
        return _members(wanted).where(*through)
    if wanted.status not in {None, Status.ACTIVE, Status.PENDING} and not wanted.words:
        return _members(wanted)
    if wanted.role is not None:
        found = _memberships_named_in(wanted, _given.c.person_id, _given.c.scope_id)
        return found.where(_given.c.scope_kind == ScopeKind.SCHOOL.value, _given.c.role == wanted.role)
    states = [state for state, word in invitation_outcomes.STATE_WORDS.items() if word is wanted.invited]
    if states:
        found = _memberships_named_in(wanted, _made.c.person_id, _granted.c.school_id)
        so = or_(*(in_state(state, now, _made) for state in states))
        return found.where(_granted.c.invitation_id == _made.c.id, so)
    if _by_redemptions(wanted, on_sqlite=on_sqlite):
        offered = _schools_offered(wanted)
        through = (_came.c.person_id == _M.person_id, unindexed(_M.school_id) == offered.c.school_id)
        return select(_M.id).where(_came.c.invitation_id == offered.c.invitation_id, *through)
    led = wanted.status or wanted.invited in {Invited.PENDING, Invited.ACCEPTED}
    return _members(wanted) if led and not wanted.words else None


def _by_redemptions(wanted: PeopleFilter, *, on_sqlite: bool) -> bool:
    """Return whether to begin with redemptions; PostgreSQL has statistics of them, and decides by itself."""
    return on_sqlite and wanted.invited is Invited.ACCEPTED and not wanted.words


def _schools_offered(wanted: PeopleFilter) -> Subquery:
    """Return the pairs of invitation and school: the invitation's own, and those that its grants add."""
    own = select(_made.c.id.label("invitation_id"), _made.c.school_id)
    further = select(_granted.c.invitation_id, _granted.c.school_id).where(
        _made.c.id == _granted.c.invitation_id, unindexed(_made.c.school_id) != _granted.c.school_id
    )
    return union_all(
        own.where(in_place(wanted, _made.c.school_id)), further.where(in_place(wanted, _granted.c.school_id))
    ).subquery()


def _members(wanted: PeopleFilter) -> Select[*tuple[str]]:
    return select(_M.id).where(in_place(wanted, _M.school_id))


def _memberships_named_in(
    wanted: PeopleFilter, person: Column[str], school: Column[str]
) -> Select[*tuple[str]]:
    """Return the query for the memberships of the persons and schools in two columns of another table."""
    here = (_M.person_id == person, unindexed(_M.school_id) == school)
    return select(_M.id).where(in_place(wanted, school), *here)

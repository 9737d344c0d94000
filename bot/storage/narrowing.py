"""Members of whom something holds that few may have: they are looked up by it, then put in order.

A list is gone through in its order, which soon meets a page of those who are many. For one of a few, or for
nobody, all would be gone through. So first some are looked up by a role, by how they stand, or by how they
were invited; if these are all there are, nobody else is looked at.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, Select, Subquery, or_, select, union_all

from bot.core.people_filter import Invited, PeopleFilter, Status
from bot.core.roles import ScopeKind
from bot.storage import invited
from bot.storage.invitation_states import in_state
from bot.storage.places import in_place
from bot.storage.statements import Row, unled
from bot.storage.tables import (
    assignments,
    invitation_grants,
    invitations,
    member_texts,
    memberships,
    redemptions,
)

# So many are put in order where they are found.
FEW = 1000
_M, _T = memberships.c, member_texts.c
# How an invitation for one person alone stands.
_ADDRESSED = frozenset(invited.WORDS.values())
# Whatever else is asked of a member names these tables, too.
_given, _granted, _made, _came = (
    one.alias() for one in (assignments, invitation_grants, invitations, redemptions)
)


def looked_up(
    wanted: PeopleFilter, now: datetime, fits: Sequence[ColumnElement[bool]], *, on_sqlite: bool
) -> Select[*tuple[str]] | None:
    """Look for memberships for which all of `fits` holds by what few have; None where that is not asked.

    By how they were invited or came, somebody may be found more than once.
    """
    lead = _lead(wanted, now, on_sqlite=on_sqlite)
    return None if lead is None else lead.where(*fits)


def once(wanted: PeopleFilter, found: Select[*tuple[str]], *, on_sqlite: bool) -> Select[*tuple[str]]:
    """Find each once; PostgreSQL looks for all of them before it gives the first."""
    several = wanted.came_by or wanted.invited in _ADDRESSED or _by_redemptions(wanted, on_sqlite=on_sqlite)
    return found.distinct() if several else found


def few(connection: Connection, found: Select[*tuple[str]]) -> Sequence[Row] | None:
    """Tell by what those are put in order who were looked up; None if they are many."""
    some = connection.execute(found.limit(FEW + 1)).scalars().all()
    if len(some) > FEW:
        return None
    query = select(_T.search_name, _T.email_key, _T.membership_id).where(_T.membership_id.in_(set(some)))
    return connection.execute(query).all()


def _lead(wanted: PeopleFilter, now: datetime, *, on_sqlite: bool) -> Select[*tuple[str]] | None:
    """Say by what members are looked up; None where nothing is asked that few may have, or words lead."""
    if wanted.came_by is not None:
        through = (_came.c.person_id == _M.person_id, _came.c.invitation_id == wanted.came_by)
        return _members(wanted).where(*through)
    if wanted.status not in {None, Status.ACTIVE, Status.PENDING} and not wanted.words:
        return _members(wanted)
    if wanted.role is not None:
        found = _whose(wanted, _given.c.person_id, _given.c.scope_id)
        return found.where(_given.c.scope_kind == ScopeKind.SCHOOL.value, _given.c.role == wanted.role)
    states = [state for state, word in invited.WORDS.items() if word is wanted.invited]
    if states:
        found = _whose(wanted, _made.c.person_id, _granted.c.school_id)
        so = or_(*(in_state(state, now, _made) for state in states))
        return found.where(_granted.c.invitation_id == _made.c.id, so)
    if _by_redemptions(wanted, on_sqlite=on_sqlite):
        offered = _offered(wanted)
        through = (_came.c.person_id == _M.person_id, unled(_M.school_id) == offered.c.school_id)
        return select(_M.id).where(_came.c.invitation_id == offered.c.invitation_id, *through)
    led = wanted.status or wanted.invited in {Invited.PENDING, Invited.ACCEPTED}
    return _members(wanted) if led and not wanted.words else None


def _by_redemptions(wanted: PeopleFilter, *, on_sqlite: bool) -> bool:
    """Whether what was redeemed leads; PostgreSQL knows how many came, and needs no telling."""
    return on_sqlite and wanted.invited is Invited.ACCEPTED and not wanted.words


def _offered(wanted: PeopleFilter) -> Subquery:
    """List what invitations are into: a school of their own, and those that one for somebody alone adds."""
    own = select(_made.c.id.label("invitation_id"), _made.c.school_id)
    further = select(_granted.c.invitation_id, _granted.c.school_id).where(
        _made.c.id == _granted.c.invitation_id, unled(_made.c.school_id) != _granted.c.school_id
    )
    return union_all(
        own.where(in_place(wanted, _made.c.school_id)), further.where(in_place(wanted, _granted.c.school_id))
    ).subquery()


def _members(wanted: PeopleFilter) -> Select[*tuple[str]]:
    return select(_M.id).where(in_place(wanted, _M.school_id))


def _whose(wanted: PeopleFilter, person: Column[str], school: Column[str]) -> Select[*tuple[str]]:
    """Look up memberships by the person and the school that stand somewhere together."""
    here = (_M.person_id == person, unled(_M.school_id) == school)
    return select(_M.id).where(in_place(wanted, school), *here)

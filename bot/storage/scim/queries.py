"""SQL for the users whom a district sees through SCIM, and for SCIM's filters."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union,
    union_all,
)

from bot.core.email_addresses import email_key
from bot.core.people.members import Access, Standing
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import BUILT_IN, ScopeKind
from bot.core.scim.model import Account, User
from bot.core.scim.queries import AllOf, AnyOf, Compare, Field, NoneOf, Op, Query
from bot.storage.statements import Row, contains, like, unindexed
from bot.storage.tables import (
    accounts,
    assignments,
    custom_roles,
    memberships,
    person_emails,
    persons,
    schools,
    scim_users,
)

_U, _P, _E = scim_users.c, persons.c, person_emails.c
# A query for the ids of some persons.
_Ids: TypeAlias = Select[*tuple[str]] | CompoundSelect[*tuple[str]]
_EDITORS = [role.name for role in BUILT_IN if Permission.MEMBER_EDIT in role.holds]


def filter_condition(query: Query, column: Callable[[Compare], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the SQL condition of a SCIM filter; `column` converts a comparison. NULL does not match."""
    match query:
        case AllOf(terms):
            return and_(true(), *(filter_condition(one, column) for one in terms))
        case AnyOf(terms):
            return or_(false(), *(filter_condition(one, column) for one in terms))
        case NoneOf(term):
            return not_(filter_condition(term, column))
        case Compare():
            return func.coalesce(column(query), false())


def comparison_condition(value: ColumnElement[Any], one: Compare) -> ColumnElement[bool]:
    """Return the SQL condition of a comparison; a column that ignores case is in lower case already."""
    if one.op is Op.PR:
        return and_(value.is_not(None), value != "")
    text = str(one.value) if one.field.exact else email_key(str(one.value))
    match one.op:
        case Op.EQ:
            return value == text
        case Op.NE:
            return or_(value.is_(None), value != text)
        case Op.CO:
            return like(value, contains(text))
        case Op.SW:
            return like(value, contains(text)[1:])
        case _:
            return like(value, contains(text)[:-1])


def visible(district_id: str, named_administrators: frozenset[str]) -> ColumnElement[bool]:
    """Return the condition for users whom a district sees.

    They are its SCIM accounts that are not deleted, and other active members with an e-mail address whom a
    District Admin may edit.
    """
    member = exists().where(_here(district_id), memberships.c.standing == Standing.ACTIVE.value)
    there = and_(
        _U.id.is_(None),
        _E.address.is_not(None),
        member,
        not_(_beyond_reach(district_id, named_administrators)),
    )
    return and_(
        _P.merged_into.is_(None),
        _P.erased_at.is_(None),
        or_(and_(_U.id.is_not(None), _U.deleted_at.is_(None)), there),
    )


def _beyond_reach(district_id: str, named_administrators: frozenset[str]) -> ColumnElement[bool]:
    """Return the condition that a person has a role beyond the district that its admins could not give.

    The administrators that the settings name are among these people.
    """
    elsewhere = exists().where(
        schools.c.id == assignments.c.scope_id,
        or_(schools.c.district_id.is_(None), schools.c.district_id != district_id),
    )
    edits = exists().where(
        custom_roles.c.school_id == assignments.c.scope_id,
        custom_roles.c.name == assignments.c.role,
        like(custom_roles.c.holds, contains(f" {Permission.MEMBER_EDIT.value} ")),
    )
    beyond = exists().where(
        assignments.c.person_id == _P.id,
        or_(
            assignments.c.scope_kind == ScopeKind.SYSTEM.value,
            and_(
                assignments.c.scope_kind == ScopeKind.DISTRICT.value,
                assignments.c.scope_id != district_id,
            ),
            and_(
                assignments.c.scope_kind == ScopeKind.SCHOOL.value,
                elsewhere,
                or_(assignments.c.role.in_(_EDITORS), edits),
            ),
        ),
    )
    named = accounts.c.issuer + literal(":") + accounts.c.subject
    rules = exists().where(accounts.c.person_id == _P.id, named.in_(sorted(named_administrators)))
    return or_(beyond, rules) if named_administrators else beyond


# A user without a SCIM account is shown with one that is made up of what is known about the person.
ID = func.coalesce(_U.id, _P.id)
_COLUMNS: dict[Field, ColumnElement[Any]] = {
    Field.ID: ID,
    Field.USER_NAME: func.coalesce(_U.user_name_key, _E.key),
    Field.EMAIL: _E.key,
    Field.EMAIL_TYPE: case((_U.id.is_(None), literal("work")), else_=func.lower(_U.email_type)),
    Field.EXTERNAL_ID: _U.external_id,
    Field.GIVEN_NAME: func.lower(_P.first_name),
    Field.FAMILY_NAME: func.lower(_P.last_name),
}


def user_comparison(district_id: str) -> Callable[[Compare], ColumnElement[bool]]:
    """Return the function that converts a comparison of users to SQL."""

    def made(one: Compare) -> ColumnElement[bool]:
        if one.field is Field.ACTIVE:
            active = and_(func.coalesce(_U.active, true()), _not_deactivated(district_id))
            return active if one.op is Op.PR or (one.value is True) is (one.op is Op.EQ) else not_(active)
        column = _COLUMNS.get(one.field)
        return false() if column is None else comparison_condition(column, one)

    return made


def joined(district_id: str) -> Any:
    """Return persons joined with their SCIM accounts in a district and their addresses."""
    own = and_(_U.person_id == _P.id, _U.district_id == district_id)
    return persons.outerjoin(scim_users, own).outerjoin(person_emails, _E.person_id == _P.id)


def user_rows(district_id: str) -> Select[Any]:
    """Return the query for everything that is shown of users."""
    return select(
        *scim_users.c,
        _P.id.label("person"),
        _P.created_at.label("known_at"),
        _P.first_name,
        _P.last_name,
        _E.address,
        case((_not_deactivated(district_id), 1), else_=0).label("acts"),
    ).select_from(joined(district_id))


def _not_deactivated(district_id: str) -> ColumnElement[bool]:
    """Return the condition that not all of a person's memberships in a district are deactivated."""
    here = _here(district_id)
    lets_in = exists().where(here, memberships.c.access != Access.DEACTIVATED.value)
    return or_(lets_in, not_(exists().where(here)))


def _here(district_id: str) -> ColumnElement[bool]:
    """Return the join of a person's few memberships with a district's schools, which may be thousands."""
    own = unindexed(schools.c.district_id) == district_id
    return and_(memberships.c.person_id == _P.id, schools.c.id == memberships.c.school_id, own)


def candidates(
    district_id: str, query: Query, after: str | None = None, until: str | None = None
) -> ColumnElement[bool]:
    """Return an indexed condition for the persons who can match, by a value of the filter or by the district.

    An installation may have many districts, so a page must not read the people of others. `after` and `until`
    restrict the district's people to a range of ids.
    """
    found = _with_value(district_id, query)
    return _P.id.in_(_of_district(district_id, after, until) if found is None else found)


def having_ids(district_id: str, ids: Iterable[str]) -> ColumnElement[bool]:
    """Return an indexed condition for the persons with one of these ids, as a person or as a user."""
    return _P.id.in_(_with_id(district_id, list(ids)))


def with_account(district_id: str) -> Select[*tuple[str]]:
    """Return the query for the persons with a SCIM account in a district."""
    return select(_U.person_id).where(_U.district_id == district_id)


def members_of_schools(district_id: str) -> Select[*tuple[str]]:
    """Return the query for the members of a district's schools; it repeats a person for each school."""
    own = select(schools.c.id).where(schools.c.district_id == district_id)
    return select(memberships.c.person_id).where(memberships.c.school_id.in_(own))


def _of_district(district_id: str, after: str | None, until: str | None) -> _Ids:
    told, members = with_account(district_id), members_of_schools(district_id)
    if after is not None:
        told, members = told.where(_U.person_id > after), members.where(memberships.c.person_id > after)
    if until is not None:
        told, members = told.where(_U.person_id <= until), members.where(memberships.c.person_id <= until)
    return union_all(told, members)


def _with_value(district_id: str, query: Query) -> _Ids | None:
    """Return the query for the persons with a value that the filter requires exactly; None if it has none."""
    if isinstance(query, AllOf):
        each = (_with_value(district_id, one) for one in query.terms)
        return next((one for one in each if one is not None), None)
    if isinstance(query, AnyOf):
        parts = [_with_value(district_id, one) for one in query.terms]
        known = [one for one in parts if one is not None]
        return union_all(*(select(one.subquery()) for one in known)) if len(known) == len(parts) > 0 else None
    if not isinstance(query, Compare) or query.op is not Op.EQ:
        return None
    value = str(query.value)
    # Deleted accounts cannot be found by user name, and the partial index of user names leaves them out.
    own = select(_U.person_id).where(_U.district_id == district_id, _U.deleted_at.is_(None))
    addressed = select(_E.person_id).where(_E.key == email_key(value))
    found: dict[Field, _Ids] = {
        Field.ID: _with_id(district_id, [value]),
        Field.EXTERNAL_ID: own.where(_U.external_id == value),
        Field.EMAIL: addressed,
        Field.USER_NAME: union(own.where(_U.user_name_key == email_key(value)), addressed),
    }
    return found.get(query.field)


def _with_id(district_id: str, ids: list[str]) -> _Ids:
    own = select(_U.person_id).where(_U.district_id == district_id, _U.id.in_(ids))
    return union(own, select(_P.id).where(_P.id.in_(ids)))


def user_of(district_id: str, row: Row, groups: tuple[tuple[str, str], ...]) -> User:
    """Return the user that a row holds, with an account made up for a person who has none."""
    if row.id is not None:
        own = account_of(row)
    else:
        own = Account(
            row.person,
            district_id,
            row.person,
            row.address,
            row.known_at,
            row.known_at,
            email_told=True,
            email_type="work",
            email_primary=True,
            stored=False,
        )
    names = (row.first_name or "", row.last_name or "")
    return User(own, *names, row.address or "", bool(row.acts), groups)


def account_of(row: Row) -> Account:
    """Return the SCIM account that a row holds."""
    return Account(
        row.id,
        row.district_id,
        row.person_id,
        row.user_name,
        row.created_at,
        row.changed_at,
        row.external_id,
        row.active,
        row.email_told,
        row.email_type,
        row.email_primary,
        row.deleted_at,
    )

"""SCIM in the database: tokens, and people as identity providers know them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union,
    update,
)

from bot.core.members import Access, Standing
from bot.core.people import email_key
from bot.core.permissions import Permission
from bot.core.roles import BUILT_IN, ScopeKind
from bot.core.scim.model import Account, Token, User
from bot.core.scim.queries import Compare, Every, Field, Never, Op, Query, Some
from bot.storage.statements import Row, Statement, changed, contains, insert_new
from bot.storage.tables import (
    accounts,
    assignments,
    custom_roles,
    memberships,
    person_emails,
    persons,
    schools,
    scim_districts,
    scim_due,
    scim_grants,
    scim_groups,
    scim_marks,
    scim_members,
    scim_tokens,
    scim_users,
)

_U, _P, _E = scim_users.c, persons.c, person_emails.c
_BARRED = Statement(
    select(_U.id)
    .join(schools, schools.c.district_id == _U.district_id)
    .where(schools.c.id == bindparam("school"), _U.person_id == bindparam("person"), _U.active.is_(false()))
)
_EDITORS = [role.name for role in BUILT_IN if Permission.MEMBER_EDIT in role.holds]


def compiled(query: Query, column: Callable[[Compare], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Make a condition of a query; `column` makes one of a comparison. What is not known does not fit."""
    match query:
        case Every(terms):
            return and_(true(), *(compiled(one, column) for one in terms))
        case Some(terms):
            return or_(false(), *(compiled(one, column) for one in terms))
        case Never(term):
            return not_(compiled(term, column))
        case Compare():
            return func.coalesce(column(query), false())


def compared(value: ColumnElement[Any], one: Compare) -> ColumnElement[bool]:
    """Compare a column; what knows no case is in small letters already."""
    if one.op is Op.PR:
        return and_(value.is_not(None), value != "")
    text = str(one.value) if one.field.exact else email_key(str(one.value))
    match one.op:
        case Op.EQ:
            return value == text
        case Op.NE:
            return or_(value.is_(None), value != text)
        case Op.CO:
            return value.like(contains(text), escape="\\")
        case Op.SW:
            return value.like(contains(text)[1:], escape="\\")
        case _:
            return value.like(contains(text)[:-1], escape="\\")


@dataclass(frozen=True, slots=True)
class SqlScimTokens:
    """Tokens in the database."""

    connection: Connection

    def add(self, token: Token) -> None:
        """Add a token."""
        self.connection.execute(
            scim_tokens.insert(),
            {
                "id": token.id,
                "district_id": token.district_id,
                "secret_hash": token.secret_hash,
                "made_at": token.made_at,
                "expires_at": token.expires_at,
                "used_at": token.used_at,
            },
        )

    def by_id(self, token_id: str) -> Token | None:
        """Find a token."""
        row = self.connection.execute(select(scim_tokens).where(scim_tokens.c.id == token_id)).one_or_none()
        return _token(row) if row else None

    def of(self, district_id: str, now: datetime) -> Sequence[Token]:
        """List a district's tokens that work, oldest first."""
        query = (
            select(scim_tokens)
            .where(
                scim_tokens.c.district_id == district_id,
                or_(scim_tokens.c.expires_at.is_(None), scim_tokens.c.expires_at > now),
            )
            .order_by(scim_tokens.c.id)
        )
        return [_token(row) for row in self.connection.execute(query)]

    def end(self, district_id: str, at: datetime) -> int:
        """Let all of a district's tokens work until then at the longest; count them."""
        later = or_(scim_tokens.c.expires_at.is_(None), scim_tokens.c.expires_at > at)
        ended = update(scim_tokens).where(scim_tokens.c.district_id == district_id, later)
        return self.connection.execute(ended.values(expires_at=at)).rowcount

    def used(self, token_id: str, at: datetime) -> None:
        """Note when a token was last used."""
        self.connection.execute(update(scim_tokens).where(scim_tokens.c.id == token_id).values(used_at=at))

    def default_school(self, district_id: str) -> str | None:
        """Name the school that new users join."""
        query = select(scim_districts.c.default_school_id).where(scim_districts.c.district_id == district_id)
        found: str | None = self.connection.execute(query).scalar_one_or_none()
        return found

    def set_default_school(self, district_id: str, school_id: str | None) -> None:
        """Set the school that new users join, or none."""
        own = scim_districts.c.district_id == district_id
        self.connection.execute(delete(scim_districts).where(own))
        if school_id is not None:
            row = {"district_id": district_id, "default_school_id": school_id}
            self.connection.execute(scim_districts.insert(), row)


def _token(row: Row) -> Token:
    return Token(row.id, row.district_id, row.secret_hash, row.made_at, row.expires_at, row.used_at)


def _row(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "district_id": account.district_id,
        "person_id": account.person_id,
        "user_name": account.user_name,
        "user_name_key": account.key,
        "external_id": account.external_id,
        "active": account.active,
        "email_told": account.email_told,
        "email_type": account.email_type,
        "email_primary": account.email_primary,
        "created_at": account.created_at,
        "changed_at": account.changed_at,
        "deleted_at": account.deleted_at,
    }


def _account(row: Row) -> Account:
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


@dataclass(frozen=True, slots=True)
class SqlScimUsers:
    """People as identity providers know them, in the database."""

    connection: Connection
    rulers: frozenset[str] = frozenset()

    def add(self, account: Account) -> bool:
        """Add an account; False if the district has that user name, or that person."""
        return insert_new(self.connection, scim_users, _row(account))

    def save(self, account: Account) -> bool:
        """Store an account; False if the district has another of that user name."""
        other = select(_U.id).where(
            _U.district_id == account.district_id,
            _U.user_name_key == account.key,
            _U.id != account.id,
            _U.deleted_at.is_(None),
        )
        if account.deleted_at is None and self.connection.execute(other).first():
            return False
        own = and_(_U.district_id == account.district_id, _U.id == account.id)
        return changed(self.connection, update(scim_users).where(own).values(**_row(account)))

    def of_person(self, district_id: str, person_id: str) -> Account | None:
        """Find what a district calls a person, deleted or not."""
        query = select(scim_users).where(_U.district_id == district_id, _U.person_id == person_id)
        row = self.connection.execute(query).one_or_none()
        return _account(row) if row else None

    def elsewhere(self, district_id: str, person_id: str) -> bool:
        """Tell whether another district's identity provider knows a person."""
        query = select(_U.id).where(_U.person_id == person_id, _U.district_id != district_id).limit(1)
        return self.connection.execute(query).first() is not None

    def by_id(self, district_id: str, user_id: str) -> User | None:
        """Find a user whom a district may see."""
        _, users = self.found(district_id, Compare(Field.ID, Op.EQ, user_id), start=0, limit=1)
        return users[0] if users else None

    def found(self, district_id: str, query: Query, *, start: int, limit: int) -> tuple[int, Sequence[User]]:
        """List users whom a district may see, in a steady order from the `start`-th; and count them all."""
        wanted = and_(
            self._seen(district_id), _narrow(district_id, query), compiled(query, _condition(district_id))
        )
        users: list[User] = []
        if limit > 0:
            # SCIM asks for pages by their number: the one place where rows are skipped.
            page = _users(district_id).where(wanted).order_by(_P.id).offset(start).limit(limit)
            rows = self.connection.execute(page).all()
            groups = self._groups(district_id, [row.person for row in rows])
            users = [_user(district_id, row, groups.get(row.person, ())) for row in rows]
            if start == 0 and len(rows) < limit:
                return len(rows), users
        counted = select(func.count()).select_from(_joined(district_id)).where(wanted)
        return int(self.connection.execute(counted).scalar_one()), users

    def named(self, district_id: str, ids: Collection[str]) -> Mapping[str, str]:
        """Find the persons behind ids of users whom a district may see, as {id: person id}."""
        if not ids:
            return {}
        query = (
            select(_ID.label("user"), _P.id.label("person"))
            .select_from(_joined(district_id))
            .where(_among(district_id, sorted(ids)), _ID.in_(sorted(ids)), self._seen(district_id))
        )
        return {row.user: row.person for row in self.connection.execute(query)}

    def _seen(self, district_id: str) -> ColumnElement[bool]:
        """Those whom SCIM has made, and members with an address whom a District Admin may edit."""
        own = select(schools.c.id).where(schools.c.district_id == district_id)
        member = select(memberships.c.person_id).where(
            memberships.c.school_id.in_(own), memberships.c.standing == Standing.ACTIVE.value
        )
        there = and_(
            _U.id.is_(None), _E.address.is_not(None), _P.id.in_(member), not_(self._above(district_id))
        )
        return and_(
            _P.merged_into.is_(None),
            _P.erased_at.is_(None),
            or_(and_(_U.id.is_not(None), _U.deleted_at.is_(None)), there),
        )

    def _above(self, district_id: str) -> ColumnElement[bool]:
        """Who has a role beyond the district that a District Admin could not give."""
        elsewhere = select(schools.c.id).where(
            or_(schools.c.district_id.is_(None), schools.c.district_id != district_id)
        )
        edits = exists().where(
            custom_roles.c.school_id == assignments.c.scope_id,
            custom_roles.c.name == assignments.c.role,
            custom_roles.c.holds.like(contains(f" {Permission.MEMBER_EDIT.value} "), escape="\\"),
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
                    assignments.c.scope_id.in_(elsewhere),
                    or_(assignments.c.role.in_(_EDITORS), edits),
                ),
            ),
        )
        named = accounts.c.issuer + literal(":") + accounts.c.subject
        rules = exists().where(accounts.c.person_id == _P.id, named.in_(sorted(self.rulers)))
        return or_(beyond, rules) if self.rulers else beyond

    def _groups(self, district_id: str, person_ids: Sequence[str]) -> dict[str, tuple[tuple[str, str], ...]]:
        query = (
            select(scim_members.c.person_id, scim_groups.c.id, scim_groups.c.name)
            .join(scim_groups, scim_groups.c.id == scim_members.c.group_id)
            .where(scim_groups.c.district_id == district_id, scim_members.c.person_id.in_(person_ids))
            .order_by(scim_groups.c.id)
        )
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        for row in self.connection.execute(query) if person_ids else ():
            found[row.person_id] = (*found.get(row.person_id, ()), (row.id, row.name))
        return found

    def barred(self, school_id: str, person_id: str) -> bool:
        """Tell whether the identity provider of a school's district has deactivated a person."""
        return bool(_BARRED.rows(self.connection, school=school_id, person=person_id))

    def mark(self, membership_id: str, *, made: bool | None = None, was: str | None = None) -> None:
        """Note that SCIM made a membership, or how it stood before SCIM deactivated it."""
        insert_new(self.connection, scim_marks, {"membership_id": membership_id, "made": False, "was": None})
        values = {name: value for name, value in (("made", made), ("was", was)) if value is not None}
        own = scim_marks.c.membership_id == membership_id
        self.connection.execute(update(scim_marks).where(own).values(**values))

    def made(self, membership_id: str) -> bool:
        """Tell whether SCIM made a membership."""
        query = select(scim_marks.c.made).where(scim_marks.c.membership_id == membership_id)
        return bool(self.connection.execute(query).scalar_one_or_none())

    def was(self, membership_id: str) -> str | None:
        """Tell how a membership stood before SCIM deactivated it; None if SCIM did not."""
        query = select(scim_marks.c.was).where(scim_marks.c.membership_id == membership_id)
        found: str | None = self.connection.execute(query).scalar_one_or_none()
        return found

    def unmark(self, membership_id: str) -> None:
        """Forget that SCIM deactivated a membership: somebody has changed it since."""
        own = scim_marks.c.membership_id == membership_id
        self.connection.execute(update(scim_marks).where(own).values(was=None))

    def absorb(self, source_id: str, target_id: str) -> None:
        """Make a person another: users, groups and what is due move; the stricter state wins."""
        for moving in self._all_of(source_id):
            there = self.of_person(moving.district_id, target_id)
            stays, goes = (moving, there) if there is None or there.deleted_at else (there, moving)
            if goes is not None:
                gone = and_(_U.district_id == goes.district_id, _U.id == goes.id)
                self.connection.execute(delete(scim_users).where(gone))
            off = goes is not None and goes.active is False
            active = False if off else stays.active
            self.save(replace(stays, person_id=target_id, active=active))
        for table in (scim_members, scim_grants, scim_due):
            own = table.c.person_id == source_id
            for row in self.connection.execute(select(table).where(own)).mappings().all():
                insert_new(self.connection, table, {**row, "person_id": target_id})
            self.connection.execute(delete(table).where(own))

    def _all_of(self, person_id: str) -> list[Account]:
        query = select(scim_users).where(_U.person_id == person_id).order_by(_U.district_id)
        return [_account(row) for row in self.connection.execute(query).all()]

    def forget(self, person_ids: Collection[str]) -> None:
        """Delete all that identity providers keep of persons."""
        for table in (scim_users, scim_members, scim_grants, scim_due):
            self.connection.execute(delete(table).where(table.c.person_id.in_(sorted(person_ids))))


# How users are read: whoever has no account of SCIM's has one made of what is known of them.
_ID = func.coalesce(_U.id, _P.id)
_COLUMNS: dict[Field, ColumnElement[Any]] = {
    Field.ID: _ID,
    Field.USER_NAME: func.coalesce(_U.user_name_key, _E.key),
    Field.EMAIL: _E.key,
    Field.EMAIL_TYPE: case((_U.id.is_(None), literal("work")), else_=func.lower(_U.email_type)),
    Field.EXTERNAL_ID: _U.external_id,
    Field.GIVEN_NAME: func.lower(_P.first_name),
    Field.FAMILY_NAME: func.lower(_P.last_name),
}


def _condition(district_id: str) -> Callable[[Compare], ColumnElement[bool]]:
    def condition(one: Compare) -> ColumnElement[bool]:
        if one.field is Field.ACTIVE:
            active = and_(func.coalesce(_U.active, true()), _acts(district_id))
            return active if one.op is Op.PR or (one.value is True) is (one.op is Op.EQ) else not_(active)
        column = _COLUMNS.get(one.field)
        return false() if column is None else compared(column, one)

    return condition


def _joined(district_id: str) -> Any:
    own = and_(_U.person_id == _P.id, _U.district_id == district_id)
    return persons.outerjoin(scim_users, own).outerjoin(person_emails, _E.person_id == _P.id)


def _users(district_id: str) -> Select[Any]:
    return select(
        *scim_users.c,
        _P.id.label("person"),
        _P.created_at.label("known_at"),
        _P.first_name,
        _P.last_name,
        _E.address,
        case((_acts(district_id), 1), else_=0).label("acts"),
    ).select_from(_joined(district_id))


def _acts(district_id: str) -> ColumnElement[bool]:
    """Whether a school of the district lets somebody in, or none knows them."""
    own = select(schools.c.id).where(schools.c.district_id == district_id)
    here = and_(memberships.c.person_id == _P.id, memberships.c.school_id.in_(own))
    lets_in = exists().where(here, memberships.c.access != Access.DEACTIVATED.value)
    return or_(lets_in, not_(exists().where(here)))


def _narrow(district_id: str, query: Query) -> ColumnElement[bool]:
    """Find by an index those who can fit at all, where a query asks for one value exactly."""
    if isinstance(query, Every):
        return and_(true(), *(_narrow(district_id, one) for one in query.terms))
    if not isinstance(query, Compare) or query.op is not Op.EQ:
        return true()
    value = str(query.value)
    own = select(_U.person_id).where(_U.district_id == district_id)
    addressed = select(_E.person_id).where(_E.key == email_key(value))
    if query.field is Field.ID:
        return _among(district_id, [value])
    found = {
        Field.EXTERNAL_ID: own.where(_U.external_id == value),
        Field.EMAIL: addressed,
        Field.USER_NAME: union(own.where(_U.user_name_key == email_key(value)), addressed),
    }
    return _P.id.in_(found[query.field]) if query.field in found else true()


def _among(district_id: str, ids: Iterable[str]) -> ColumnElement[bool]:
    """Find by their indexes those who have one of these ids, as persons or as users."""
    some = list(ids)
    own = select(_U.person_id).where(_U.district_id == district_id, _U.id.in_(some))
    return _P.id.in_(union(own, select(_P.id).where(_P.id.in_(some))))


def _user(district_id: str, row: Row, groups: tuple[tuple[str, str], ...]) -> User:
    if row.id is not None:
        account = _account(row)
    else:
        account = Account(
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
    return User(account, *names, row.address or "", bool(row.acts), groups)

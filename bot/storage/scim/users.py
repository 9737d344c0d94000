"""SCIM tokens of districts, and users as identity providers know them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    false,
    or_,
    select,
    update,
)

from bot.core.scim.model import Account, Token, User
from bot.core.scim.queries import Compare, Field, Op, Query
from bot.core.values import dataclass, field, replace
from bot.storage.scim.pages import Pages
from bot.storage.scim.queries import (
    ID,
    account_of,
    having_ids,
    joined,
    user_of,
    user_rows,
    visible,
)
from bot.storage.statements import Row, Statement, changed, insert_new
from bot.storage.tables import (
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


@dataclass(frozen=True, slots=True)
class SqlScimTokens:
    """SCIM tokens in the database."""

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
        """Return the token with this id."""
        row = self.connection.execute(select(scim_tokens).where(scim_tokens.c.id == token_id)).one_or_none()
        return _token(row) if row else None

    def of(self, district_id: str, now: datetime) -> Sequence[Token]:
        """List a district's tokens that have not expired, oldest first."""
        query = (
            select(scim_tokens)
            .where(
                scim_tokens.c.district_id == district_id,
                or_(scim_tokens.c.expires_at.is_(None), scim_tokens.c.expires_at > now),
            )
            .order_by(scim_tokens.c.id)
        )
        return [_token(row) for row in self.connection.execute(query)]

    def expire_all(self, district_id: str, at: datetime) -> int:
        """Make a district's tokens expire at a moment, unless they expire before; return how many did not."""
        later = or_(scim_tokens.c.expires_at.is_(None), scim_tokens.c.expires_at > at)
        ended = update(scim_tokens).where(scim_tokens.c.district_id == district_id, later)
        return self.connection.execute(ended.values(expires_at=at)).rowcount

    def mark_used(self, token_id: str, at: datetime) -> None:
        """Note when a token was last used."""
        self.connection.execute(update(scim_tokens).where(scim_tokens.c.id == token_id).values(used_at=at))

    def default_school(self, district_id: str) -> str | None:
        """Return the id of the school that new users of a district join."""
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


@dataclass(frozen=True, slots=True)
class SqlScimUsers:
    """SCIM users in the database."""

    connection: Connection
    pages: Pages
    # The ids of persons whom this unit has added.
    added: set[str] = field(default_factory=set)

    def add(self, account: Account) -> bool:
        """Add an account; False if the district already has the user name, or an account of the person."""
        self.added.discard(account.person_id)
        return insert_new(self.connection, scim_users, _row(account))

    def save(self, account: Account) -> bool:
        """Store an account; False if the district has another with that user name."""
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
        """Return a person's account in a district, even a deleted one."""
        query = select(scim_users).where(_U.district_id == district_id, _U.person_id == person_id)
        row = self.connection.execute(query).one_or_none()
        return account_of(row) if row else None

    def known_elsewhere(self, district_id: str, person_id: str) -> bool:
        """Return whether a person has an account in another district, even a deleted one."""
        query = select(_U.id).where(_U.person_id == person_id, _U.district_id != district_id).limit(1)
        return self.connection.execute(query).first() is not None

    def by_id(self, district_id: str, user_id: str) -> User | None:
        """Return a user whom a district may see."""
        _, users = self.search(district_id, Compare(Field.ID, Op.EQ, user_id), start=0, limit=1)
        return users[0] if users else None

    def search(self, district_id: str, query: Query, *, start: int, limit: int) -> tuple[int, Sequence[User]]:
        """Return the number of users whom a district may see, and a page of them, in a stable order."""
        total, ids = self.pages.page(district_id, query, start, limit)
        here = user_rows(district_id).where(_P.id.in_(ids)).order_by(_P.id)
        rows = self.connection.execute(here).all() if ids else []
        groups = self._groups(district_id, [row.person for row in rows])
        return total, [user_of(district_id, row, groups.get(row.person, ())) for row in rows]

    def person_ids(self, district_id: str, ids: Collection[str]) -> Mapping[str, str]:
        """Return the person ids of users whom a district may see, as {user id: person id}."""
        if not ids:
            return {}
        query = (
            select(ID.label("user"), _P.id.label("person"))
            .select_from(joined(district_id))
            .where(
                having_ids(district_id, sorted(ids)),
                ID.in_(sorted(ids)),
                visible(district_id, self.pages.named_administrators),
            )
        )
        return {row.user: row.person for row in self.connection.execute(query)}

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
        """Return whether the identity provider of a school's district has deactivated a person."""
        if person_id in self.added:
            return False
        return bool(_BARRED.rows(self.connection, school=school_id, person=person_id))

    def mark(self, membership_id: str, *, made: bool | None = None, was: str | None = None) -> None:
        """Note that SCIM added a membership, or what its access was before SCIM deactivated it."""
        insert_new(self.connection, scim_marks, {"membership_id": membership_id, "made": False, "was": None})
        values = {name: value for name, value in (("made", made), ("was", was)) if value is not None}
        own = scim_marks.c.membership_id == membership_id
        self.connection.execute(update(scim_marks).where(own).values(**values))

    def made(self, membership_id: str) -> bool:
        """Return whether SCIM added a membership."""
        query = select(scim_marks.c.made).where(scim_marks.c.membership_id == membership_id)
        return bool(self.connection.execute(query).scalar_one_or_none())

    def was(self, membership_id: str) -> str | None:
        """Return the access of a membership before SCIM deactivated it; None if SCIM did not."""
        query = select(scim_marks.c.was).where(scim_marks.c.membership_id == membership_id)
        found: str | None = self.connection.execute(query).scalar_one_or_none()
        return found

    def unmark(self, membership_id: str) -> None:
        """Forget that SCIM deactivated a membership, because a person has changed it since."""
        own = scim_marks.c.membership_id == membership_id
        self.connection.execute(update(scim_marks).where(own).values(was=None))

    def absorb(self, source_id: str, target_id: str) -> None:
        """Merge the source into the target: its account, groups and pending updates move.

        If both have an account in a district, one stays; it is inactive if either was.
        """
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
        return [account_of(row) for row in self.connection.execute(query).all()]

    def about(self, person_ids: Collection[str]) -> Sequence[Mapping[str, object]]:
        """List what identity providers stored about persons, by district, with the names of their groups."""
        shown = (_U.district_id, _U.user_name, _U.external_id, _U.active, _U.created_at, _U.deleted_at)
        query = select(*shown).where(_U.person_id.in_(sorted(person_ids))).order_by(_U.district_id)
        groups = (
            select(scim_groups.c.district_id, scim_groups.c.name)
            .join(scim_members, scim_members.c.group_id == scim_groups.c.id)
            .where(scim_members.c.person_id.in_(sorted(person_ids)))
            .order_by(scim_groups.c.search_name)
        )
        named = self.connection.execute(groups).all()
        return [
            {**row._asdict(), "groups": [name for of, name in named if of == row.district_id]}
            for row in self.connection.execute(query)
        ]

    def forget(self, person_ids: Collection[str]) -> None:
        """Delete everything that identity providers have stored about persons."""
        for table in (scim_users, scim_members, scim_grants, scim_due):
            self.connection.execute(delete(table).where(table.c.person_id.in_(sorted(person_ids))))

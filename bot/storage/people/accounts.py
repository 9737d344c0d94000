"""Links between accounts and persons; merging and erasing persons."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, or_, select, update

from bot.core.name_matching import fold_name
from bot.core.people.holdings import ERASED
from bot.core.rights.actors import AccountKey, Person
from bot.core.values import dataclass
from bot.storage.held_back import Outdated
from bot.storage.statements import Row, changed, contains, insert_new, like
from bot.storage.tables import accounts, assignments, memberships, person_emails, persons

_LOCK = (
    select(persons.c.id).where(persons.c.id.in_(bindparam("these", expanding=True))).order_by(persons.c.id)
)
# Columns that relate rows to each other, rather than hold what is known of the person.
_OWN = ("id", "search_name", "merged_into", "erased_at")
# The columns that can be emptied; the name is kept until the person is erased.
_KNOWN = tuple(column for column in persons.c if column.nullable and column.name not in _OWN)


def _is(key: AccountKey) -> tuple[ColumnElement[bool], ...]:
    return accounts.c.issuer == key.issuer, accounts.c.subject == key.subject


@dataclass(frozen=True, slots=True)
class SqlAccounts:
    """Accounts in the database."""

    connection: Connection

    def lock(self, person_ids: Collection[str]) -> None:
        """Make other units that lock one of these persons wait until this one ends."""
        self.connection.execute(_LOCK.with_for_update(), {"these": sorted(person_ids)}).all()

    def _row(self, person_id: str) -> Row | None:
        return self.connection.execute(select(persons).where(persons.c.id == person_id)).one_or_none()

    def current(self, person_id: str) -> Person | None:
        """Return a person, or the one into whom they were merged; None if they were erased."""
        row = self._row(person_id)
        if row is not None and row.merged_into is not None:
            row = self._row(row.merged_into)
        if row is None or row.erased_at is not None:
            return None
        return Person(row.id, row.name, row.zone)

    def known_as(self, person_id: str) -> Sequence[str]:
        """List the ids of a person: their own, and those of the persons who were merged into them."""
        query = select(persons.c.id).where(_same(person_id)).order_by(persons.c.id)
        return self.connection.execute(query).scalars().all()

    def link(self, key: AccountKey, person_id: str, at: datetime) -> bool:
        """Link an account to a person; False if it is linked to somebody already."""
        row = {"issuer": key.issuer, "subject": key.subject, "person_id": person_id, "linked_at": at}
        return insert_new(self.connection, accounts, row)

    def take(self, key: AccountKey, person_id: str, at: datetime) -> None:
        """Link an account that was nobody's to a person; raise `Outdated` if it is somebody's by now."""
        if not self.link(key, person_id, at):
            raise Outdated

    def recheck_owner(self, key: AccountKey, person_id: str | None) -> None:
        """Raise `Outdated` if an account is no longer linked to this person, or to nobody if that is None.

        On SQLite there is only one writer, so this cannot change while a unit runs.
        """
        if self.connection.dialect.name == "postgresql":
            query = select(accounts.c.person_id).where(*_is(key))
            if self.connection.execute(query).scalar_one_or_none() != person_id:
                raise Outdated

    def unlink(self, key: AccountKey, person_id: str) -> bool:
        """Unlink an account from a person; False if it was not theirs."""
        return changed(self.connection, delete(accounts).where(*_is(key), accounts.c.person_id == person_id))

    def save_proved_email(self, key: AccountKey, address: str, at: datetime) -> None:
        """Store the e-mail address that an account's owner has proved to have."""
        self.connection.execute(update(accounts).where(*_is(key)).values(address=address, proved_at=at))

    def proved_email(self, person_id: str) -> str:
        """Return the e-mail address that a person proved last; empty if none is stored."""
        mine = (accounts.c.person_id == person_id, accounts.c.address.is_not(None))
        query = select(accounts.c.address).where(*mine).order_by(accounts.c.proved_at.desc()).limit(1)
        return self.connection.execute(query).scalar_one_or_none() or ""

    def absorb(self, source_id: str, target_id: str) -> None:
        """Merge the source into the target: its accounts move, and the details entered for it are deleted."""
        run = self.connection.execute
        run(update(accounts).where(accounts.c.person_id == source_id).values(person_id=target_id))
        run(delete(person_emails).where(person_emails.c.person_id == source_id))
        emptied = {column.name: None for column in _KNOWN}
        run(update(persons).where(_same(source_id)).values(**emptied, merged_into=target_id))

    def departed(self, words: Sequence[str], *, after: str | None, limit: int) -> Sequence[Person]:
        """List persons without a membership or a role, newest first, beginning after the person `after`."""
        there = [exists().where(table.c.person_id == persons.c.id) for table in (memberships, assignments)]
        known = (persons.c.merged_into.is_(None), persons.c.erased_at.is_(None))
        query = (
            select(persons.c.id, persons.c.name, persons.c.zone)
            .outerjoin(person_emails, person_emails.c.person_id == persons.c.id)
            .where(*known, *(~one for one in there))
            .order_by(persons.c.id.desc())
            .limit(limit)
        )
        for word in words:
            address = like(func.coalesce(person_emails.c.key, ""), contains(word))
            query = query.where(or_(like(persons.c.search_name, contains(fold_name(word))), address))
        if after is not None:
            query = query.where(persons.c.id < after)
        return [Person(*row) for row in self.connection.execute(query)]

    def erase(self, person_id: str, at: datetime) -> None:
        """Delete a person's accounts and all details; the rows stay, without a name, for their ids."""
        ids = self.known_as(person_id)
        run = self.connection.execute
        run(delete(accounts).where(accounts.c.person_id.in_(ids)))
        run(delete(person_emails).where(person_emails.c.person_id.in_(ids)))
        emptied = {column.name: None for column in _KNOWN}
        gone = {"name": ERASED, "search_name": ERASED, "erased_at": at}
        run(update(persons).where(persons.c.id.in_(ids)).values(**emptied, **gone))


def _same(person_id: str) -> ColumnElement[bool]:
    return or_(persons.c.id == person_id, persons.c.merged_into == person_id)

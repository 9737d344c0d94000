"""Persons and their accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from bot.core.actors import AccountKey, Person
from bot.storage.statements import insert_new
from bot.storage.tables import accounts, persons

_person = (persons.c.id, persons.c.name, persons.c.zone)
_BY_ACCOUNT = (
    select(*_person)
    .join(accounts, accounts.c.person_id == persons.c.id)
    .where(accounts.c.issuer == bindparam("issuer"), accounts.c.subject == bindparam("subject"))
)
_BY_ID = select(*_person).where(persons.c.id == bindparam("id"))
_ADD_PERSON = persons.insert()


@dataclass(frozen=True, slots=True)
class SqlPeople:
    """Persons and accounts in the database."""

    connection: Connection
    now: datetime

    def by_account(self, key: AccountKey) -> Person | None:
        """Find whose account this is."""
        values = {"issuer": key.issuer, "subject": key.subject}
        row = self.connection.execute(_BY_ACCOUNT, values).one_or_none()
        return Person(*row) if row else None

    def by_id(self, person_id: str) -> Person | None:
        """Find a person."""
        row = self.connection.execute(_BY_ID, {"id": person_id}).one_or_none()
        return Person(*row) if row else None

    def add(self, person: Person, key: AccountKey) -> bool:
        """Add a person with their first account; False if another took the account just now."""
        row = {
            "id": person.id,
            "name": person.name,
            "search_name": person.name.casefold(),
            "zone": person.zone,
            "created_at": self.now,
        }
        self.connection.execute(_ADD_PERSON, row)
        account = {
            "issuer": key.issuer,
            "subject": key.subject,
            "person_id": person.id,
            "linked_at": self.now,
        }
        if insert_new(self.connection, accounts, account):
            return True
        self.connection.execute(delete(persons).where(persons.c.id == person.id))
        return False

    def accounts(self, person_ids: Sequence[str]) -> Sequence[tuple[str, AccountKey]]:
        """List the accounts of persons, as (person id, account)."""
        query = (
            select(accounts.c.person_id, accounts.c.issuer, accounts.c.subject)
            .where(accounts.c.person_id.in_(person_ids))
            .order_by(accounts.c.person_id, accounts.c.linked_at)
        )
        return [(row[0], AccountKey(row[1], row[2])) for row in self.connection.execute(query)]

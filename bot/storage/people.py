"""Persons and their accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, bindparam, delete, select

from bot.core.actors import AccountKey, Person
from bot.storage.statements import Statement, insert_new, numbered, several
from bot.storage.tables import accounts, persons

_person = (persons.c.id, persons.c.name, persons.c.zone)
_BY_ACCOUNT = Statement(
    select(*_person)
    .join(accounts, accounts.c.person_id == persons.c.id)
    .where(accounts.c.issuer == bindparam("issuer"), accounts.c.subject == bindparam("subject"))
)
_BY_ID = Statement(select(*_person).where(persons.c.id == bindparam("id")))
_ADD_PERSON = Statement(persons.insert())
_REMOVE_PERSON = Statement(delete(persons).where(persons.c.id == bindparam("of")))


@cache
def _accounts_of(number: int) -> Statement:
    return Statement(
        select(accounts.c.person_id, accounts.c.issuer, accounts.c.subject)
        .where(accounts.c.person_id.in_(several("person", number)))
        .order_by(accounts.c.person_id, accounts.c.linked_at)
    )


@dataclass(frozen=True, slots=True)
class SqlPeople:
    """Persons and accounts in the database."""

    connection: Connection
    now: datetime

    def by_account(self, key: AccountKey) -> Person | None:
        """Find whose account this is."""
        row = _BY_ACCOUNT.row(self.connection, issuer=key.issuer, subject=key.subject)
        return Person(*row) if row else None

    def by_id(self, person_id: str) -> Person | None:
        """Find a person."""
        row = _BY_ID.row(self.connection, id=person_id)
        return Person(*row) if row else None

    def add(self, person: Person, key: AccountKey) -> bool:
        """Add a person with their first account; False if another took the account just now."""
        _ADD_PERSON.run(
            self.connection,
            id=person.id,
            name=person.name,
            search_name=person.name.casefold(),
            zone=person.zone,
            created_at=self.now,
        )
        account = {
            "issuer": key.issuer,
            "subject": key.subject,
            "person_id": person.id,
            "linked_at": self.now,
        }
        if insert_new(self.connection, accounts, account):
            return True
        _REMOVE_PERSON.run(self.connection, of=person.id)
        return False

    def accounts(self, person_ids: Sequence[str]) -> Sequence[tuple[str, AccountKey]]:
        """List the accounts of persons, as (person id, account)."""
        if not person_ids:
            return []
        found = _accounts_of(len(person_ids)).rows(self.connection, **numbered("person", person_ids))
        return [(row[0], AccountKey(row[1], row[2])) for row in found]

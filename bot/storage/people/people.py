"""Persons and their accounts."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from bot.core.email_addresses import email_key
from bot.core.name_matching import fold_name
from bot.core.people.people import PersonDetails
from bot.core.rights.actors import AccountKey, Person
from bot.core.values import asdict, dataclass, field, field_names
from bot.storage.held_back import Outdated
from bot.storage.statements import Statement, changed, in_parameters, in_values, insert_new
from bot.storage.tables import accounts, memberships, person_emails, persons

_person = (persons.c.id, persons.c.name, persons.c.zone)
_BY_ACCOUNT = Statement(
    select(*_person)
    .join(accounts, accounts.c.person_id == persons.c.id)
    .where(accounts.c.issuer == bindparam("issuer"), accounts.c.subject == bindparam("subject"))
)
_BY_ID = Statement(select(*_person).where(persons.c.id == bindparam("id")))
_ADD_PERSON = Statement(persons.insert())
_ADD_ACCOUNT = Statement(accounts.insert())
# FOR KEY SHARE waits until a unit that merges or erases the person has ended, and then reads the result.
_NOW = Statement(
    select(persons.c.merged_into, persons.c.erased_at)
    .where(persons.c.id == bindparam("person"))
    .with_for_update(read=True, key_share=True)
)
_LOCK = select(persons.c.id).where(persons.c.id == bindparam("of")).with_for_update(key_share=True)
_DETAILS = (
    select(
        *(persons.c[name] for name in field_names(PersonDetails) if name != "email"),
        person_emails.c.address.label("email"),
    )
    .outerjoin(person_emails, person_emails.c.person_id == persons.c.id)
    .where(persons.c.id == bindparam("of"))
)


@cache
def _accounts_of(number: int) -> Statement:
    return Statement(
        select(accounts.c.person_id, accounts.c.issuer, accounts.c.subject)
        .where(accounts.c.person_id.in_(in_parameters("person", number)))
        .order_by(accounts.c.person_id, accounts.c.linked_at)
    )


def hold_person(connection: Connection, person_id: str) -> None:
    """Keep a person from being merged or erased until this unit ends; raise `Outdated` if they just were.

    On SQLite there is only one writer, so nobody can be merged or erased while this unit runs.
    """
    if connection.dialect.name != "postgresql":
        return
    person = _NOW.row(connection, person=person_id)
    if person is not None and (person.merged_into or person.erased_at):
        raise Outdated


@dataclass(frozen=True, slots=True)
class SqlPeople:
    """Persons and accounts in the database."""

    connection: Connection
    now: datetime
    # The ids of persons whom this unit has added: no other unit can see them yet.
    added: set[str] = field(default_factory=set)
    # The accounts that this unit has given to persons whom it has added.
    _given: set[AccountKey] = field(default_factory=set)

    def by_account(self, key: AccountKey) -> Person | None:
        """Return the person who has an account."""
        row = _BY_ACCOUNT.row(self.connection, issuer=key.issuer, subject=key.subject)
        return Person(*row) if row else None

    def by_id(self, person_id: str) -> Person | None:
        """Return the person with this id."""
        row = _BY_ID.row(self.connection, id=person_id)
        return Person(*row) if row else None

    def add(self, person: Person, key: AccountKey) -> bool:
        """Add a person with their first account; False if this unit has already given it to another person.

        This unit has looked the account up, and it was nobody's. If another unit gives it to somebody now,
        this one is run again.
        """
        if key in self._given and self.by_account(key) is not None:
            return False
        self._given.add(key)
        self.add_unlinked(person)
        _ADD_ACCOUNT.defer(
            self.connection,
            issuer=key.issuer,
            subject=key.subject,
            person_id=person.id,
            linked_at=self.now,
        )
        return True

    def add_unlinked(self, person: Person) -> None:
        """Add a person who has no account."""
        self.added.add(person.id)
        _ADD_PERSON.defer(
            self.connection,
            id=person.id,
            name=person.name,
            search_name=fold_name(person.name),
            zone=person.zone,
            created_at=self.now,
        )

    def hold(self, person_id: str) -> None:
        """Keep a person from being merged or erased until this unit ends; see `hold_person`."""
        hold_person(self.connection, person_id)

    def lock(self, person_id: str) -> None:
        """Make other units that lock this person wait until this one ends."""
        self.connection.execute(_LOCK, {"of": person_id})

    def details(self, person_id: str) -> PersonDetails:
        """Return the details of a person; all are empty for an unknown id."""
        row = self.connection.execute(_DETAILS, {"of": person_id}).one_or_none()
        known = row._asdict() if row else {}
        return PersonDetails(**{name: value for name, value in known.items() if value is not None})

    def save_details(self, person_id: str, details: PersonDetails) -> bool:
        """Store a person's details and the name that follows from them; False if the address is taken."""
        if not self._take_email(person_id, details.email):
            return False
        values = asdict(details)
        del values["email"]
        if details.full_name:
            values |= {"name": details.full_name, "search_name": fold_name(details.full_name)}
        self.connection.execute(update(persons).where(persons.c.id == person_id).values(**values))
        return True

    def _take_email(self, person_id: str, address: str) -> bool:
        """Make this the person's only address; False if another has it: the first of two INSERTs wins."""
        key = email_key(address)
        own = person_emails.c.person_id == person_id
        row = {"key": key, "person_id": person_id, "address": address}
        if address and not insert_new(self.connection, person_emails, row):
            rewrite = update(person_emails).where(person_emails.c.key == key, own).values(address=address)
            if not changed(self.connection, rewrite):
                return False
        self.connection.execute(delete(person_emails).where(own, person_emails.c.key != key))
        return True

    def by_email(self, address: str) -> Person | None:
        """Return the person who has an e-mail address, without regard to case."""
        query = (
            select(*_person)
            .join(person_emails, person_emails.c.person_id == persons.c.id)
            .where(person_emails.c.key == email_key(address))
        )
        row = self.connection.execute(query).one_or_none()
        return Person(*row) if row else None

    def has_educator_id(self, school_id: str, educator_id: str, *, but: str) -> bool:
        """Tell whether a person in a school, besides the one with the id `but`, has an educator id."""
        # The index is partial: the planner uses it only if the query says that the id is not empty.
        having = (persons.c.educator_id == educator_id, persons.c.educator_id != "", persons.c.id != but)
        here = exists().where(memberships.c.person_id == persons.c.id, memberships.c.school_id == school_id)
        return bool(self.connection.execute(select(exists().where(*having, here))).scalar_one())

    def accounts(self, person_ids: Sequence[str]) -> Sequence[tuple[str, AccountKey]]:
        """List the accounts of persons, as (person id, account)."""
        if not person_ids:
            return []
        found = _accounts_of(len(person_ids)).rows(self.connection, **in_values("person", person_ids))
        return [(row[0], AccountKey(row[1], row[2])) for row in found]

"""A fake of the stored persons."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.email_addresses import email_key
from bot.core.people.people import PersonDetails
from bot.core.rights.actors import AccountKey, Person
from bot.core.values import replace
from tests.fakes.state import State


@dataclass(frozen=True)
class FakePeople:
    state: State

    def by_account(self, key: AccountKey) -> Person | None:
        owner = self.state.accounts.get(key)
        return self.state.persons[owner] if owner else None

    def by_id(self, person_id: str) -> Person | None:
        return self.state.persons.get(person_id)

    def add(self, person: Person, key: AccountKey) -> bool:
        if key in self.state.accounts:
            return False
        self.state.persons[person.id] = person
        self.state.accounts[key] = person.id
        return True

    def add_unlinked(self, person: Person) -> None:
        self.state.persons[person.id] = person

    def hold(self, person_id: str) -> None:
        """Do nothing: units of the fake database never run at the same time."""

    def lock(self, person_id: str) -> None:
        """Do nothing: units of the fake database never run at the same time."""

    def details(self, person_id: str) -> PersonDetails:
        person = self.state.persons.get(person_id)
        known = self.state.details.get(person_id, PersonDetails())
        return replace(known, zone=person.zone) if person else PersonDetails()

    def save_details(self, person_id: str, details: PersonDetails) -> bool:
        other = self.by_email(details.email) if details.email else None
        if other is not None and other.id != person_id:
            return False
        self.state.details[person_id] = details
        known = self.state.persons[person_id]
        named = replace(known, name=details.full_name or known.name, zone=details.zone)
        self.state.persons[person_id] = named
        return True

    def by_email(self, address: str) -> Person | None:
        for owner, details in self.state.details.items():
            if details.email and email_key(details.email) == email_key(address):
                return self.state.persons[owner]
        return None

    def has_educator_id(self, school_id: str, educator_id: str, *, but: str) -> bool:
        here = {one.person_id for one in self.state.memberships.values() if one.school_id == school_id}
        return any(
            owner in here and owner != but and details.educator_id == educator_id
            for owner, details in self.state.details.items()
        )

    def accounts(self, person_ids: Sequence[str]) -> Sequence[tuple[str, AccountKey]]:
        wanted = [(owner, key) for key, owner in self.state.accounts.items() if owner in person_ids]
        return sorted(wanted, key=lambda pair: pair[0])

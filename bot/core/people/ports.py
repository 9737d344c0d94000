"""The repositories of people and of memberships."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from bot.core.rights.actors import AccountKey, Person
from bot.core.rights.ports import Assignments

if TYPE_CHECKING:
    from bot.core.people.members import Member, Membership, Standing
    from bot.core.people.people import PersonDetails
    from bot.core.people.people_filter import PeopleFilter


class People(Protocol):
    """Persons and their accounts."""

    def by_account(self, key: AccountKey) -> Person | None:
        """Find the person to whom an account belongs."""
        ...

    def by_id(self, person_id: str) -> Person | None:
        """Find a person."""
        ...

    def add(self, person: Person, key: AccountKey) -> bool:
        """Add a person with their first account; False if this unit of work has added the account already.

        If another unit has just added the account, this one is run again.
        """
        ...

    def accounts(self, person_ids: Sequence[str]) -> Sequence[tuple[str, AccountKey]]:
        """List the accounts of persons, as pairs of a person's id and an account."""
        ...

    def add_unlinked(self, person: Person) -> None:
        """Add a person who has no account."""
        ...

    def hold(self, person_id: str) -> None:
        """Keep a person from being merged or erased until the unit of work ends.

        If that has happened since the unit read the person, the unit is run again.
        """
        ...

    def lock(self, person_id: str) -> None:
        """Lock a person until the unit of work ends; other units that lock them wait."""
        ...

    def details(self, person_id: str) -> "PersonDetails":
        """Return a person's details; they are empty for an unknown person."""
        ...

    def save_details(self, person_id: str, details: "PersonDetails") -> bool:
        """Store a person's details and resulting name; False if another person has the e-mail address."""
        ...

    def by_email(self, address: str) -> Person | None:
        """Find the person with an e-mail address, ignoring case."""
        ...

    def has_educator_id(self, school_id: str, educator_id: str, *, but: str) -> bool:
        """Tell whether a person in a school, besides the one with the id `but`, has an educator id."""
        ...


class Members(Assignments, Protocol):
    """Memberships, and the role assignments of their persons."""

    def of(self, school_id: str, person_id: str) -> "Membership | None":
        """Find a person's membership in a school."""
        ...

    def add(self, membership: "Membership") -> bool:
        """Add a membership; False if the person has one in the school already."""
        ...

    def change_standing(self, membership: "Membership", *, expected: "Standing") -> bool:
        """Store a membership's standing and dates; False if its standing is no longer as expected."""
        ...

    def withdraw(self, membership_id: str) -> bool:
        """Delete a pending membership; False if it is not pending any more."""
        ...

    def change(self, membership: "Membership", *, expected: "Membership") -> bool:
        """Store a membership's access and visibility; False if these are no longer as expected."""
        ...

    def remove(self, membership: "Membership") -> bool:
        """Delete a membership and its person's roles in the school; False if it was deleted already."""
        ...

    def of_person(self, person_id: str) -> Sequence["Membership"]:
        """List a person's memberships, whatever their state."""
        ...

    def by_id(self, school_id: str, membership_id: str) -> "Member | None":
        """Find a member of a school."""
        ...

    def listed(self, wanted: "PeopleFilter", *, after: str | None, limit: int) -> Sequence["Member"]:
        """List the members that match a filter by name, beginning after the membership `after`.

        A search lists first the members whose names begin with what was typed, then those whose addresses do.
        """
        ...

    def count(self, wanted: "PeopleFilter", *, most: int | None = None) -> int:
        """Count the members that match a filter, up to `most`."""
        ...

    def school_of(self, membership_id: str) -> str | None:
        """Return the id of a membership's school; None if there is no such membership."""
        ...

    def count_seats(self, school_id: str) -> int:
        """Count a school's admitted members who are not archived; suspended and deactivated ones count."""
        ...

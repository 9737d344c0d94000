"""Repositories of what is stored under a person's id in any table, and of whom accounts belong to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bot.core.rights.actors import AccountKey, Person
from bot.core.values import dataclass

if TYPE_CHECKING:
    from bot.core.people.members import Membership
    from bot.core.requests.join_requests import JoinRequest


# Replaces the name of an erased person. Ids stay, so that the audit chain stays whole.
ERASED = "—"


class RecordKind(StrEnum):
    """The kinds of records that a person can have left."""

    INVITATIONS = "invitations"
    REVOCATIONS = "revocations"
    REDEMPTIONS = "redemptions"
    REQUESTS = "requests"
    DECISIONS = "decisions"
    CLAIMED = "claimed"
    GRANTS = "grants"
    CLAIMS = "claims"
    ADDRESSED = "addressed"
    MESSAGES = "messages"
    TEMPLATES = "templates"
    RECEIVED = "received"


# Records of handling other people's join requests. They never move to the applicant, since nobody decides
# their own request.
OF_OTHERS = frozenset({RecordKind.DECISIONS, RecordKind.CLAIMED})


@dataclass(frozen=True, slots=True)
class GivenRole:
    """A role with the scope that it was given in; `scope_id` is empty for the whole system."""

    role: str
    scope_kind: str
    scope_id: str


class Accounts(Protocol):
    """Which accounts belong to which person."""

    def lock(self, person_ids: Collection[str]) -> None:
        """Lock persons until the unit of work ends; other units that lock one of them wait."""
        ...

    def current(self, person_id: str) -> Person | None:
        """Find a person, or the person they were merged into; None if they were erased."""
        ...

    def known_as(self, person_id: str) -> Sequence[str]:
        """List the ids of a person: their own, and those of persons who were merged into them."""
        ...

    def link(self, key: AccountKey, person_id: str, at: datetime) -> bool:
        """Link an account to a person; False if it belongs to anybody already."""
        ...

    def take(self, key: AccountKey, person_id: str, at: datetime) -> None:
        """Link an account that was nobody's to a person; run the unit again if another took it meanwhile."""
        ...

    def recheck_owner(self, key: AccountKey, person_id: str | None) -> None:
        """Run the unit again if an account no longer belongs to this person (or, for None, to nobody)."""
        ...

    def unlink(self, key: AccountKey, person_id: str) -> bool:
        """Unlink an account from a person; False if it was not theirs."""
        ...

    def save_proved_email(self, key: AccountKey, address: str, at: datetime) -> None:
        """Store the e-mail address that an account's owner has proved to have."""
        ...

    def proved_email(self, person_id: str) -> str:
        """Return the e-mail address that a person proved last; empty if none is stored."""
        ...

    def absorb(self, source_id: str, target_id: str) -> None:
        """Merge the source into the target: accounts move, and the source's details are deleted."""
        ...

    def departed(self, words: Sequence[str], *, after: str | None, limit: int) -> Sequence[Person]:
        """List people in no school and without a role, newest first; `after` is the id of the last one shown.

        Each of the words must occur in the person's name or e-mail address.
        """
        ...

    def erase(self, person_id: str, at: datetime) -> None:
        """Delete a person's accounts and all that is known of them; their ids stay."""
        ...


class Holdings(Protocol):
    """The records that are stored under a person's id."""

    def count(
        self, kind: RecordKind, person_id: str, school_id: str | None = None, *, excluding: str | None = None
    ) -> int:
        """Count a person's records of a kind, in one school or in all.

        For the kinds `OF_OTHERS`, those about the join requests of the person `excluding` are left out.
        """
        ...

    def records(
        self, kind: RecordKind, person_id: str, school_id: str | None = None
    ) -> Sequence[Mapping[str, object]]:
        """Return a person's records of a kind, oldest first, without secrets."""
        ...

    def move(self, kind: RecordKind, source_id: str, target_id: str, school_id: str | None = None) -> int:
        """Move the records of a kind from one person to another; return how many.

        For the kinds `OF_OTHERS`, the join requests of the target are left out.
        """
        ...

    def roles(self, person_id: str) -> Sequence[GivenRole]:
        """List all roles of a person, in every scope."""
        ...

    def move_roles(self, source_id: str, target_id: str) -> None:
        """Move all roles of one person to another."""
        ...

    def move_membership(self, membership_id: str, target_id: str) -> None:
        """Move a membership to another person, who must have none in its school."""
        ...

    def store_membership(self, membership: "Membership") -> None:
        """Store all states and dates of a membership."""
        ...

    def pending_requests(self, person_id: str) -> Sequence["JoinRequest"]:
        """List a person's pending join requests, oldest first."""
        ...

    def request_ids(self, person_id: str) -> Sequence[str]:
        """List the ids of all join requests that a person ever made."""
        ...

    def end_memberships(self, person_id: str) -> int:
        """Delete a person's memberships and roles everywhere; return how many memberships."""
        ...

    def erase_texts(self, person_id: str, accounts: Collection[AccountKey]) -> None:
        """Delete texts written by or about a person, and all notices and card copies for these accounts."""
        ...

"""What is stored under a person's id, wherever it is, and whose accounts are whose."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bot.core.actors import AccountKey, Person
from bot.core.values import dataclass

if TYPE_CHECKING:
    from bot.core.join_requests import JoinRequest
    from bot.core.members import Membership


# Stands where a name stood. Ids stay, so that the audit chain stays whole.
ERASED = "—"


class Kind(StrEnum):
    """What a person can have left behind."""

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


# What somebody does for requests of others: nobody decides their own.
OF_OTHERS = frozenset({Kind.DECISIONS, Kind.CLAIMED})


@dataclass(frozen=True, slots=True)
class GivenRole:
    """A role with its whole scope; `scope_id` is empty for the whole system."""

    role: str
    scope_kind: str
    scope_id: str


class Accounts(Protocol):
    """Whose accounts are whose."""

    def lock(self, person_ids: Collection[str]) -> None:
        """Let no other unit that locks one of these persons go on before this one ends."""
        ...

    def current(self, person_id: str) -> Person | None:
        """Find a person, or who they proved to be; None if they were erased."""
        ...

    def known_as(self, person_id: str) -> Sequence[str]:
        """List the ids of a person: their own, and those that were merged into it."""
        ...

    def link(self, key: AccountKey, person_id: str, at: datetime) -> bool:
        """Give a person an account; False if it is somebody's."""
        ...

    def take(self, key: AccountKey, person_id: str, at: datetime) -> None:
        """Give a person an account that is nobody's; a unit that is too late for that is run again."""
        ...

    def remains(self, key: AccountKey, person_id: str | None) -> None:
        """Run a unit again that has read an account as this person's, or nobody's, where it is so no more."""
        ...

    def unlink(self, key: AccountKey, person_id: str) -> bool:
        """Take an account from a person; False if it was not theirs."""
        ...

    def prove(self, key: AccountKey, address: str, at: datetime) -> None:
        """Keep the address that an account's owner has proved."""
        ...

    def proved(self, person_id: str) -> str:
        """Return the address that a person has proved last; empty where none is kept."""
        ...

    def absorb(self, source_id: str, target_id: str) -> None:
        """Make a person another: accounts move, and what was entered of the one is deleted."""
        ...

    def departed(self, words: Sequence[str], *, after: str | None, limit: int) -> Sequence[Person]:
        """List who is in no school and has no role, whoever was met last first; `after` is the last shown.

        Each of the words is in their name or e-mail address.
        """
        ...

    def erase(self, person_id: str, at: datetime) -> None:
        """Delete a person's accounts and all that is known of them; their ids stay."""
        ...


class Holdings(Protocol):
    """What is stored under a person's id."""

    def count(
        self, kind: Kind, person_id: str, school_id: str | None = None, *, sparing: str | None = None
    ) -> int:
        """Count what a person has of a kind, in one school or in all.

        Of what is done for others, the requests of the person `sparing` are left out.
        """
        ...

    def rows(
        self, kind: Kind, person_id: str, school_id: str | None = None
    ) -> Sequence[Mapping[str, object]]:
        """Return what a person has of a kind, oldest first, without secrets."""
        ...

    def move(self, kind: Kind, source_id: str, target_id: str, school_id: str | None = None) -> int:
        """Put what one person has of a kind under another, but for requests of the other; count it."""
        ...

    def roles(self, person_id: str) -> Sequence[GivenRole]:
        """List all roles of a person, at whatever scope."""
        ...

    def move_roles(self, source_id: str, target_id: str) -> None:
        """Give a person the roles of another who has proved to be them."""
        ...

    def move_membership(self, membership_id: str, target_id: str) -> None:
        """Put a membership under another person, who has none in its school."""
        ...

    def store_membership(self, membership: "Membership") -> None:
        """Store a membership whole."""
        ...

    def pending_requests(self, person_id: str) -> Sequence["JoinRequest"]:
        """List a person's requests that wait, oldest first."""
        ...

    def request_ids(self, person_id: str) -> Sequence[str]:
        """List all requests that a person ever made."""
        ...

    def end_memberships(self, person_id: str) -> int:
        """Delete a person's memberships and roles, everywhere; count the memberships."""
        ...

    def blank(self, person_id: str, accounts: Collection[AccountKey]) -> None:
        """Delete what was written by and about a person, and what was sent to their accounts."""
        ...

"""Repositories of SCIM: tokens, users and groups of districts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.scim.model import Account, Group, Token, User
    from bot.core.scim.queries import Query


class ScimTokens(Protocol):
    """The tokens of districts, and the schools that new users join."""

    def add(self, token: "Token") -> None:
        """Add a token."""
        ...

    def by_id(self, token_id: str) -> "Token | None":
        """Find a token; None if there is none with this id."""
        ...

    def of(self, district_id: str, now: datetime) -> Sequence["Token"]:
        """List a district's valid tokens, oldest first."""
        ...

    def expire_all(self, district_id: str, at: datetime) -> int:
        """Let a district's tokens expire at a moment, if not sooner; count them."""
        ...

    def mark_used(self, token_id: str, at: datetime) -> None:
        """Record when a token was last used."""
        ...

    def default_school(self, district_id: str) -> str | None:
        """Return the id of the school that new users join; None if there is none."""
        ...

    def set_default_school(self, district_id: str, school_id: str | None) -> None:
        """Set the school that new users join, or none."""
        ...


class ScimUsers(Protocol):
    """People as identity providers know them."""

    def add(self, account: "Account") -> bool:
        """Add an account; False if the district has that user name or that person already."""
        ...

    def save(self, account: "Account") -> bool:
        """Store an account; False if the district has another one with that user name."""
        ...

    def of_person(self, district_id: str, person_id: str) -> "Account | None":
        """Find a person's account in a district, deleted or not; None if they have none."""
        ...

    def known_elsewhere(self, district_id: str, person_id: str) -> bool:
        """Tell whether another district's identity provider knows a person."""
        ...

    def by_id(self, district_id: str, user_id: str) -> "User | None":
        """Find a user whom a district may see; None if there is none with this id."""
        ...

    def search(
        self, district_id: str, query: "Query", *, start: int, limit: int
    ) -> tuple[int, Sequence["User"]]:
        """Find users whom a district may see, in a stable order from the `start`-th; count all matches."""
        ...

    def person_ids(self, district_id: str, ids: Collection[str]) -> Mapping[str, str]:
        """Return the person ids of users whom a district may see, by user id."""
        ...

    def barred(self, school_id: str, person_id: str) -> bool:
        """Tell whether the identity provider of a school's district has deactivated a person."""
        ...

    def mark(self, membership_id: str, *, made: bool | None = None, was: str | None = None) -> None:
        """Record that SCIM made a membership, or the access that it had before SCIM deactivated it."""
        ...

    def made(self, membership_id: str) -> bool:
        """Tell whether SCIM made a membership."""
        ...

    def was(self, membership_id: str) -> str | None:
        """Return a membership's access from before SCIM deactivated it; None if SCIM did not."""
        ...

    def unmark(self, membership_id: str) -> None:
        """Forget that SCIM deactivated a membership, because somebody has changed it since."""
        ...

    def absorb(self, source_id: str, target_id: str) -> None:
        """Merge a person into another: users, groups and due work move; the stricter state wins."""
        ...

    def about(self, person_ids: Collection[str]) -> Sequence[Mapping[str, object]]:
        """Return what identity providers store about people, by district, with the names of their groups."""
        ...

    def forget(self, person_ids: Collection[str]) -> None:
        """Delete everything that identity providers store about people."""
        ...


class ScimGroups(Protocol):
    """Groups of identity providers, the roles that they gave, and the people due to be settled."""

    def add(self, group: "Group") -> None:
        """Add a group."""
        ...

    def save(self, group: "Group") -> None:
        """Store a group's name and link."""
        ...

    def delete(self, group_id: str) -> None:
        """Delete a group, and make its members due."""
        ...

    def by_id(self, district_id: str, group_id: str) -> "Group | None":
        """Find a group of a district; None if there is none with this id."""
        ...

    def search(
        self, district_id: str, query: "Query", *, start: int, limit: int
    ) -> tuple[int, Sequence["Group"]]:
        """Find a district's groups, by id from the `start`-th; count all matches."""
        ...

    def members(self, group_id: str, only: Collection[str] | None = None) -> Sequence[tuple[str, str]]:
        """List a group's members as (user id, person id): all, or only these user ids."""
        ...

    def put(self, group_id: str, person_ids: Collection[str]) -> None:
        """Add people to a group."""
        ...

    def drop(self, group_id: str, person_ids: Collection[str]) -> None:
        """Remove people from a group."""
        ...

    def leave_all(self, district_id: str, person_id: str) -> None:
        """Remove a person from all groups of a district."""
        ...

    def wanted_roles(self, district_id: str, person_id: str) -> Sequence[tuple[str, str]]:
        """List the roles that a person's groups give at open schools of the district: (school id, role)."""
        ...

    def given_roles(self, district_id: str, person_id: str) -> Sequence[tuple[str, str]]:
        """List the roles that a person has only by groups: (school id, role)."""
        ...

    def give(self, person_id: str, school_id: str, role: str) -> None:
        """Record that a person has a role only by a group."""
        ...

    def take(self, person_id: str, school_id: str, role: str) -> None:
        """Forget that a person has a role by a group."""
        ...

    def release(self, group: "Group") -> None:
        """Forget that a group gave its members their role, which remains theirs."""
        ...

    def make_members_due(self, group_id: str) -> None:
        """Make all members of a group due."""
        ...

    def make_due(self, district_id: str, person_ids: Collection[str]) -> None:
        """Make people due to be settled by the sweep."""
        ...

    def next_due(self, *, excluding: Collection[str] = ()) -> str | None:
        """Return a district in which somebody is due, not counting `excluding`; None if nobody is."""
        ...

    def take_due(self, district_id: str, limit: int, *, excluding: Collection[str] = ()) -> Sequence[str]:
        """Take people of a district who are due, leaving out `excluding`; the caller holds its lock."""
        ...

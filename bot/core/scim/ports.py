"""The repositories of SCIM: tokens, users and groups of districts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.core.scim.model import Account, Group, Token, User
    from bot.core.scim.queries import Query


class ScimTokens(Protocol):
    """Who may ask, and where new people go."""

    def add(self, token: "Token") -> None:
        """Add a token."""
        ...

    def by_id(self, token_id: str) -> "Token | None":
        """Find a token."""
        ...

    def of(self, district_id: str, now: datetime) -> Sequence["Token"]:
        """List a district's tokens that work, oldest first."""
        ...

    def end(self, district_id: str, at: datetime) -> int:
        """Let all of a district's tokens work until then at the longest; count them."""
        ...

    def used(self, token_id: str, at: datetime) -> None:
        """Note when a token was last used."""
        ...

    def default_school(self, district_id: str) -> str | None:
        """Name the school that new users join."""
        ...

    def set_default_school(self, district_id: str, school_id: str | None) -> None:
        """Set the school that new users join, or none."""
        ...


class ScimUsers(Protocol):
    """People as identity providers know them."""

    def add(self, account: "Account") -> bool:
        """Add an account; False if the district has that user name, or that person."""
        ...

    def save(self, account: "Account") -> bool:
        """Store an account; False if the district has another of that user name."""
        ...

    def of_person(self, district_id: str, person_id: str) -> "Account | None":
        """Find what a district calls a person, deleted or not."""
        ...

    def elsewhere(self, district_id: str, person_id: str) -> bool:
        """Tell whether another district's identity provider knows a person."""
        ...

    def by_id(self, district_id: str, user_id: str) -> "User | None":
        """Find a user whom a district may see."""
        ...

    def found(
        self, district_id: str, query: "Query", *, start: int, limit: int
    ) -> tuple[int, Sequence["User"]]:
        """List users whom a district may see, in a steady order from the `start`-th; and count them all."""
        ...

    def named(self, district_id: str, ids: Collection[str]) -> Mapping[str, str]:
        """Find the persons behind ids of users whom a district may see, as {id: person id}."""
        ...

    def barred(self, school_id: str, person_id: str) -> bool:
        """Tell whether the identity provider of a school's district has deactivated a person."""
        ...

    def mark(self, membership_id: str, *, made: bool | None = None, was: str | None = None) -> None:
        """Note that SCIM made a membership, or how it stood before SCIM deactivated it."""
        ...

    def made(self, membership_id: str) -> bool:
        """Tell whether SCIM made a membership."""
        ...

    def was(self, membership_id: str) -> str | None:
        """Tell how a membership stood before SCIM deactivated it; None if SCIM did not."""
        ...

    def unmark(self, membership_id: str) -> None:
        """Forget that SCIM deactivated a membership: somebody has changed it since."""
        ...

    def absorb(self, source_id: str, target_id: str) -> None:
        """Make a person another: users, groups and what is due move; the stricter state wins."""
        ...

    def about(self, person_ids: Collection[str]) -> Sequence[Mapping[str, object]]:
        """Tell what identity providers keep of persons, by district, with the names of their groups."""
        ...

    def forget(self, person_ids: Collection[str]) -> None:
        """Delete all that identity providers keep of persons."""
        ...


class ScimGroups(Protocol):
    """Groups of identity providers, and what they give."""

    def add(self, group: "Group") -> None:
        """Add a group."""
        ...

    def save(self, group: "Group") -> None:
        """Store a group's name and link."""
        ...

    def delete(self, group_id: str) -> None:
        """Delete a group; whoever was in it is due."""
        ...

    def by_id(self, district_id: str, group_id: str) -> "Group | None":
        """Find a group of a district."""
        ...

    def found(
        self, district_id: str, query: "Query", *, start: int, limit: int
    ) -> tuple[int, Sequence["Group"]]:
        """List a district's groups by id, from the `start`-th; and count them all."""
        ...

    def members(self, group_id: str, only: Collection[str] | None = None) -> Sequence[tuple[str, str]]:
        """List a group's members as (user id, person id): all, or those of some user ids."""
        ...

    def put(self, group_id: str, person_ids: Collection[str]) -> None:
        """Put persons into a group."""
        ...

    def drop(self, group_id: str, person_ids: Collection[str]) -> None:
        """Take persons out of a group."""
        ...

    def leave_all(self, district_id: str, person_id: str) -> None:
        """Take a person out of all groups of a district."""
        ...

    def wanted(self, district_id: str, person_id: str) -> Sequence[tuple[str, str]]:
        """List what a person's groups give, as (school id, role): in schools of the district at work."""
        ...

    def given(self, district_id: str, person_id: str) -> Sequence[tuple[str, str]]:
        """List what a person has by groups alone, as (school id, role)."""
        ...

    def give(self, person_id: str, school_id: str, role: str) -> None:
        """Note that a person has a role by a group alone."""
        ...

    def take(self, person_id: str, school_id: str, role: str) -> None:
        """Forget that a person has a role by a group."""
        ...

    def release(self, group: "Group") -> None:
        """Forget that a group's members have their role by it: it is the school's own now."""
        ...

    def all_due(self, group_id: str) -> None:
        """Let all members of a group be due."""
        ...

    def make_due(self, district_id: str, person_ids: Collection[str]) -> None:
        """Let persons be due."""
        ...

    def next_due(self, *, but: Collection[str] = ()) -> str | None:
        """Name a district where somebody is due; some persons do not count."""
        ...

    def take_due(self, district_id: str, limit: int, *, but: Collection[str] = ()) -> Sequence[str]:
        """Take persons of a district who are due, but for some; the caller holds the district's lock."""
        ...

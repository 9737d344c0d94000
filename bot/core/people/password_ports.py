"""Repositories of passwords, and of the links that set them."""

from datetime import datetime
from typing import Protocol

from bot.core.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Password:
    """A person's password, as a slow hash. Sessions end when the `epoch` changes.

    `email_key` is the address to which the link that set the password was mailed, in the form used to
    compare.
    """

    person_id: str
    hash: str = field(repr=False)
    email_key: str = field(repr=False)
    epoch: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """A link that sets a person's password once, with the address to which it was mailed.

    Only a hash of its token is stored.
    """

    person_id: str
    email_key: str = field(repr=False)
    expires_at: datetime


class Passwords(Protocol):
    """Passwords and their links."""

    def of(self, person_id: str) -> Password | None:
        """Find a person's password; None if they have none."""
        ...

    def save(self, password: Password) -> None:
        """Store a person's password in place of the old one; the caller holds the person's lock."""
        ...

    def rehash(self, person_id: str, fresh: str, *, epoch: str) -> bool:
        """Store another hash of the same password; False if the password was changed meanwhile."""
        ...

    def add_link(self, token_hash: str, link: PasswordLink, now: datetime) -> None:
        """Add a link that sets a password; drops the person's older links, and all that have expired."""
        ...

    def link(self, token_hash: str, now: datetime) -> PasswordLink | None:
        """Find a link that can be used, without using it up."""
        ...

    def take_link(self, token_hash: str, now: datetime) -> PasswordLink | None:
        """Use a link up; None if it is unknown, used or expired."""
        ...

    def drop_links(self, person_id: str) -> None:
        """Delete all links of a person."""
        ...

    def absorb(self, source_id: str, target_id: str) -> bool:
        """Move the source's password to the target if the target has none; tell whether it moved.

        The source's links end.
        """
        ...

    def forget(self, person_id: str) -> None:
        """Delete a person's password and links."""
        ...

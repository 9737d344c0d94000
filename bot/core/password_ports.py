"""What is stored of passwords, and of the links by which they are set."""

from datetime import datetime
from typing import Protocol

from bot.core.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Password:
    """A person's password, as a slow hash. Sessions end when the `epoch` changes.

    `email_key` is the address to which the link was mailed that set it, without regard to case.
    """

    person_id: str
    hash: str = field(repr=False)
    email_key: str = field(repr=False)
    epoch: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """A link that sets somebody's password once. It is known by its hash, and where it was mailed to."""

    person_id: str
    email_key: str = field(repr=False)
    expires_at: datetime


class Passwords(Protocol):
    """Passwords and their links."""

    def of(self, person_id: str) -> Password | None:
        """Find a person's password."""
        ...

    def save(self, password: Password) -> None:
        """Store a person's password in the place of the one before; the caller holds the person."""
        ...

    def rehash(self, person_id: str, fresh: str, *, epoch: str) -> bool:
        """Store another hash of the same password; False if it was changed meanwhile."""
        ...

    def add_link(self, token_hash: str, link: PasswordLink, now: datetime) -> None:
        """Let a link set a password; the person's older links, and all that have expired, are dropped."""
        ...

    def link(self, token_hash: str, now: datetime) -> PasswordLink | None:
        """Find a link that can be used, and leave it."""
        ...

    def take_link(self, token_hash: str, now: datetime) -> PasswordLink | None:
        """Use a link up; None if it is unknown, used or expired."""
        ...

    def drop_links(self, person_id: str) -> None:
        """End all links of a person."""
        ...

    def absorb(self, source_id: str, target_id: str) -> bool:
        """Give a person the password of another, if they have none; True if they got it. Links end."""
        ...

    def forget(self, person_id: str) -> None:
        """Delete a person's password and links."""
        ...

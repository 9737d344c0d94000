"""Passwords, and the links that set them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update
from sqlalchemy.sql.selectable import TypedReturnsRows

from bot.core.people.password_ports import Password, PasswordLink
from bot.core.values import asdict, dataclass
from bot.storage.statements import changed
from bot.storage.tables import password_links, passwords

_L = password_links.c
_LINK = (_L.person_id, _L.email_key, _L.expires_at)


@dataclass(frozen=True, slots=True)
class SqlPasswords:
    """Passwords in the database."""

    connection: Connection

    def of(self, person_id: str) -> Password | None:
        """Return a person's password."""
        query = select(passwords).where(passwords.c.person_id == person_id)
        row = self.connection.execute(query).one_or_none()
        return Password(*row) if row else None

    def save(self, password: Password) -> None:
        """Store a person's password, in place of an earlier one; the caller has locked the person."""
        row = asdict(password)
        if not changed(self.connection, update(passwords).where(_of(password.person_id)).values(row)):
            self.connection.execute(insert(passwords), row)

    def rehash(self, person_id: str, fresh: str, *, epoch: str) -> bool:
        """Store another hash of the same password; False if the password was changed meanwhile."""
        query = update(passwords).where(_of(person_id), passwords.c.epoch == epoch)
        return changed(self.connection, query.values(hash=fresh))

    def add_link(self, token_hash: str, link: PasswordLink, now: datetime) -> None:
        """Add a link that sets a password; delete the person's older links, and all that have expired."""
        old = or_(_L.person_id == link.person_id, _L.expires_at <= now)
        self.connection.execute(delete(password_links).where(old))
        self.connection.execute(insert(password_links), {"token_hash": token_hash, **asdict(link)})

    def link(self, token_hash: str, now: datetime) -> PasswordLink | None:
        """Return a link without using it; None if it is unknown, used or expired."""
        return self._link(select(*_LINK).where(_L.token_hash == token_hash, _L.expires_at > now))

    def take_link(self, token_hash: str, now: datetime) -> PasswordLink | None:
        """Use a link and return it; None if it is unknown, used or expired."""
        taken = delete(password_links).where(_L.token_hash == token_hash, _L.expires_at > now)
        return self._link(taken.returning(*_LINK))

    def _link(self, query: TypedReturnsRows[Any]) -> PasswordLink | None:
        row = self.connection.execute(query).one_or_none()
        return PasswordLink(*row) if row else None

    def drop_links(self, person_id: str) -> None:
        """Delete all links of a person."""
        self.connection.execute(delete(password_links).where(_L.person_id == person_id))

    def absorb(self, source_id: str, target_id: str) -> bool:
        """Move the source's password to the target, if that has none; return whether it was moved.

        The source's links are deleted, and so is a password that was not moved.
        """
        self.drop_links(source_id)
        moves = self.of(target_id) is None and changed(
            self.connection, update(passwords).where(_of(source_id)).values(person_id=target_id)
        )
        self.connection.execute(delete(passwords).where(_of(source_id)))
        return moves

    def forget(self, person_id: str) -> None:
        """Delete a person's password and links."""
        self.drop_links(person_id)
        self.connection.execute(delete(passwords).where(_of(person_id)))


def _of(person_id: str) -> ColumnElement[bool]:
    return passwords.c.person_id == person_id

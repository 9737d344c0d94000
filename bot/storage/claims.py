"""One-time claims."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bot.core.claims import Claim, Purpose
from bot.core.values import dataclass
from bot.storage.statements import Row, Statement
from bot.storage.tables import claims

_TAKE_CLAIM = Statement(
    update(claims)
    .where(
        claims.c.code_hash == bindparam("hashed"),
        claims.c.purpose == bindparam("to"),
        claims.c.used_at.is_(None),
        claims.c.expires_at > bindparam("now"),
    )
    .values(used_at=bindparam("now"), used_by=bindparam("by"))
)


@dataclass(frozen=True, slots=True)
class SqlClaims:
    """One-time claims in the database."""

    connection: Connection

    def add(self, claim: Claim) -> None:
        """Add a claim; an unused one for the same purpose and subject is deleted."""
        self.drop(claim.purpose, claim.subject)
        row = {
            "id": claim.id,
            "code_hash": claim.code_hash,
            "purpose": claim.purpose.value,
            "subject": claim.subject,
            "created_at": claim.created_at,
            "expires_at": claim.expires_at,
        }
        self.connection.execute(insert(claims), row)

    def take(self, code_hash: str, purpose: Purpose, *, by: str | None, now: datetime) -> Claim | None:
        """Use a claim and return it; None if it is unknown, used or expired."""
        if not _TAKE_CLAIM.run(self.connection, hashed=code_hash, to=purpose.value, now=now, by=by):
            return None
        row = self.connection.execute(select(claims).where(claims.c.code_hash == code_hash)).one()
        return _claim(row)

    def find(self, code_hash: str, purpose: Purpose, now: datetime) -> Claim | None:
        """Return a claim without using it; None if it is unknown, used or expired."""
        query = select(claims).where(
            claims.c.code_hash == code_hash,
            claims.c.purpose == purpose.value,
            claims.c.used_at.is_(None),
            claims.c.expires_at > now,
        )
        row = self.connection.execute(query).one_or_none()
        return _claim(row) if row else None

    def drop(self, purpose: Purpose, subject: str | None = None) -> None:
        """Delete the unused claims for a purpose, of one subject or of all."""
        about = [claims.c.subject == subject] if subject is not None else []
        unused = (claims.c.purpose == purpose.value, *about, claims.c.used_at.is_(None))
        self.connection.execute(delete(claims).where(*unused))


def _claim(row: Row) -> Claim:
    return Claim(row.id, row.code_hash, Purpose(row.purpose), row.subject, row.created_at, row.expires_at)

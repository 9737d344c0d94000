"""The audit log, chained as it is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from bot.core.audit import GENESIS, AuditEntry, SealedEntry, chain_of, seal
from bot.storage.statements import Row, Statement, contains, insert_new
from bot.storage.tables import audit_entries, audit_heads

_ADD = Statement(insert(audit_entries))
# FOR UPDATE (PostgreSQL): the next entry of the chain waits until this one is committed.
_HEAD = Statement(
    select(audit_heads.c.number, audit_heads.c.hash)
    .where(audit_heads.c.chain == bindparam("of"))
    .with_for_update()
)
_ADVANCE = Statement(
    update(audit_heads)
    .where(audit_heads.c.chain == bindparam("of"))
    .values(number=bindparam("reached"), hash=bindparam("sealed"))
)
_CHAIN = (
    select(audit_entries).where(audit_entries.c.chain == bindparam("of")).order_by(audit_entries.c.number)
)


@dataclass(frozen=True, slots=True)
class SqlAudit:
    """The audit log in the database."""

    connection: Connection

    def add(self, entry: AuditEntry) -> None:
        """Append an entry to its chain."""
        chain = chain_of(entry)
        number, previous = self._head(chain)
        sealed = seal(entry, number + 1, previous)
        row = {
            "id": entry.id,
            "at": entry.at,
            "school_id": entry.school_id,
            "actor_id": entry.actor_id,
            "front": entry.front,
            "action": entry.action,
            "subject": entry.subject,
            "old": dict(entry.old),
            "new": dict(entry.new),
            "chain": chain,
            "number": number + 1,
            "hash": sealed,
        }
        _ADD.run(self.connection, **row)
        _ADVANCE.run(self.connection, of=chain, reached=number + 1, sealed=sealed)

    def _head(self, chain: str) -> tuple[int, str]:
        row = _HEAD.row(self.connection, of=chain)
        if row is None:
            insert_new(self.connection, audit_heads, {"chain": chain, "number": 0, "hash": GENESIS})
            (row,) = _HEAD.rows(self.connection, of=chain)
        return row.number, row.hash

    def listed(
        self, school_id: str, *, action: str, person_id: str | None, after: str | None, limit: int
    ) -> Sequence[AuditEntry]:
        """List a school's entries, newest first: those whose action contains a text, or of a person."""
        query = (
            select(audit_entries)
            .where(audit_entries.c.chain == school_id)
            .order_by(audit_entries.c.number.desc())
            .limit(limit)
        )
        if action:
            query = query.where(audit_entries.c.action.like(contains(action), escape="\\"))
        if person_id is not None:
            concerns = or_(
                audit_entries.c.actor_id == person_id, audit_entries.c.subject == f"person:{person_id}"
            )
            query = query.where(concerns)
        if after is not None:
            last = select(audit_entries.c.number).where(
                audit_entries.c.id == after, audit_entries.c.chain == school_id
            )
            query = query.where(audit_entries.c.number < last.scalar_subquery())
        return [_entry(row) for row in self.connection.execute(query)]

    def school_of(self, entry_id: str) -> str | None:
        """Name the school of an entry, by its id."""
        query = select(audit_entries.c.school_id).where(audit_entries.c.id == entry_id)
        return self.connection.execute(query).scalar_one_or_none()

    def chains(self) -> Sequence[str]:
        """List all chains."""
        query = select(audit_heads.c.chain).order_by(audit_heads.c.chain)
        return self.connection.execute(query).scalars().all()

    def head(self, name: str) -> tuple[int, str]:
        """Return how many entries a chain has, and the hash of the last one."""
        query = select(audit_heads.c.number, audit_heads.c.hash).where(audit_heads.c.chain == name)
        row = self.connection.execute(query).one_or_none()
        return (row.number, row.hash) if row else (0, GENESIS)

    def chain(self, name: str, *, after: int = 0, limit: int | None = None) -> Iterator[SealedEntry]:
        """Go through a chain in order, or through a part of it."""
        query = _CHAIN.where(audit_entries.c.number > after).limit(limit)
        for row in self.connection.execute(query, {"of": name}):
            yield SealedEntry(_entry(row), row.number, row.hash)


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        school_id=row.school_id,
        actor_id=row.actor_id,
        front=row.front,
        action=row.action,
        subject=row.subject,
        old=row.old,
        new=row.new,
    )

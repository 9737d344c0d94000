"""Batches of single-use invitation codes."""

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from sqlalchemy import Connection, and_, case, func, insert, literal, select, update

from bot.core.invitations.batches import Batch, Secret
from bot.core.invitations.invitations import Invitation
from bot.core.values import dataclass, replace
from bot.storage.invitations.rows import invitation_of, row_of, sealed_with
from bot.storage.invitations.states import due_when_ended
from bot.storage.statements import Row, Statement
from bot.storage.tables import invitation_batches, invitations
from bot.storage.types import UtcDateTime
from bot.storage.vault import Vault

_ADD = Statement(insert(invitations))
_USED = invitations.c.uses_taken > 0
_REVOKED = invitations.c.revoked_at.is_not(None)
# Revoked before it was used; a used code can be revoked by itself, too, but then nothing is lost.
_LOST = and_(_REVOKED, ~_USED)


def _batch(row: Row) -> Batch:
    return Batch(row.id, row.school_id, row.label, row.size, row.created_at)


@dataclass(frozen=True, slots=True)
class SqlBatches:
    """Batches in the database."""

    connection: Connection
    vault: Vault

    def seal(self, made: Sequence[Secret]) -> Sequence[Secret]:
        """Return the secrets with the columns in which they are stored, sealed; nothing is written."""
        seal = self.vault.seal
        return [replace(one, sealed=sealed_with(seal, one.id, one.code, one.token)) for one in made]

    def add(self, batch: Batch, template: Invitation, made: Sequence[Secret]) -> None:
        """Add a batch, with an invitation like the template for each of its sealed secrets."""
        row = {
            "id": batch.id,
            "school_id": batch.school_id,
            "label": batch.label,
            "size": batch.size,
            "created_at": batch.created_at,
        }
        self.connection.execute(insert(invitation_batches), row)
        like = row_of(template, self.vault)
        names = tuple(column.name for column in invitations.columns if column.name in like)
        in_order = itemgetter(*names)
        rows = (in_order({**like, "id": one.id, **one.sealed}) for one in made)
        _ADD.many(self.connection, names, rows)

    def by_id(self, batch_id: str) -> Batch | None:
        """Return the batch with this id."""
        query = select(invitation_batches).where(invitation_batches.c.id == batch_id)
        row = self.connection.execute(query).one_or_none()
        return _batch(row) if row else None

    def listed(self, school_id: str, *, after: str | None, limit: int) -> Sequence[Batch]:
        """List a school's batches, newest first, beginning after the batch `after`."""
        query = (
            select(invitation_batches)
            .where(invitation_batches.c.school_id == school_id)
            .order_by(invitation_batches.c.id.desc())
            .limit(limit)
        )
        if after is not None:
            query = query.where(invitation_batches.c.id < after)
        return [_batch(row) for row in self.connection.execute(query)]

    def invitations(self, batch_id: str, *, limit: int | None = None) -> Sequence[Invitation]:
        """List a batch's invitations in the order in which they were made."""
        query = (
            select(invitations)
            .where(invitations.c.batch_id == batch_id)
            .order_by(invitations.c.id)
            .limit(limit)
        )
        return [invitation_of(row, self.vault) for row in self.connection.execute(query)]

    def counts(self, batch_id: str) -> tuple[int, int]:
        """Count the codes of a batch that were used, and those that were revoked unused."""
        query = select(
            func.coalesce(func.sum(case((_USED, 1), else_=0)), 0),
            func.coalesce(func.sum(case((_LOST, 1), else_=0)), 0),
        ).where(invitations.c.batch_id == batch_id)
        used, revoked = self.connection.execute(query).one()
        return int(used), int(revoked)

    def revoke(self, batch_id: str, *, by: str, at: datetime) -> int:
        """Revoke the codes of a batch that were neither used nor revoked; return how many these were."""
        unused = (invitations.c.batch_id == batch_id, ~_USED, ~_REVOKED)
        due_at = due_when_ended(literal(at, UtcDateTime()))
        ended = update(invitations).where(*unused).values(revoked_at=at, revoked_by=by, due_at=due_at)
        return self.connection.execute(ended).rowcount

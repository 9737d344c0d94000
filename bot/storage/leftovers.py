"""What is left behind in the database, and how it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    Select,
    TextClause,
    bindparam,
    delete,
    exists,
    or_,
    select,
    text,
    update,
)

from bot.core.bulk import JobState
from bot.core.ids import earliest_id
from bot.core.retention import Leftover
from bot.storage.tables import (
    arrivals,
    bulk_items,
    bulk_jobs,
    claims,
    invitations,
    join_requests,
    mail_tokens,
    misses,
    outbox,
)

_BEFORE: BindParameter[datetime] = bindparam("before")
_I = invitations.c
# A link leads nowhere any more; those of invitations that can still be accepted stay.
_OVER = exists().where(
    _I.id == mail_tokens.c.invitation_id,
    or_(
        _I.uses_taken > 0,
        _I.revoked_at.is_not(None),
        _I.cleared_at.is_not(None),
        _I.declined_at.is_not(None),
        _I.expires_at <= bindparam("now"),
    ),
)


def _old(key: Column[Any], *which: ColumnElement[bool] | TextClause) -> Select[Any]:
    # What another replica is deleting is left to it (PostgreSQL only; on SQLite there is one writer).
    query = select(key).where(*which).limit(bindparam("most"))
    return query.with_for_update(of=key.table, skip_locked=True)


# Each by an index of its own, so that a search costs what it finds.
OLD: Mapping[Leftover, tuple[Select[Any], ...]] = {
    Leftover.MESSAGES: (
        _old(outbox.c.id, outbox.c.delivered_at.is_not(None), outbox.c.delivered_at < _BEFORE),
        _old(outbox.c.id, outbox.c.failed_at.is_not(None), outbox.c.failed_at < _BEFORE),
    ),
    Leftover.CLAIMS: (_old(claims.c.id, claims.c.expires_at < _BEFORE),),
    Leftover.MAIL_LINKS: (_old(mail_tokens.c.token_hash, mail_tokens.c.made_at < _BEFORE, _OVER),),
    Leftover.ARRIVALS: (_old(arrivals.c.key_hash, arrivals.c.at < _BEFORE),),
    Leftover.MISSES: (_old(misses.c.id, misses.c.at < _BEFORE),),
    # A job that is under way is work to do, however old it is.
    Leftover.BULK_PLANS: tuple(
        _old(bulk_jobs.c.id, bulk_jobs.c.state == state.value, bulk_jobs.c.id < bindparam("first"))
        for state in (JobState.PLANNED, JobState.DONE)
    ),
    Leftover.ANSWERS: (
        _old(
            join_requests.c.id,
            text("CAST(answers AS TEXT) <> '[]'"),
            join_requests.c.decided_at < _BEFORE,
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class SqlLeftovers:
    """What is left behind in the database."""

    connection: Connection

    def purge(self, what: Leftover, before: datetime, now: datetime, limit: int) -> int:
        """Delete so many that have been left since before a moment; count them."""
        values = {"before": before, "now": now, "most": limit, "first": earliest_id(before)}
        return sum(self._forget(query, values) for query in OLD[what])

    def _forget(self, query: Select[Any], values: Mapping[str, object]) -> int:
        found = self.connection.execute(query, values).scalars().all()
        (key,) = query.selected_columns
        if not found:
            return 0
        if key is bulk_jobs.c.id:
            self.connection.execute(delete(bulk_items).where(bulk_items.c.job_id.in_(found)))
        gone: Executable
        if key is join_requests.c.id:
            gone = update(join_requests).where(key.in_(found)).values(answers=[])
        else:
            gone = delete(key.table).where(key.in_(found))
        result = self.connection.execute(gone)
        return result.rowcount if isinstance(result, CursorResult) else 0

"""Finds and deletes leftovers: what no longer needs to be stored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Select,
    TextClause,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)

from bot.core.bulk.planning import KIND as BULK
from bot.core.bulk.planning import JobState
from bot.core.ids import ID_LENGTH, earliest_id
from bot.core.invitations.invitations import KIND as INVITATION
from bot.core.messages.broadcasts import KIND as BROADCAST
from bot.core.messages.broadcasts import BroadcastState
from bot.core.oneroster.model import TO_DO, RunState
from bot.core.people.members import Standing
from bot.core.requests.digest_ports import KIND as DIGEST
from bot.core.requests.join_requests import KIND as REQUEST
from bot.core.requests.join_requests import RequestState
from bot.core.retention import Leftover
from bot.core.rosters.imports import KIND as ROSTER
from bot.core.rosters.imports import ImportState
from bot.core.values import dataclass
from bot.storage.invitations.states import NOT_ENDED, USES_LEFT
from bot.storage.rosters.imports import purge as purge_roster
from bot.storage.tables import (
    accounts,
    arrivals,
    broadcast_recipients,
    broadcasts,
    bulk_items,
    bulk_jobs,
    card_copies,
    claims,
    dated_jobs,
    digest_clocks,
    invitations,
    join_requests,
    mail_tokens,
    memberships,
    misses,
    oneroster_runs,
    outbox,
    outbox_pauses,
    roster_imports,
)

_BEFORE: BindParameter[datetime] = bindparam("before")
_I = invitations.c
# How many recipients of a broadcast are deleted in one unit.
_RECIPIENTS = 5_000
_UNDER_WAY = [ImportState.WAITING.value, ImportState.INVITING.value]
# The invitation of an e-mail's link can no longer be accepted; links of other invitations stay.
_LEADS_NOWHERE = exists().where(
    _I.id == mail_tokens.c.invitation_id,
    or_(
        _I.uses_taken > 0,
        ~NOT_ENDED,
        _I.expires_at <= bindparam("now"),
    ),
)


def _old_rows(
    key: Column[Any] | tuple[Column[Any], ...], *which: ColumnElement[bool] | TextClause
) -> Select[Any]:
    keys = key if isinstance(key, tuple) else (key,)
    # Skip rows that another replica is deleting (PostgreSQL only; SQLite has one writer).
    query = select(*keys).where(*which).limit(bindparam("most"))
    return query.with_for_update(of=keys[0].table, skip_locked=True)


# The queries for old rows. Each uses an index of its own, so that it reads only what it finds.
OLD: Mapping[Leftover, tuple[Select[Any], ...]] = {
    Leftover.MESSAGES: (
        _old_rows(outbox.c.id, outbox.c.delivered_at.is_not(None), outbox.c.delivered_at < _BEFORE),
        _old_rows(outbox.c.id, outbox.c.failed_at.is_not(None), outbox.c.failed_at < _BEFORE),
    ),
    Leftover.CLAIMS: (_old_rows(claims.c.id, claims.c.expires_at < _BEFORE),),
    Leftover.MAIL_LINKS: (
        _old_rows(mail_tokens.c.token_hash, mail_tokens.c.made_at < _BEFORE, _LEADS_NOWHERE),
    ),
    Leftover.ARRIVALS: (_old_rows(arrivals.c.key_hash, arrivals.c.at < _BEFORE),),
    Leftover.MISSES: (_old_rows(misses.c.id, misses.c.at < _BEFORE),),
    # A job that is under way stays, however old it is.
    Leftover.BULK_PLANS: tuple(
        _old_rows(bulk_jobs.c.id, bulk_jobs.c.state == state.value, bulk_jobs.c.id < bindparam("first"))
        for state in (JobState.PLANNED, JobState.DONE)
    ),
    Leftover.ROSTERS: tuple(
        _old_rows(
            roster_imports.c.id,
            roster_imports.c.state == state.value,
            roster_imports.c.id < bindparam("first"),
        )
        for state in (ImportState.PLANNED, ImportState.DONE)
    ),
    Leftover.BROADCASTS: tuple(
        # Its age counts from when it ended: one that was written long ago may have been sent yesterday.
        _old_rows(
            broadcasts.c.id,
            broadcasts.c.state == state.value,
            broadcasts.c.id < bindparam("first"),
            func.coalesce(broadcasts.c.ended_at, broadcasts.c.send_at, broadcasts.c.created_at) < _BEFORE,
        )
        for state in BroadcastState
        if state not in {BroadcastState.SCHEDULED, BroadcastState.SENDING}
    ),
    Leftover.ANSWERS: (
        _old_rows(
            join_requests.c.id,
            text("CAST(answers AS TEXT) <> '[]'"),
            join_requests.c.decided_at < _BEFORE,
        ),
    ),
    # The addresses of people who are in a school, or wait for a decision, are still needed.
    Leftover.ADDRESSES: (
        _old_rows(
            tuple(accounts.primary_key),
            accounts.c.address.is_not(None),
            accounts.c.proved_at < _BEFORE,
            ~exists().where(
                memberships.c.person_id == accounts.c.person_id,
                memberships.c.standing != Standing.REJECTED.value,
            ),
        ),
    ),
    Leftover.CARDS: (_old_rows(card_copies.c.id, card_copies.c.drawn_at < _BEFORE),),
    Leftover.DATED_JOBS: (
        _old_rows(tuple(dated_jobs.primary_key), dated_jobs.c.at < _BEFORE),
        *(
            _old_rows(
                oneroster_runs.c.id,
                oneroster_runs.c.state == state.value,
                oneroster_runs.c.id < bindparam("first"),
            )
            for state in RunState
            if state not in TO_DO
        ),
    ),
    Leftover.PAUSES: (_old_rows(outbox_pauses.c.scope, outbox_pauses.c.until < _BEFORE),),
}


def _id_in_subject(kind: str) -> ColumnElement[str]:
    """Return the SQL expression for the id in a card's subject, given the subject's kind."""
    return func.substr(card_copies.c.subject, len(kind) + 2)


_DAY = _id_in_subject(DIGEST)
# The subject of a card is still open, so the card may have to be redrawn.
_STILL_OPEN = (
    exists().where(
        join_requests.c.id == _id_in_subject(REQUEST),
        join_requests.c.state == RequestState.PENDING.value,
    ),
    exists().where(
        _I.id == _id_in_subject(INVITATION),
        NOT_ENDED,
        or_(_I.expires_at.is_(None), _I.expires_at > bindparam("now")),
        or_(_I.uses_taken == 0, and_(_I.person_id.is_(None), USES_LEFT)),
    ),
    exists().where(
        digest_clocks.c.school_id == func.substr(_DAY, 1, ID_LENGTH),
        digest_clocks.c.last_day == func.substr(_DAY, ID_LENGTH + 2),
    ),
    exists().where(bulk_jobs.c.id == _id_in_subject(BULK), bulk_jobs.c.state == JobState.APPLYING.value),
    exists().where(roster_imports.c.id == _id_in_subject(ROSTER), roster_imports.c.state.in_(_UNDER_WAY)),
    exists().where(
        broadcasts.c.id == _id_in_subject(BROADCAST),
        broadcasts.c.state.in_([one.value for one in BroadcastState if one.open]),
    ),
)


@dataclass(frozen=True, slots=True)
class SqlLeftovers:
    """Leftovers in the database."""

    connection: Connection

    def purge(self, what: Leftover, before: datetime, now: datetime, limit: int) -> int:
        """Delete some leftovers from before a moment; return how many were handled.

        Cards whose subject is still open stay. They are counted, too, and their age begins again.
        """
        values = {"before": before, "now": now, "most": limit, "first": earliest_id(before)}
        return sum(self._forget(what, query, values) for query in OLD[what])

    def _forget(self, what: Leftover, query: Select[Any], values: Mapping[str, object]) -> int:
        found = [tuple(row) for row in self.connection.execute(query, values)]
        keys = tuple(query.selected_columns)
        these = tuple_(*keys).in_(found)
        match what:
            case _ if not found:
                pass
            case Leftover.ANSWERS:
                self.connection.execute(update(join_requests).where(these).values(answers=[]))
            case Leftover.ADDRESSES:
                self.connection.execute(update(accounts).where(these).values(address=None, proved_at=None))
            case Leftover.ROSTERS:  # one import may have tens of thousands of rows
                purge_roster(self.connection, str(found[0][0]))
                return 1
            case Leftover.BROADCASTS:
                self._forget_broadcast(found[0][0])
                return 1
            case Leftover.CARDS:
                needed = update(card_copies).where(these, or_(*_STILL_OPEN)).values(drawn_at=bindparam("now"))
                self.connection.execute(needed, values)
                self.connection.execute(
                    delete(card_copies).where(these, card_copies.c.drawn_at < _BEFORE), values
                )
            case _:
                if what is Leftover.BULK_PLANS:
                    self.connection.execute(delete(bulk_items).where(tuple_(bulk_items.c.job_id).in_(found)))
                self.connection.execute(delete(keys[0].table).where(these))
        return len(found)

    def _forget_broadcast(self, broadcast_id: str) -> None:
        """Delete some of a broadcast's recipients; once none is left, delete the broadcast."""
        own = broadcast_recipients.c.broadcast_id == broadcast_id
        some = select(broadcast_recipients.c.person_id).where(own).limit(_RECIPIENTS)
        gone = self.connection.execute(
            delete(broadcast_recipients).where(own, broadcast_recipients.c.person_id.in_(some))
        )
        if not gone.rowcount:
            self.connection.execute(delete(broadcasts).where(broadcasts.c.id == broadcast_id))

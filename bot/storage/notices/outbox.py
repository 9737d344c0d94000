"""The outbox: notices that are to be delivered.

Queries use partial indexes of the notices that are waiting, so that delivered ones cost nothing.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.sql.dml import Update

from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.notices.outbox_ports import DeadLetter, Head, OutboxState
from bot.core.rights.actors import Platform
from bot.core.values import dataclass
from bot.storage.notices.outbox_rows import destination_of, letter_of, notice_of, row_of
from bot.storage.statements import Row, changed, insert_new, insert_new_deferred, unindexed
from bot.storage.tables import outbox, outbox_pauses

_O = outbox.c
_WAITING = (_O.delivered_at.is_(None), _O.failed_at.is_(None))
_IN_TURN = (_O.due_at, _O.id)
# In the words of their partial index, so that the databases use it.
_MAILS = text(f"platform = '{Platform.EMAIL.value}'")


def mails_query(after: datetime, before: datetime) -> Select[int]:
    """Return the query that counts the e-mails that were or are due between two moments."""
    return select(func.count()).select_from(outbox).where(_MAILS, _O.due_at > after, _O.due_at < before)


def _unclaimed(now: ColumnElement[datetime] | datetime) -> ColumnElement[bool]:
    return or_(_O.claimed_until.is_(None), _O.claimed_until <= now)


def heads_query(
    platforms: Collection[Platform],
    now: datetime,
    full: Collection[str],
    failing: Collection[str],
    limit: int,
) -> Select[str]:
    """Return the query for the notices that are first in turn at their place and can be tried now."""
    before = outbox.alias("before")
    earlier = exists().where(
        before.c.place == _O.place,
        before.c.delivered_at.is_(None),
        before.c.failed_at.is_(None),
        before.c.due_at <= _O.due_at,
        or_(before.c.due_at < _O.due_at, before.c.id < _O.id),
    )
    asked_to_wait = select(outbox_pauses.c.scope).where(outbox_pauses.c.until > now).scalar_subquery()
    return (
        select(_O.place, _O.platform, _O.tenant, _O.error.is_not(None).label("failed"))
        .where(
            *_WAITING,
            _O.try_at <= now,
            _O.platform.in_([platform.value for platform in platforms]),
            _O.tenant.not_in(list(full)),
            or_(_O.error.is_(None), _O.tenant.not_in(list(failing))),
            _O.tenant.not_in(asked_to_wait),
            _O.platform.not_in(asked_to_wait),
            _unclaimed(now),
            ~earlier,
        )
        .order_by(_O.try_at, _O.id)
        .limit(limit)
    )


def in_turn_query(place: str, now: datetime, limit: int) -> Select[Row]:
    """Return the query for the notices that are due at a place, in their order."""
    return (
        select(outbox).where(*_WAITING, _O.place == place, _O.due_at <= now).order_by(*_IN_TURN).limit(limit)
    )


def dead_query(school_id: str | None, before: str | None) -> Select[Row]:
    """Return the query for dead letters, of a school or of all, newest first, queued before `before`."""
    which: list[ColumnElement[bool]] = [_O.failed_at.is_not(None)]
    if school_id is not None:
        which.append(_O.school_id == school_id)
    if before is not None:
        which.append(unindexed(_O.id) < before)
    # Few notices failed and very many were delivered, so the index of ids must not be used for the order.
    return select(outbox).where(*which).order_by(unindexed(_O.id).desc())


def _unsent_about(subject: str, audience: Audience) -> tuple[ColumnElement[bool], ...]:
    about = (_O.subject == subject, _O.audience == audience.value, _O.copy_id.is_(None))
    return (*about, *_WAITING)


@dataclass(frozen=True, slots=True)
class SqlOutbox:
    """Notices in the database."""

    connection: Connection
    # Called when the worker will have something to do once this unit is committed.
    note_queued: Callable[[], None] = lambda: None

    def queue(self, notice: Notice) -> None:
        """Queue a notice, unless one with the same key was queued before."""
        self.note_queued()
        insert_new_deferred(self.connection, outbox, row_of(notice))

    def add(self, notice: Notice) -> bool:
        """Queue a notice; False if one with the same key was queued before."""
        self.note_queued()
        return insert_new(self.connection, outbox, row_of(notice))

    def heads(
        self,
        platforms: Collection[Platform],
        now: datetime,
        *,
        full: Collection[str],
        failing: Collection[str] = (),
        limit: int,
    ) -> Sequence[Head]:
        """List places of which the next notice can be tried now, the longest due first."""
        rows = self.connection.execute(heads_query(platforms, now, full, failing, limit))
        return [Head(row.place, Platform(row.platform), row.tenant, bool(row.failed)) for row in rows]

    def take(
        self, place: str, now: datetime, *, worker: str, until: datetime, limit: int
    ) -> Sequence[Notice]:
        """Claim the notices that are due at a place, in order, up to one that must wait or is claimed."""
        if not self._lock_place(place):
            return []
        rows = []
        for row in self.connection.execute(in_turn_query(place, now, limit)):
            if row.try_at > now or (row.claimed_until is not None and row.claimed_until > now):
                break  # later notices of the place wait, too
            rows.append(row)
        if rows:
            mine = _O.id.in_([row.id for row in rows])
            self.connection.execute(update(outbox).where(mine).values(claimed_by=worker, claimed_until=until))
        return [notice_of(row) for row in rows]

    def _lock_place(self, place: str) -> bool:
        """Return whether this unit is the only one to claim at a place; another gets False on PostgreSQL."""
        if self.connection.dialect.name != "postgresql":
            return True  # SQLite has one writer
        lock = select(func.pg_try_advisory_xact_lock(func.hashtextextended(place, 0)))
        return bool(self.connection.execute(lock).scalar_one())

    def holds(self, notice: Notice, worker: str, now: datetime) -> bool:
        """Return whether a worker may still deliver a notice: its claim holds, and nothing is paused."""
        scopes = (notice.tenant, notice.to.platform.value)
        paused = exists().where(outbox_pauses.c.scope.in_(scopes), outbox_pauses.c.until > now)
        mine = select(_O.id).where(_O.id == notice.id, _O.claimed_by == worker, *_WAITING, ~paused)
        return self.connection.execute(mine).first() is not None

    def extend_claim(self, place: str, worker: str, until: datetime) -> None:
        """Extend a worker's claim on the notices of a place."""
        self.connection.execute(self._claimed_at(place, worker).values(claimed_until=until))

    def release(self, place: str, worker: str) -> None:
        """Release the notices of a place that a worker claimed and did not deliver."""
        self.note_queued()
        self.connection.execute(self._claimed_at(place, worker).values(claimed_by=None, claimed_until=None))

    def _claimed_at(self, place: str, worker: str) -> Update:
        return update(outbox).where(*_WAITING, _O.place == place, _O.claimed_by == worker)

    def _mark(self, notice_id: str, *, attempts: int = 1, **values: object) -> None:
        """Update a waiting notice and end its claim; one that was delivered meanwhile stays delivered."""
        self.connection.execute(
            update(outbox)
            .where(_O.id == notice_id, *_WAITING)
            .values(claimed_by=None, claimed_until=None, attempts=_O.attempts + attempts, **values)
        )

    def mark_delivered(self, notice_id: str, at: datetime) -> None:
        """Mark a notice as delivered."""
        self._mark(notice_id, delivered_at=at)

    def postpone(self, notice_id: str, *, try_at: datetime, error: str, counts: bool = True) -> None:
        """Try a notice again later, and those behind it no sooner; `counts` says that this was an attempt."""
        self._mark(notice_id, attempts=int(counts), try_at=try_at, error=error)
        # Otherwise each search for notices to try would go through all that wait behind this one.
        behind = (*_WAITING, _O.place == self._place_of(notice_id), _O.try_at < try_at)
        self.connection.execute(update(outbox).where(*behind).values(try_at=try_at))

    def give_up(self, notice_id: str, at: datetime, *, error: str) -> None:
        """Give up on a notice and keep it as a dead letter; those behind it can be tried."""
        self._mark(notice_id, failed_at=at, error=error)
        behind = (*_WAITING, _O.place == self._place_of(notice_id), _O.attempts == 0, _O.try_at > _O.due_at)
        self.connection.execute(update(outbox).where(*behind).values(try_at=_O.due_at))

    def _place_of(self, notice_id: str) -> str | None:
        return self.connection.execute(select(_O.place).where(_O.id == notice_id)).scalar_one_or_none()

    def pause(self, scope: str, until: datetime) -> None:
        """Pause delivery to a tenant or a platform until a moment; a longer pause stays."""
        if not insert_new(self.connection, outbox_pauses, {"scope": scope, "until": until}):
            longer = (outbox_pauses.c.scope == scope, outbox_pauses.c.until < until)
            self.connection.execute(update(outbox_pauses).where(*longer).values(until=until))

    def drop(self, subject: str, audience: Audience, to: Destination | None = None) -> None:
        """Delete the unsent notices to an audience about a subject, at one place or everywhere."""
        at = [_O.place == str(to)] if to else []
        self.connection.execute(delete(outbox).where(*_unsent_about(subject, audience), *at))

    def places(self, subject: str, audience: Audience) -> Sequence[Destination]:
        """List the destinations of unsent notices to an audience about a subject."""
        # Few notices wait and very many were delivered, so the index of ids must not be used for the order.
        query = select(outbox).where(*_unsent_about(subject, audience)).order_by(unindexed(_O.id))
        return [destination_of(row) for row in self.connection.execute(query)]

    def waiting_at(self, to: Destination) -> Sequence[Notice]:
        """List the notices that wait for a place, in order, without those that redraw an existing card."""
        query = select(outbox).where(*_WAITING, _O.place == str(to), _O.copy_id.is_(None)).order_by(*_IN_TURN)
        return [notice_of(row) for row in self.connection.execute(query)]

    def forget(self, to: Destination) -> None:
        """Delete the notices that were delivered to a place, or given up; those that wait stay."""
        over = or_(*(one.is_not(None) for one in (_O.delivered_at, _O.failed_at)))
        self.connection.execute(delete(outbox).where(_O.place == str(to), over))

    def dead(self, *, school_id: str | None, before: str | None, limit: int) -> Sequence[DeadLetter]:
        """List dead letters, of one school or of all, newest first, queued before the notice `before`."""
        query = dead_query(school_id, before).limit(limit)
        return [letter_of(row) for row in self.connection.execute(query)]

    def dead_letter(self, notice_id: str) -> DeadLetter | None:
        """Return a dead letter."""
        query = select(outbox).where(_O.id == notice_id, _O.failed_at.is_not(None))
        row = self.connection.execute(query).one_or_none()
        return letter_of(row) if row else None

    def retry(self, notice_id: str, now: datetime) -> bool:
        """Queue a dead letter again; False if the notice is not one, or was queued again already."""
        self.note_queued()
        # It becomes the last in turn: what came after it has been delivered.
        again = {"failed_at": None, "attempts": 0, "due_at": now, "try_at": now}
        given_up = and_(_O.id == notice_id, _O.failed_at.is_not(None))
        return changed(self.connection, update(outbox).where(given_up).values(**again))

    def mails_between(self, after: datetime, before: datetime) -> int:
        """Count the e-mails that were or are due between two moments."""
        return self.connection.execute(mails_query(after, before)).scalar_one()

    def count_waiting(self) -> int:
        """Count the notices that are neither delivered nor failed."""
        return self.connection.execute(select(func.count()).select_from(outbox).where(*_WAITING)).scalar_one()

    def condition(self, now: datetime) -> OutboxState:
        """Return the numbers of waiting, due and dead notices, and since when the oldest is due."""
        due = select(func.count(), func.min(_O.due_at)).where(*_WAITING, _O.due_at <= now)
        number, oldest = self.connection.execute(due).one()
        dead = select(func.count()).select_from(outbox).where(_O.failed_at.is_not(None))
        return OutboxState(self.count_waiting(), number, self.connection.execute(dead).scalar_one(), oldest)

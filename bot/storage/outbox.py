"""The outbox: what must leave the process.

Only notices that wait are looked at, by partial indexes: what was delivered costs nothing.
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

from bot.core.actors import Platform
from bot.core.notices import Audience, Destination, Notice
from bot.core.outbox_ports import DeadLetter, Head, OutboxState
from bot.core.values import dataclass
from bot.storage.outbox_rows import destination_of, letter_of, notice_of, row_of
from bot.storage.statements import Row, changed, insert_new, insert_new_later, unled
from bot.storage.tables import outbox, outbox_pauses

_O = outbox.c
_WAITING = (_O.delivered_at.is_(None), _O.failed_at.is_(None))
_IN_TURN = (_O.due_at, _O.id)
# Said as their index says it, so that the databases go by that.
_MAILS = text(f"platform = '{Platform.EMAIL.value}'")


def mails(after: datetime, before: datetime) -> Select[int]:
    """Count the e-mails that were or are due between two moments."""
    return select(func.count()).select_from(outbox).where(_MAILS, _O.due_at > after, _O.due_at < before)


def _free(now: ColumnElement[datetime] | datetime) -> ColumnElement[bool]:
    return or_(_O.claimed_until.is_(None), _O.claimed_until <= now)


def heads(
    platforms: Collection[Platform], now: datetime, full: Collection[str], worn: Collection[str], limit: int
) -> Select[str]:
    """Search for notices whose turn it is at their place, and that can be tried now."""
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
            or_(_O.error.is_(None), _O.tenant.not_in(list(worn))),
            _O.tenant.not_in(asked_to_wait),
            _O.platform.not_in(asked_to_wait),
            _free(now),
            ~earlier,
        )
        .order_by(_O.try_at, _O.id)
        .limit(limit)
    )


def in_turn(place: str, now: datetime, limit: int) -> Select[Row]:
    """Search for what is due at a place, in its order."""
    return (
        select(outbox).where(*_WAITING, _O.place == place, _O.due_at <= now).order_by(*_IN_TURN).limit(limit)
    )


def dead(school_id: str | None, before: str | None) -> Select[Row]:
    """Search for what was given up, of a school or of all, newest first; those queued before one of them."""
    which: list[ColumnElement[bool]] = [_O.failed_at.is_not(None)]
    if school_id is not None:
        which.append(_O.school_id == school_id)
    if before is not None:
        which.append(unled(_O.id) < before)
    # Few are given up, and very many were delivered: not by the order of the ids.
    return select(outbox).where(*which).order_by(unled(_O.id).desc())


def _unsent(subject: str, audience: Audience) -> tuple[ColumnElement[bool], ...]:
    about = (_O.subject == subject, _O.audience == audience.value, _O.copy_id.is_(None))
    return (*about, *_WAITING)


@dataclass(frozen=True, slots=True)
class SqlOutbox:
    """Notices in the database."""

    connection: Connection
    # Called where the worker has something to do from the commit on.
    queued: Callable[[], None] = lambda: None

    def queue(self, notice: Notice) -> None:
        """Queue a notice, unless one with the same key was queued before."""
        self.queued()
        insert_new_later(self.connection, outbox, row_of(notice))

    def add(self, notice: Notice) -> bool:
        """Queue a notice; False if one with the same key was queued before."""
        self.queued()
        return insert_new(self.connection, outbox, row_of(notice))

    def heads(
        self,
        platforms: Collection[Platform],
        now: datetime,
        *,
        full: Collection[str],
        worn: Collection[str] = (),
        limit: int,
    ) -> Sequence[Head]:
        """List places where the next notice can be tried now, the longest due first."""
        rows = self.connection.execute(heads(platforms, now, full, worn, limit))
        return [Head(row.place, Platform(row.platform), row.tenant, bool(row.failed)) for row in rows]

    def take(
        self, place: str, now: datetime, *, worker: str, until: datetime, limit: int
    ) -> Sequence[Notice]:
        """Take what is due at a place, in its order; nothing while an earlier notice waits or is taken."""
        if not self._alone_at(place):
            return []
        rows = []
        for row in self.connection.execute(in_turn(place, now, limit)):
            if row.try_at > now or (row.claimed_until is not None and row.claimed_until > now):
                break  # what comes after it waits with it
            rows.append(row)
        if rows:
            mine = _O.id.in_([row.id for row in rows])
            self.connection.execute(update(outbox).where(mine).values(claimed_by=worker, claimed_until=until))
        return [notice_of(row) for row in rows]

    def _alone_at(self, place: str) -> bool:
        """Let one worker at a time look at a place; on PostgreSQL a second one takes nothing."""
        if self.connection.dialect.name != "postgresql":
            return True  # one writer
        lock = select(func.pg_try_advisory_xact_lock(func.hashtextextended(place, 0)))
        return bool(self.connection.execute(lock).scalar_one())

    def holds(self, notice: Notice, worker: str, now: datetime) -> bool:
        """Tell whether a worker may still deliver what it took: it was not taken back, and nobody waits."""
        scopes = (notice.tenant, notice.to.platform.value)
        paused = exists().where(outbox_pauses.c.scope.in_(scopes), outbox_pauses.c.until > now)
        mine = select(_O.id).where(_O.id == notice.id, _O.claimed_by == worker, *_WAITING, ~paused)
        return self.connection.execute(mine).first() is not None

    def keep(self, place: str, worker: str, until: datetime) -> None:
        """Let a worker have what it took at a place for longer."""
        self.connection.execute(self._taken(place, worker).values(claimed_until=until))

    def release(self, place: str, worker: str) -> None:
        """Give back what a worker took at a place and did not deliver."""
        self.queued()
        self.connection.execute(self._taken(place, worker).values(claimed_by=None, claimed_until=None))

    def _taken(self, place: str, worker: str) -> Update:
        return update(outbox).where(*_WAITING, _O.place == place, _O.claimed_by == worker)

    def _mark(self, notice_id: str, *, attempts: int = 1, **values: object) -> None:
        """Mark what waits; what another worker has delivered meanwhile stays delivered."""
        self.connection.execute(
            update(outbox)
            .where(_O.id == notice_id, *_WAITING)
            .values(claimed_by=None, claimed_until=None, attempts=_O.attempts + attempts, **values)
        )

    def delivered(self, notice_id: str, at: datetime) -> None:
        """Mark as delivered."""
        self._mark(notice_id, delivered_at=at)

    def postponed(self, notice_id: str, *, try_at: datetime, error: str, counts: bool = True) -> None:
        """Try again later, and what comes after it at its place no sooner; `counts`: it was an attempt."""
        self._mark(notice_id, attempts=int(counts), try_at=try_at, error=error)
        # Nobody need look at them before: where many wait behind one, that would take long each time.
        behind = (*_WAITING, _O.place == self._place_of(notice_id), _O.try_at < try_at)
        self.connection.execute(update(outbox).where(*behind).values(try_at=try_at))

    def failed(self, notice_id: str, at: datetime, *, error: str) -> None:
        """Give up on a notice and keep it; what waited behind it can be tried."""
        self._mark(notice_id, failed_at=at, error=error)
        behind = (*_WAITING, _O.place == self._place_of(notice_id), _O.attempts == 0, _O.try_at > _O.due_at)
        self.connection.execute(update(outbox).where(*behind).values(try_at=_O.due_at))

    def _place_of(self, notice_id: str) -> str | None:
        return self.connection.execute(select(_O.place).where(_O.id == notice_id)).scalar_one_or_none()

    def pause(self, scope: str, until: datetime) -> None:
        """Let nothing go to a tenant or a platform before a moment."""
        if not insert_new(self.connection, outbox_pauses, {"scope": scope, "until": until}):
            longer = (outbox_pauses.c.scope == scope, outbox_pauses.c.until < until)
            self.connection.execute(update(outbox_pauses).where(*longer).values(until=until))

    def drop(self, subject: str, audience: Audience, to: Destination | None = None) -> None:
        """Take back what waits for an audience about a subject, at one place or at all."""
        at = [_O.place == str(to)] if to else []
        self.connection.execute(delete(outbox).where(*_unsent(subject, audience), *at))

    def places(self, subject: str, audience: Audience) -> Sequence[Destination]:
        """List where something waits for an audience about a subject."""
        # Few wait, and very many were delivered: not by the order of the ids.
        query = select(outbox).where(*_unsent(subject, audience)).order_by(unled(_O.id))
        return [destination_of(row) for row in self.connection.execute(query)]

    def waiting_at(self, to: Destination) -> Sequence[Notice]:
        """List what waits for a place, in its order; redraws of what is there already are left out."""
        query = select(outbox).where(*_WAITING, _O.place == str(to), _O.copy_id.is_(None)).order_by(*_IN_TURN)
        return [notice_of(row) for row in self.connection.execute(query)]

    def dead(self, *, school_id: str | None, before: str | None, limit: int) -> Sequence[DeadLetter]:
        """List what was given up, of one school or of all, newest first; those queued before one of them."""
        query = dead(school_id, before).limit(limit)
        return [letter_of(row) for row in self.connection.execute(query)]

    def dead_letter(self, notice_id: str) -> DeadLetter | None:
        """Find what was given up."""
        query = select(outbox).where(_O.id == notice_id, _O.failed_at.is_not(None))
        row = self.connection.execute(query).one_or_none()
        return letter_of(row) if row else None

    def retry(self, notice_id: str, now: datetime) -> bool:
        """Queue anew what was given up; False if it was not, or is queued again already."""
        self.queued()
        # It is the last in turn: what came after it has gone out.
        again = {"failed_at": None, "attempts": 0, "due_at": now, "try_at": now}
        given_up = and_(_O.id == notice_id, _O.failed_at.is_not(None))
        return changed(self.connection, update(outbox).where(given_up).values(**again))

    def mails_between(self, after: datetime, before: datetime) -> int:
        """Count the e-mails that were or are due between two moments."""
        return self.connection.execute(mails(after, before)).scalar_one()

    def waiting(self) -> int:
        """Count the notices that are neither delivered nor failed."""
        return self.connection.execute(select(func.count()).select_from(outbox).where(*_WAITING)).scalar_one()

    def condition(self, now: datetime) -> OutboxState:
        """Tell how delivery gets on."""
        due = select(func.count(), func.min(_O.due_at)).where(*_WAITING, _O.due_at <= now)
        number, oldest = self.connection.execute(due).one()
        dead = select(func.count()).select_from(outbox).where(_O.failed_at.is_not(None))
        return OutboxState(self.waiting(), number, self.connection.execute(dead).scalar_one(), oldest)

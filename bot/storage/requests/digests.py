"""Digests: when each school's is due, the days that have had one, and the requests that it showed."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import (
    Connection,
    Integer,
    String,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.core.ids import ID_LENGTH
from bot.core.requests.digest_ports import KIND, TAIL_LENGTH, Digest
from bot.core.requests.join_requests import KIND as REQUEST
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.values import dataclass
from bot.storage.requests.join_requests import read_request
from bot.storage.statements import Statement, changed, insert_new
from bot.storage.stuck import not_put_off
from bot.storage.tables import (
    dated_jobs,
    digest_clocks,
    digested_requests,
    failing_channels,
    join_requests,
)

_JOB = "digest"
_CLOCK = digest_clocks.c
_WAITING = (
    join_requests.c.school_id == bindparam("school", type_=String),
    join_requests.c.state == RequestState.PENDING.value,
)
_SHOWN = exists().where(
    digested_requests.c.school_id == join_requests.c.school_id,
    digested_requests.c.request_id == join_requests.c.id,
)
_DUE = Statement(
    select(_CLOCK.school_id, _CLOCK.looked_at)
    .where(
        or_(_CLOCK.look_at <= bindparam("now"), _CLOCK.looked_at > bindparam("now")),
        not_put_off(KIND, _CLOCK.school_id),
    )
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_LOOKED = Statement(
    update(digest_clocks)
    .where(_CLOCK.school_id == bindparam("school"))
    .values(look_at=bindparam("next"), looked_at=bindparam("now"))
)
# Pending requests that no digest has shown.
_NEW = select(join_requests.c.school_id, join_requests.c.id).where(*_WAITING, ~_SHOWN)
_ANYONE_NEW = Statement(_NEW.limit(1))
_LAST = Statement(select(_CLOCK.last_day, _CLOCK.last_at).where(_CLOCK.school_id == bindparam("school")))
_SCHOOL = Statement(select(join_requests.c.school_id).where(join_requests.c.id == bindparam("of")))
_COUNT = Statement(select(func.count().label("number")).select_from(join_requests).where(*_WAITING))


@dataclass(frozen=True, slots=True)
class SqlDigests:
    """Digests in the database."""

    connection: Connection

    def check_soon(self, school_id: str, now: datetime) -> None:
        """Check a new or changed school soon; times of day that have passed stay passed."""
        row = {"school_id": school_id, "look_at": now, "looked_at": now}
        if insert_new(self.connection, digest_clocks, row):
            return
        # A digest that is due already stays due.
        over = digest_clocks.c.look_at > now
        query = update(digest_clocks).where(digest_clocks.c.school_id == school_id)
        self.connection.execute(
            query.values(
                look_at=case((over, now), else_=digest_clocks.c.look_at),
                looked_at=case((over, now), else_=digest_clocks.c.looked_at),
            )
        )

    def due(self, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
        """Lock and list schools that must be checked, with when they last were; other units skip them.

        Schools that were last checked later than now are included: the clock was put back.
        """
        found = _DUE.rows(self.connection, now=now, most=limit)
        return [(row.school_id, row.looked_at) for row in found]

    def mark_checked(self, school_id: str, now: datetime, next_at: datetime) -> None:
        """Note that a school was checked, and when the next check is due."""
        _LOOKED.run(self.connection, school=school_id, now=now, next=next_at)

    def begin(self, digest: Digest) -> bool:
        """Make this the school's newest digest; False if its day already has one."""
        day = digest.day.isoformat()
        row = {"job": _JOB, "school_id": digest.school_id, "local_date": day, "at": digest.at}
        if not insert_new(self.connection, dated_jobs, row):
            return False
        clock = update(digest_clocks).where(digest_clocks.c.school_id == digest.school_id)
        return changed(self.connection, clock.values(last_day=day, last_at=digest.at))

    def last(self, school_id: str) -> Digest | None:
        """Return a school's newest digest."""
        row = _LAST.row(self.connection, school=school_id)
        if row is None or row.last_day is None:
            return None
        return Digest(school_id, date.fromisoformat(row.last_day), row.last_at)

    def newest_for(self, subject: str) -> Digest | None:
        """Return the digest that may list a subject: the newest of the request's school; None for others."""
        kind, _, request_id = subject.partition(":")
        if kind != REQUEST:
            return None
        row = _SCHOOL.row(self.connection, of=request_id)
        return self.last(row.school_id) if row else None

    def has_unshown(self, school_id: str) -> bool:
        """Return whether a school has a pending request that no digest has shown."""
        return _ANYONE_NEW.row(self.connection, school=school_id) is not None

    def mark_shown(self, school_id: str) -> int:
        """Note that a digest shows all pending requests; return how many no digest had shown before."""
        own = {"school": school_id}
        over = digested_requests.c.request_id.not_in(select(join_requests.c.id).where(*_WAITING))
        query = delete(digested_requests).where(digested_requests.c.school_id == bindparam("school"), over)
        self.connection.execute(query, own)
        into = insert(digested_requests).from_select(["school_id", "request_id"], _NEW)
        return self.connection.execute(into, own).rowcount

    def count_pending(self, school_id: str) -> int:
        """Count a school's pending requests."""
        row = _COUNT.row(self.connection, school=school_id)
        return row.number if row else 0

    def decided(self, school_id: str, limit: int) -> Sequence[JoinRequest]:
        """List the requests of the newest digest that are decided by now, the last decided first."""
        query = (
            select(join_requests)
            .join(digested_requests, digested_requests.c.request_id == join_requests.c.id)
            .where(digested_requests.c.school_id == school_id, join_requests.c.decided_at.is_not(None))
            .order_by(join_requests.c.decided_at.desc(), join_requests.c.id)
        )
        return [read_request(row) for row in self.connection.execute(query.limit(limit))]

    def by_tails(self, school_id: str, tails: Sequence[str]) -> Sequence[JoinRequest]:
        """List and lock a school's requests by the last letters of their ids, oldest first."""
        tail = func.substr(join_requests.c.id, ID_LENGTH - TAIL_LENGTH + 1)
        query = select(join_requests).where(join_requests.c.school_id == school_id, tail.in_(tails))
        query = query.order_by(join_requests.c.id).with_for_update()
        return [read_request(row) for row in self.connection.execute(query)]

    def mark_failing(self, school_id: str, place: str) -> bool:
        """Note that a channel cannot be written to; False if that was known."""
        return insert_new(self.connection, failing_channels, {"school_id": school_id, "place": place})

    def mark_working(self, school_id: str, place: str) -> None:
        """Note that a channel can be written to."""
        own = (failing_channels.c.school_id == school_id, failing_channels.c.place == place)
        self.connection.execute(delete(failing_channels).where(*own))

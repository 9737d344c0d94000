"""The clocks of digests, the days that have had one, and whom they have shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Select, case, delete, exists, func, insert, literal, or_, select, update

from bot.core.digest_ports import TAIL, Digest
from bot.core.join_requests import KIND, JoinRequest, RequestState
from bot.storage.join_requests import read_request
from bot.storage.statements import changed, insert_new
from bot.storage.tables import (
    dated_jobs,
    digest_clocks,
    digested_requests,
    failing_channels,
    join_requests,
)

_JOB = "digest"
_ID = 26


def _waiting(school_id: str) -> tuple[object, ...]:
    return (join_requests.c.school_id == school_id, join_requests.c.state == RequestState.PENDING.value)


def _new(school_id: str) -> Select[tuple[str, str]]:
    """Select those who wait and whom no digest has shown."""
    shown = exists().where(
        digested_requests.c.school_id == school_id, digested_requests.c.request_id == join_requests.c.id
    )
    query = select(literal(school_id), join_requests.c.id)
    return query.where(*_waiting(school_id), ~shown)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class SqlDigests:
    """Digests in the database."""

    connection: Connection

    def look_again(self, school_id: str, now: datetime) -> None:
        """Let a new or changed school be looked at soon; times of day that are over stay over."""
        row = {"school_id": school_id, "look_at": now, "looked_at": now}
        if insert_new(self.connection, digest_clocks, row):
            return
        # Whoever is due already keeps what is due.
        over = digest_clocks.c.look_at > now
        query = update(digest_clocks).where(digest_clocks.c.school_id == school_id)
        self.connection.execute(
            query.values(
                look_at=case((over, now), else_=digest_clocks.c.look_at),
                looked_at=case((over, now), else_=digest_clocks.c.looked_at),
            )
        )

    def due(self, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
        """Take schools that must be looked at, with when they were last; no other unit gets them meanwhile.

        Those that were last looked at later than now are among them: the clock was put back.
        """
        clock = digest_clocks.c
        query = select(clock.school_id, clock.looked_at).where(
            or_(clock.look_at <= now, clock.looked_at > now)
        )
        found = self.connection.execute(query.limit(limit).with_for_update(skip_locked=True))
        return [(row.school_id, row.looked_at) for row in found]

    def looked(self, school_id: str, now: datetime, next_at: datetime) -> None:
        """Note that a school was looked at, and when to do it next."""
        query = update(digest_clocks).where(digest_clocks.c.school_id == school_id)
        self.connection.execute(query.values(look_at=next_at, looked_at=now))

    def begin(self, digest: Digest) -> bool:
        """Make this the school's newest digest; False if its day has had one."""
        day = digest.day.isoformat()
        row = {"job": _JOB, "school_id": digest.school_id, "local_date": day, "at": digest.at}
        if not insert_new(self.connection, dated_jobs, row):
            return False
        clock = update(digest_clocks).where(digest_clocks.c.school_id == digest.school_id)
        return changed(self.connection, clock.values(last_day=day))

    def last(self, school_id: str) -> Digest | None:
        """Return a school's newest digest."""
        query = select(dated_jobs.c.local_date, dated_jobs.c.at).where(
            digest_clocks.c.school_id == school_id,
            dated_jobs.c.job == _JOB,
            dated_jobs.c.school_id == digest_clocks.c.school_id,
            dated_jobs.c.local_date == digest_clocks.c.last_day,
        )
        row = self.connection.execute(query).one_or_none()
        return Digest(school_id, date.fromisoformat(row.local_date), row.at) if row else None

    def listing(self, subject: str) -> Digest | None:
        """Return the digest that lists a subject: a request's school's newest; other things are in none."""
        kind, _, request_id = subject.partition(":")
        if kind != KIND:
            return None
        of = select(join_requests.c.school_id).where(join_requests.c.id == request_id)
        school_id = self.connection.execute(of).scalar_one_or_none()
        return self.last(school_id) if school_id else None

    def anyone_new(self, school_id: str) -> bool:
        """Tell whether somebody waits whom no digest has shown."""
        return self.connection.execute(_new(school_id).limit(1)).first() is not None

    def show_waiting(self, school_id: str) -> int:
        """Note that a digest shows all who wait now; count those whom none has shown before."""
        still = select(join_requests.c.id).where(*_waiting(school_id))  # type: ignore[arg-type]
        own = digested_requests.c.school_id == school_id
        self.connection.execute(
            delete(digested_requests).where(own, digested_requests.c.request_id.not_in(still))
        )
        into = insert(digested_requests).from_select(["school_id", "request_id"], _new(school_id))
        return self.connection.execute(into).rowcount

    def waiting(self, school_id: str) -> int:
        """Count the requests that wait."""
        query = select(func.count()).select_from(join_requests).where(*_waiting(school_id))  # type: ignore[arg-type]
        return self.connection.execute(query).scalar_one()

    def decided(self, school_id: str, limit: int) -> Sequence[JoinRequest]:
        """List the requests of the newest digest that do not wait any more, the last decided first."""
        query = (
            select(join_requests)
            .join(digested_requests, digested_requests.c.request_id == join_requests.c.id)
            .where(digested_requests.c.school_id == school_id, join_requests.c.decided_at.is_not(None))
            .order_by(join_requests.c.decided_at.desc(), join_requests.c.id)
        )
        return [read_request(row) for row in self.connection.execute(query.limit(limit))]

    def named(self, school_id: str, tails: Sequence[str]) -> Sequence[JoinRequest]:
        """Find a school's requests by their ids' tails, oldest first; nobody else decides them meanwhile."""
        tail = func.substr(join_requests.c.id, _ID - TAIL + 1)
        query = select(join_requests).where(join_requests.c.school_id == school_id, tail.in_(tails))
        query = query.order_by(join_requests.c.id).with_for_update()
        return [read_request(row) for row in self.connection.execute(query)]

    def channel_fails(self, school_id: str, place: str) -> bool:
        """Note that a channel cannot be written to; False if that is known."""
        return insert_new(self.connection, failing_channels, {"school_id": school_id, "place": place})

    def channel_works(self, school_id: str, place: str) -> None:
        """Note that a channel can be written to."""
        own = (failing_channels.c.school_id == school_id, failing_channels.c.place == place)
        self.connection.execute(delete(failing_channels).where(*own))

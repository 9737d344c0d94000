"""Digests: when each school's next one is due, the days that have had one, the requests that were shown."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from bot.storage.tables.columns import metadata
from bot.storage.types import UtcDateTime


def _of_school() -> Column[str]:
    return Column("school_id", String(26), ForeignKey("schools.id"), primary_key=True)


# Jobs that run once on a school's local day, even if a change to winter time repeats the hour.
dated_jobs = Table(
    "dated_jobs",
    metadata,
    Column("job", Text, primary_key=True),
    _of_school(),
    Column("local_date", String(10), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
)

# `look_at` is when the next digest may be due. Times up to `looked_at` were handled; if that is later than
# now, the clock was put back. The newest digest is noted here too, since rows of `dated_jobs` are deleted.
digest_clocks = Table(
    "digest_clocks",
    metadata,
    _of_school(),
    Column("look_at", UtcDateTime, nullable=False, index=True),
    Column("looked_at", UtcDateTime, nullable=False, index=True),
    Column("last_day", String(10)),
    Column("last_at", UtcDateTime),
)

# The requests that the newest digest showed; not foreign keys, so that old requests can be deleted.
digested_requests = Table(
    "digested_requests",
    metadata,
    _of_school(),
    Column("request_id", String(26), primary_key=True),
)

# The approvals channels that could not be written to, so that admins are told only once.
failing_channels = Table(
    "failing_channels",
    metadata,
    _of_school(),
    Column("place", Text, primary_key=True),
)

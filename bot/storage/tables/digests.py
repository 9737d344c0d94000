"""Digests: the clock of each school, the days that have had one, whom the newest has shown."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from bot.storage.tables.columns import metadata
from bot.storage.types import UtcDateTime


def _of_school() -> Column[str]:
    return Column("school_id", String(26), ForeignKey("schools.id"), primary_key=True)


# What happens once on a school's local day, however often its clock shows the time.
dated_jobs = Table(
    "dated_jobs",
    metadata,
    Column("job", Text, primary_key=True),
    _of_school(),
    Column("local_date", String(10), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
)

# `look_at` is when the digest's time may have come next. Times up to `looked_at` are over; where that is
# later than now, the clock was put back. The newest digest is here, since days are forgotten after a time.
digest_clocks = Table(
    "digest_clocks",
    metadata,
    _of_school(),
    Column("look_at", UtcDateTime, nullable=False, index=True),
    Column("looked_at", UtcDateTime, nullable=False, index=True),
    Column("last_day", String(10)),
    Column("last_at", UtcDateTime),
)

# The requests that the newest digest has shown; no references, so that old requests can be deleted.
digested_requests = Table(
    "digested_requests",
    metadata,
    _of_school(),
    Column("request_id", String(26), primary_key=True),
)

# The approvals channels that could not be written to, so that admins are told once.
failing_channels = Table(
    "failing_channels",
    metadata,
    _of_school(),
    Column("place", Text, primary_key=True),
)

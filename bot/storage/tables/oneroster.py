"""OneRoster: the folders of districts, what their files last said, and the runs of the sync."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text, Time

from bot.storage.tables.columns import id_column, metadata, reference
from bot.storage.types import UtcDateTime


def _district() -> Column[str]:
    return Column("district_id", String(26), ForeignKey("districts.id"), primary_key=True)


oneroster_sources = Table(
    "oneroster_sources",
    metadata,
    _district(),
    Column("folder", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("at", Time),
    Column("connected_at", UtcDateTime, nullable=False),
    Column("looked_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, index=True),
)

# What a source said, by the source's ids. An organisation stands for a school that an admin chose, or for the
# one of the same name.
oneroster_orgs = Table(
    "oneroster_orgs",
    metadata,
    _district(),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("identifier", Text, nullable=False),
    Column("kind", Text, nullable=False),
    reference("schools", "school_id", nullable=True),
    Column("chosen", Boolean, nullable=False),
)

oneroster_users = Table(
    "oneroster_users",
    metadata,
    _district(),
    Column("id", Text, primary_key=True),
    reference("persons", "person_id", nullable=True, index=True),
    Column("active", Boolean, nullable=False),
    Column("told", Text, nullable=False),
)

oneroster_grants = Table(
    "oneroster_grants",
    metadata,
    _district(),
    Column("id", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("org", Text, nullable=False),
    Column("role", Text, nullable=False),
    # The first day of a role that has not begun yet, and the last day of a role that has one.
    Column("begins", Date),
    Column("ends", Date),
    Index(None, "district_id", "user"),
)

oneroster_role_map = Table(
    "oneroster_role_map",
    metadata,
    _district(),
    Column("source", Text, primary_key=True),
    Column("role", Text, nullable=False),
)

# What the sync gave a membership. `membership_id` is no foreign key: a mark may outlive its membership, and a
# new membership has a new id.
oneroster_marks = Table(
    "oneroster_marks",
    metadata,
    Column("membership_id", String(26), primary_key=True),
    reference("districts", "district_id", index=True),
    Column("made", Boolean, nullable=False),
    Column("roles", Text, nullable=False),
    Column("was", Text),
    Column("by_default", Boolean, nullable=False),
    Column("leaving", Boolean, nullable=False),
)

oneroster_runs = Table(
    "oneroster_runs",
    metadata,
    id_column(),
    reference("districts", "district_id"),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("applies", Boolean, nullable=False),
    Column("day", Date),
    Column("typed", Integer),
    Column("digest", Text, nullable=False),
    Column("import_id", String(26)),
    Column("finished_at", UtcDateTime),
    Column("stale", Boolean, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", UtcDateTime),
    Index("uq_oneroster_runs_day", "district_id", "day", unique=True),
    Index(None, "state", "id"),
)

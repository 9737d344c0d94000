"""Native things of platforms that follow a school's roles: who should have them, and what differs."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from bot.storage.tables.columns import id_column, metadata, reference
from bot.storage.types import UtcDateTime


def _followed() -> Column[str]:
    return Column("followed_id", String(26), ForeignKey("followed_things.id"), primary_key=True)


# `seen_number` is the number in the school's audit chain up to which the thing was compared with memberships;
# `nudges` counts the changes that no entry of that chain records.
followed_things = Table(
    "followed_things",
    metadata,
    id_column(),
    reference("schools", "school_id", index=True),
    Column("platform", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("former_name", Text, nullable=False),
    Column("drift", Text, nullable=False),
    Column("problem", Text),
    Column("told", Text),
    Column("blind", Boolean, nullable=False),
    Column("ending", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("looked_at", UtcDateTime),
    Column("look_at", UtcDateTime, nullable=False, index=True),
    Column("seen_number", Integer, nullable=False),
    Column("nudges", Integer, nullable=False),
    Column("seen_nudges", Integer, nullable=False),
    UniqueConstraint("platform", "workspace", "external_id"),
)

# An empty role stands for all active members.
followings = Table(
    "followings",
    metadata,
    _followed(),
    Column("role", Text, primary_key=True),
)

# What was requested of the platform for an account, by the platform's id of it. A mark may outlive the
# person, until the thing is taken from the account. The outbox refers to the mark by its id.
follow_marks = Table(
    "follow_marks",
    metadata,
    id_column(),
    reference("followed_things", "followed_id"),
    Column("subject", Text, nullable=False, index=True),
    Column("wanted", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("followed_id", "subject"),
    Index(None, "followed_id", "state", "at"),
)

follow_differences = Table(
    "follow_differences",
    metadata,
    _followed(),
    Column("subject", Text, primary_key=True, index=True),
    Column("differs", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("fate", Text, nullable=False),
)

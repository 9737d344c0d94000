"""Broadcasts, their delivery to each recipient, and the message templates of schools."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from bot.storage.tables.columns import id_column, metadata, reference, search_name
from bot.storage.types import UtcDateTime

broadcasts = Table(
    "broadcasts",
    metadata,
    id_column(),
    reference("schools", "school_id"),
    reference("districts", "district_id", nullable=True),
    reference("persons", "created_by", index=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("by", Text, nullable=False),
    # The filter that selects the recipients, packed as text, until the broadcast is sent.
    Column("wanted", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("front", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("send_at", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("round", Integer, nullable=False),
    Column("hindrance", Text),
    Column("moved_at", UtcDateTime),
    # While the recipients are being stored: the last one stored, and how many are expected.
    Column("gathered_to", String(26)),
    Column("expected", Integer, nullable=False),
    Column("expected_mails", Integer, nullable=False),
    Index("ix_broadcasts_school", "school_id", "id"),
    Index("ix_broadcasts_state", "state", "id"),
    Index("ix_broadcasts_due", "state", "send_at"),
)

# Each person has one row in a broadcast, whatever accounts and schools they have.
broadcast_recipients = Table(
    "broadcast_recipients",
    metadata,
    Column("broadcast_id", String(26), ForeignKey("broadcasts.id"), primary_key=True),
    Column("person_id", String(26), ForeignKey("persons.id"), primary_key=True, index=True),
    Column("state", Text, nullable=False),
    Column("by", Text),
    Column("why", Text),
    Column("notice_id", String(26)),
    Column("at", UtcDateTime),
    Index("ix_broadcast_recipients_state", "broadcast_id", "state", "person_id"),
)

message_templates = Table(
    "message_templates",
    metadata,
    id_column(),
    reference("schools", "school_id"),
    Column("name", Text, nullable=False),
    search_name(),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    reference("persons", "created_by", index=True),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("school_id", "search_name", name="uq_message_templates_name"),
)

"""Plumbing: the audit log, the outbox, copies of cards, bulk work, leases, job states."""

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from bot.core.rights.actors import Platform
from bot.storage.tables.columns import id_column, metadata, partial_index, reference, reference_index
from bot.storage.types import UtcDateTime

audit_entries = Table(
    "audit_entries",
    metadata,
    id_column(),
    Column("at", UtcDateTime, nullable=False),
    reference("schools", "school_id", nullable=True),
    reference("persons", "actor_id", nullable=True),
    Column("front", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("old", JSON, nullable=False),
    Column("new", JSON, nullable=False),
    Column("chain", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("chain", "number"),
    reference_index("audit_entries", "actor_id"),
)

# The end of each chain. A unit that appends locks this row, so that chains never fork.
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)


def _destination() -> list[Column[str]]:
    return [
        Column("platform", Text, nullable=False),
        Column("workspace", Text),
        Column("channel", Text),
        Column("account", Text),
    ]


_WAITING = "delivered_at IS NULL AND failed_at IS NULL"

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    Column("key", Text, nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("audience", Text, nullable=False),
    *_destination(),
    # Messages to one place arrive in order; those to one tenant (see `tenants`) are paused together.
    Column("place", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    reference("schools", "school_id", nullable=True),
    Column("copy_id", String(26)),
    # `due_at` decides the order, and a failed attempt leaves it; `try_at` is when the next attempt is due.
    Column("due_at", UtcDateTime, nullable=False),
    Column("try_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("failed_at", UtcDateTime),
    Column("error", Text),
    partial_index("ix_outbox_waiting", "try_at", where=_WAITING),
    partial_index("ix_outbox_in_turn", "place", "due_at", "id", where=_WAITING),
    partial_index(
        "ix_outbox_delivered",
        "delivered_at",
        where="delivered_at IS NOT NULL",
    ),
    partial_index(
        "ix_outbox_failed",
        "failed_at",
        where="failed_at IS NOT NULL",
    ),
    # For the daily limit: each queued e-mail makes the bot count those of the day.
    partial_index("ix_outbox_mails", "due_at", where=f"platform = '{Platform.EMAIL.value}'"),
)

# Until when nothing is sent to a tenant, or to a whole platform, because it asked the bot to wait.
outbox_pauses = Table(
    "outbox_pauses",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("until", UtcDateTime, nullable=False, index=True),
)

card_copies = Table(
    "card_copies",
    metadata,
    id_column(),
    Column("subject", Text, nullable=False, index=True),
    Column("audience", Text, nullable=False),
    *_destination(),
    Column("message_channel", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("drawn", Text, nullable=False),
    # When the copy was last changed, or found to be still needed.
    Column("drawn_at", UtcDateTime, nullable=False, index=True),
)

# Plans of bulk work and their outcome. The ids of persons are not foreign keys: like those in the audit log,
# they outlive the person.
bulk_jobs = Table(
    "bulk_jobs",
    metadata,
    id_column(),
    reference("schools", "school_id"),
    Column("act", Text, nullable=False),
    Column("wanted", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("undoes", String(26), unique=True),
    Column("started_by", String(26)),
    Column("front", Text),
    Column("schools", Text, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", UtcDateTime),
    Index("ix_bulk_jobs_state", "state", "id"),
)

bulk_items = Table(
    "bulk_items",
    metadata,
    Column("job_id", String(26), ForeignKey("bulk_jobs.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    reference("schools", "school_id"),
    Column("person_id", String(26), nullable=False),
    Column("does", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text),
    Column("made", Text, nullable=False),
)

# Events of platforms that changed something, so that a repeated delivery is not handled again.
arrivals = Table(
    "arrivals",
    metadata,
    Column("key_hash", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
)

# Tasks that only one replica does at a time, which replica holds each, and until when.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

# Items that failed each time a sweep or worker processed them, and when they are tried again. An item that
# succeeds is removed.
stuck_things = Table(
    "stuck_things",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("of", Text, primary_key=True),
    Column("error", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False, index=True),
    Column("try_at", UtcDateTime, nullable=False),
)

# The last run of each job, on whichever replica.
job_states = Table(
    "job_states",
    metadata,
    Column("name", Text, primary_key=True),
    Column("ran_at", UtcDateTime, nullable=False),
    Column("succeeded_at", UtcDateTime),
    Column("seconds", Float, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("error", Text, nullable=False),
)

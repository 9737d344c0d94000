"""A platform's own join requests that schools decide (mirrors), and what was heard of its newcomers."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text

from bot.storage.tables.columns import metadata, partial_index, reference
from bot.storage.types import UtcDateTime

# Which school decides the platform's requests in a workspace, when they are next checked, and what failed.
mirrors = Table(
    "mirrors",
    metadata,
    Column("workspace_id", String(26), ForeignKey("workspaces.id"), primary_key=True),
    reference("schools", "school_id", index=True),
    Column("look_at", UtcDateTime, nullable=False, index=True),
    Column("looked_at", UtcDateTime),
    Column("problem", Text),
)

# A platform's request by the platform's id, and the join request that corresponds to it, if there is one.
mirrored_requests = Table(
    "mirrored_requests",
    metadata,
    Column("workspace_id", String(26), ForeignKey("workspaces.id"), primary_key=True),
    Column("external_id", Text, primary_key=True),
    reference("join_requests", "request_id", nullable=True, index=True),
    Column("fate", Text, nullable=False),
    # Whether the join request was created for it, rather than found.
    Column("filed", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    partial_index(
        "ix_mirrored_requests_waiting",
        "workspace_id",
        where="fate = 'waiting'",
    ),
)

# Until when the bot last listened to a part of a platform: later events may have been missed.
listenings = Table(
    "listenings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("heard_at", UtcDateTime, nullable=False),
)

# How many newcomers each workspace had in one minute, to welcome a crowd differently.
crowds = Table(
    "crowds",
    metadata,
    Column("workspace_id", String(26), ForeignKey("workspaces.id"), primary_key=True),
    Column("minute", UtcDateTime, primary_key=True),
    Column("number", Integer, nullable=False),
)

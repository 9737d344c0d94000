"""Requests that a platform has of its own and that schools decide; what was heard of comings and goings."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text

from bot.storage.tables.columns import metadata, partial_index, to
from bot.storage.types import UtcDateTime

# Which school decides the requests of a workspace, when they are looked at next, and what was in the way.
mirrors = Table(
    "mirrors",
    metadata,
    Column("workspace_id", String(26), ForeignKey("workspaces.id"), primary_key=True),
    to("schools", "school_id", index=True),
    Column("look_at", UtcDateTime, nullable=False, index=True),
    Column("looked_at", UtcDateTime),
    Column("problem", Text),
)

# A request by the platform's own name for it, and the request to join that stands for it here, if one does.
mirrored_requests = Table(
    "mirrored_requests",
    metadata,
    Column("workspace_id", String(26), ForeignKey("workspaces.id"), primary_key=True),
    Column("external_id", Text, primary_key=True),
    to("join_requests", "request_id", nullable=True, index=True),
    Column("fate", Text, nullable=False),
    # Whether the one here was made for it.
    Column("filed", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    partial_index(
        "ix_mirrored_requests_waiting",
        "workspace_id",
        where="fate = 'waiting'",
    ),
)

# Up to when a part of a platform was listened to: what came later was missed.
listenings = Table(
    "listenings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("heard_at", UtcDateTime, nullable=False),
)

# How many newcomers were to be welcomed in a workspace in one minute.
crowds = Table(
    "crowds",
    metadata,
    Column("workspace_id", String(26), ForeignKey("workspaces.id"), primary_key=True),
    Column("minute", UtcDateTime, primary_key=True),
    Column("number", Integer, nullable=False),
)

"""Accounts that were banned from a workspace."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from bot.storage.tables.columns import metadata
from bot.storage.types import UtcDateTime

# `subject` is the platform's own id of the account; its owner need not be a known person.
bans = Table(
    "bans",
    metadata,
    Column("workspace_id", String(26), ForeignKey("workspaces.id"), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

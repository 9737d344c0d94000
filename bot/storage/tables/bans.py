"""Who was banned from a workspace."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from bot.storage.tables.columns import metadata
from bot.storage.types import UtcDateTime

# `subject` is the platform's own name of the account, who need not be anybody known here.
bans = Table(
    "bans",
    metadata,
    Column("workspace_id", String(26), ForeignKey("workspaces.id"), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

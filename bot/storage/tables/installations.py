"""Installations of the Slack app."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text

from bot.storage.tables.columns import metadata
from bot.storage.tables.keys import sealed_by
from bot.storage.types import UtcDateTime

# An installation in a workspace or in an organisation; its tokens are sealed for this row.
slack_installations = Table(
    "slack_installations",
    metadata,
    Column("place", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("bot", Text, nullable=False),
    Column("bot_user", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("sealed_token", LargeBinary, nullable=False),
    Column("sealed_refresh", LargeBinary, nullable=False),
    sealed_by(),
    Column("expires_at", UtcDateTime),
    Column("installed_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
)

# The workspaces that are known to be covered by the installation of an organisation.
slack_workspaces = Table(
    "slack_workspaces",
    metadata,
    Column("team", Text, primary_key=True),
    Column("organization", Text, ForeignKey("slack_installations.place"), nullable=False, index=True),
)

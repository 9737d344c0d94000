"""Where Slack's users have taken us in."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text

from bot.storage.tables.columns import metadata
from bot.storage.tables.keys import sealed_by
from bot.storage.types import UtcDateTime

# A workspace or an organisation; the tokens are sealed for its row.
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

# The workspaces that an organisation's installation is known to be for.
slack_workspaces = Table(
    "slack_workspaces",
    metadata,
    Column("team", Text, primary_key=True),
    Column("organization", Text, ForeignKey("slack_installations.place"), nullable=False, index=True),
)

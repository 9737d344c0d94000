"""The secret keys that this database was sealed with, and the replicas that must have them."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from bot.storage.tables.columns import metadata
from bot.storage.types import UtcDateTime

# The key in use, and those before it that something may still be sealed with; never a key itself. What is
# sealed refers to its key, so none is forgotten too early.
secret_keys = Table(
    "secret_keys",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("replaced_at", UtcDateTime),
)

# One row: which key is in use, and, sealed by it, what signs links that must outlive all keys.
installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key_name", String(16), ForeignKey("secret_keys.name"), nullable=False),
    Column("sealed_signer", LargeBinary, nullable=False),
)

# Who serves people, with which keys, the first one first, with spaces between; and until when it is believed.
replicas = Table(
    "replicas",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key_names", Text, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)


def sealed_by() -> Column[str]:
    """Make the column that names the key which has sealed a row."""
    return Column("sealed_by", String(16), ForeignKey("secret_keys.name"), nullable=False, index=True)

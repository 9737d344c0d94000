"""The secret keys that sealed this database, and the replicas that must have them."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from bot.storage.tables.columns import metadata
from bot.storage.types import UtcDateTime

# The names of the key in use and of the earlier keys that something may still be sealed with; never a key
# itself. Each sealed row refers to its key, so that no key is forgotten too early.
secret_keys = Table(
    "secret_keys",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("replaced_at", UtcDateTime),
)

# One row: the key in use, and, sealed with it, the secret that signs links, which outlives every key.
installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key_name", String(16), ForeignKey("secret_keys.name"), nullable=False),
    Column("sealed_signer", LargeBinary, nullable=False),
)

# The replicas that serve people, the names of their keys (separated by spaces, the first first), and until
# when each counts as alive.
replicas = Table(
    "replicas",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key_names", Text, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)


def sealed_by() -> Column[str]:
    """Return the column that names the key with which a row is sealed."""
    return Column("sealed_by", String(16), ForeignKey("secret_keys.name"), nullable=False, index=True)

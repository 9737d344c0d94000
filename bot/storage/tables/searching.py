"""The texts by which members are searched, side by side; database triggers keep them up to date."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from bot.storage.tables.columns import metadata, search_name

_ALIKE = Text().with_variant(Text(collation="C"), "postgresql")

# One row for each membership. Only the triggers in bot/storage/migrations/searching.py write it. They also
# maintain the index of parts: FTS5 on SQLite (by `number`, which is never reused), pg_trgm on PostgreSQL.
member_texts = Table(
    "member_texts",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column(
        "membership_id",
        String(26),
        ForeignKey("memberships.id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    Column("school_id", String(26), nullable=False),
    search_name(),
    Column("email_key", _ALIKE, nullable=False),
    # Covers a page of a list in its order, so that no other table is read.
    Index("ix_member_texts_in_order", "school_id", "search_name", "membership_id", "email_key"),
    Index("ix_member_texts_addresses", "school_id", "email_key", "membership_id"),
    sqlite_autoincrement=True,
)

# Other tables that an INSERT can change.
FILLED_BY_TRIGGERS = frozenset({member_texts.name})

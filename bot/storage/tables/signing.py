"""Signing in: passwords, where the operator lets people have them, and the links that set them."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from bot.storage.tables.columns import metadata, to
from bot.storage.types import UtcDateTime

passwords = Table(
    "passwords",
    metadata,
    Column("person_id", String(26), ForeignKey("persons.id"), primary_key=True),
    Column("hash", Text, nullable=False),
    # The address that it was proved with; while it is the person's, it counts as verified.
    Column("email_key", Text, nullable=False),
    # Sessions carry it: with another one they are over.
    Column("epoch", String(26), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

password_links = Table(
    "password_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    to("persons", "person_id", index=True),
    Column("email_key", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

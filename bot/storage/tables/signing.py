"""Signing in: passwords, if the operator allows them, and the links that set them."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from bot.storage.tables.columns import metadata, reference
from bot.storage.types import UtcDateTime

passwords = Table(
    "passwords",
    metadata,
    Column("person_id", String(26), ForeignKey("persons.id"), primary_key=True),
    Column("hash", Text, nullable=False),
    # The address that was proved when the password was set; while the person has it, it counts as verified.
    Column("email_key", Text, nullable=False),
    # Each session carries the epoch; once it changes, older sessions have ended.
    Column("epoch", String(26), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

password_links = Table(
    "password_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    reference("persons", "person_id", index=True),
    Column("email_key", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

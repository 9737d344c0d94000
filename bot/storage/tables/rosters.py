"""Roster imports, and what each does to each person."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from bot.storage.tables.columns import id_column, metadata, partial_index, reference
from bot.storage.types import UtcDateTime

# The ids of persons are not foreign keys: like those in the audit log they outlive the person, and people
# whom an import is going to add do not exist yet.
roster_imports = Table(
    "roster_imports",
    metadata,
    id_column(),
    reference("schools", "school_id"),
    Column("district_id", String(26)),
    Column("missing", Text, nullable=False),
    Column("move", Boolean, nullable=False),
    Column("invite", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("planned_by", String(26)),
    Column("undoes", String(26), unique=True),
    Column("started_by", String(26)),
    Column("front", Text),
    Column("started_at", UtcDateTime),
    Column("claimed_by", Text),
    Column("claimed_until", UtcDateTime),
    Index(None, "state", "id"),
    Index(None, "school_id", "id"),
)

# One person in one school, with what the imported file says of them. Lists are JSON. `email_key` is the
# address in the form in which addresses are compared; it is empty for people whom the file does not name.
roster_rows = Table(
    "roster_rows",
    metadata,
    Column("import_id", String(26), ForeignKey("roster_imports.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, nullable=False),
    Column("school_id", String(26), nullable=False),
    Column("person_id", String(26), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("why", Text),
    Column("email", Text, nullable=False),
    Column("email_key", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("search_name", Text, nullable=False),
    Column("content_areas", Text, nullable=False),
    Column("grade_levels", Text, nullable=False),
    Column("middle_initial", Text, nullable=False),
    Column("educator_id", Text, nullable=False),
    Column("wanted", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("roles_before", Text, nullable=False),
    Column("before", Text),
    Column("made", Text, nullable=False),
    Column("sent", Text, nullable=False),
    Column("invitation", Text, nullable=False),
    # 0 or 1 rather than a Boolean: a hundred thousand rows are written at a time, without conversions.
    Column("leads", Integer, nullable=False),
    Column("fresh", Integer, nullable=False),
    Column("created_at", UtcDateTime),
    Column("joined_at", UtcDateTime),
    partial_index(
        "ix_roster_rows_to_invite",
        "import_id",
        "sent",
        "number",
        where="sent <> ''",
    ),
    sqlite_with_rowid=False,
)

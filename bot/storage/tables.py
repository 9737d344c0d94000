"""The tables. Ids are ULIDs as text; see `bot.core` for what each thing means."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.storage.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String(26), primary_key=True)


def _to(target: str, name: str, *, nullable: bool = False, index: bool = False) -> Column[str]:
    return Column(name, String(26), ForeignKey(f"{target}.id"), nullable=nullable, index=index)


def _search_name(*, index: bool = False) -> Column[str]:
    """Make the column by which names are searched and sorted: casefolded by us, compared alike everywhere."""
    alike = Text().with_variant(Text(collation="C"), "postgresql")
    return Column("search_name", alike, nullable=False, index=index)


persons = Table(
    "persons",
    metadata,
    _id(),
    # "First Last" where they are known, or else their name in a chat.
    Column("name", Text, nullable=False),
    _search_name(),
    Column("zone", Text),
    Column("created_at", UtcDateTime, nullable=False),
    # Two who proved to be one: the audit log still names this one, everything else the other.
    Column("merged_into", String(26), ForeignKey("persons.id"), index=True),
    Column("erased_at", UtcDateTime),
    # What admins enter of people. Nothing of it stands in the way of a redemption.
    Column("first_name", Text),
    Column("last_name", Text),
    Column("middle_initial", Text),
    Column("educator_id", Text),
    Column("auto_finalize", Boolean),
    Column("message_notifications", Boolean),
)

# One e-mail address a person; `key` is it without regard to case, and the race for it is an insert.
person_emails = Table(
    "person_emails",
    metadata,
    Column("key", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),
    _to("persons", "person_id", index=True),
    Column("address", Text, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    _to("persons", "person_id", index=True),
    Column("linked_at", UtcDateTime, nullable=False),
)

districts = Table(
    "districts",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    _search_name(index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("archived_at", UtcDateTime),
)

schools = Table(
    "schools",
    metadata,
    _id(),
    _to("districts", "district_id", nullable=True, index=True),
    Column("name", Text, nullable=False),
    _search_name(index=True),
    Column("zone", Text, nullable=False),
    Column("access", Text, nullable=False),
    Column("approval", Text, nullable=False),
    Column("invitation_skips_approval", Boolean, nullable=False),
    Column("default_role", Text, nullable=False),
    Column("support_contact", Text, nullable=False),
    Column("approver_dms", Boolean, nullable=False),
    Column("ask_again_days", Integer, nullable=False),
    _to("persons", "primary_admin_id", nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("archived_at", UtcDateTime),
)

workspaces = Table(
    "workspaces",
    metadata,
    _id(),
    Column("platform", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("platform", "external_id"),
)

workspace_schools = Table(
    "workspace_schools",
    metadata,
    Column("workspace_id", String(26), ForeignKey("workspaces.id"), primary_key=True),
    Column("school_id", String(26), ForeignKey("schools.id"), primary_key=True, index=True),
    Column("approvals_channel", Text),
    Column("linked_at", UtcDateTime, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    _id(),
    _to("schools", "school_id"),
    _to("persons", "person_id", index=True),
    Column("standing", Text, nullable=False),
    Column("access", Text, nullable=False),
    Column("visibility", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("joined_at", UtcDateTime),
    UniqueConstraint("school_id", "person_id"),
)

# scope_id is a school's or a district's id, and empty for the whole system.
assignments = Table(
    "assignments",
    metadata,
    Column("person_id", String(26), ForeignKey("persons.id"), primary_key=True),
    Column("scope_kind", Text, primary_key=True),
    Column("scope_id", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    _to("persons", "granted_by", nullable=True),
    Column("granted_at", UtcDateTime, nullable=False),
    Index(None, "scope_id", "role"),
)

# `assignments.role` names one of these where it is no built-in role; both are of the same school.
# The atoms stand apart by spaces, with one before and one after: " member.read role.grant ".
custom_roles = Table(
    "custom_roles",
    metadata,
    _id(),
    _to("schools", "school_id"),
    Column("name", Text, nullable=False),
    _search_name(),
    Column("holds", Text, nullable=False),
    Column("may_grant", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("school_id", "name"),
    UniqueConstraint("school_id", "search_name", name="uq_custom_roles_search_name"),
)

# One row: what tells whether the key of the settings is the one that sealed this database.
installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key_check", String(64), nullable=False),
)

system_settings = Table(
    "system_settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# The code and the token are only here sealed, beside a keyed index: a copy of the
# database without the key gives no way in.
invitations = Table(
    "invitations",
    metadata,
    _id(),
    _to("schools", "school_id"),
    Column("code_index", Text, nullable=False, unique=True),
    Column("token_index", Text, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("role", Text),
    Column("uses_allowed", Integer),
    Column("uses_taken", Integer, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("note", Text, nullable=False),
    Column("label", Text, nullable=False),
    _to("persons", "created_by", index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    _to("persons", "revoked_by", nullable=True),
    CheckConstraint("uses_allowed IS NULL OR uses_taken <= uses_allowed", name="uses"),
    Index(None, "school_id", "id"),
)

redemptions = Table(
    "redemptions",
    metadata,
    _id(),
    _to("invitations", "invitation_id"),
    _to("persons", "person_id", index=True),
    Column("redeemed_at", UtcDateTime, nullable=False),
    Index(None, "invitation_id", "id"),
)

join_requests = Table(
    "join_requests",
    metadata,
    _id(),
    _to("schools", "school_id"),
    _to("persons", "person_id"),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    _to("invitations", "invitation_id", nullable=True),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    _to("persons", "decided_by", nullable=True),
    Column("decided_at", UtcDateTime),
    Column("reason", Text, nullable=False),
    Index(None, "school_id", "state", "id"),
    Index(None, "person_id", "school_id", "id"),
    Index(
        "uq_join_requests_pending",
        "school_id",
        "person_id",
        unique=True,
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    _id(),
    Column("at", UtcDateTime, nullable=False),
    _to("schools", "school_id", nullable=True),
    _to("persons", "actor_id", nullable=True),
    Column("front", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("old", JSON, nullable=False),
    Column("new", JSON, nullable=False),
    Column("chain", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("chain", "number"),
)

# The end of each chain; whoever appends holds its row, so that chains never fork.
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)


def _destination() -> list[Column[str]]:
    return [
        Column("platform", Text, nullable=False),
        Column("workspace", Text),
        Column("channel", Text),
        Column("account", Text),
    ]


outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("audience", Text, nullable=False),
    *_destination(),
    Column("copy_id", String(26)),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_until", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("failed_at", UtcDateTime),
    Column("error", Text),
    Index(
        "ix_outbox_waiting",
        "due_at",
        sqlite_where=text("delivered_at IS NULL AND failed_at IS NULL"),
        postgresql_where=text("delivered_at IS NULL AND failed_at IS NULL"),
    ),
)

card_copies = Table(
    "card_copies",
    metadata,
    _id(),
    Column("subject", Text, nullable=False, index=True),
    Column("audience", Text, nullable=False),
    *_destination(),
    Column("message_channel", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("drawn", Text, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    _id(),
    Column("code_hash", Text, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    _to("persons", "used_by", nullable=True),
)

# Plans of bulk work and what became of them. The ids of persons are no references: like the audit
# log's they outlive what they name.
bulk_jobs = Table(
    "bulk_jobs",
    metadata,
    _id(),
    _to("schools", "school_id"),
    Column("act", Text, nullable=False),
    Column("wanted", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("undoes", String(26), unique=True),
    Column("started_by", String(26)),
    Column("front", Text),
    Column("schools", Text, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", UtcDateTime),
    Index("ix_bulk_jobs_state", "state", "id"),
)

bulk_items = Table(
    "bulk_items",
    metadata,
    Column("job_id", String(26), ForeignKey("bulk_jobs.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    _to("schools", "school_id"),
    Column("person_id", String(26), nullable=False),
    Column("does", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text),
    Column("made", Text, nullable=False),
)

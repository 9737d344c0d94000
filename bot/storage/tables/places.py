"""People and places: persons, accounts, districts, schools, memberships, roles, settings."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from bot.storage.tables.columns import (
    id_column,
    metadata,
    partial_index,
    reference,
    reference_index,
    search_name,
)
from bot.storage.types import UtcDateTime

persons = Table(
    "persons",
    metadata,
    id_column(),
    # "First Last" if these are known, otherwise the person's name on a platform.
    Column("name", Text, nullable=False),
    search_name(index=True),
    Column("zone", Text),
    Column("created_at", UtcDateTime, nullable=False),
    # Set when two persons proved to be one: the audit log still names this one, all else names the other.
    Column("merged_into", String(26), ForeignKey("persons.id")),
    Column("erased_at", UtcDateTime),
    # Details that admins enter. None of them is required, so none of them delays a redemption.
    Column("first_name", Text),
    Column("last_name", Text),
    Column("middle_initial", Text),
    Column("educator_id", Text),
    Column("content_areas", Text),
    Column("grade_levels", Text),
    Column("auto_finalize", Boolean),
    Column("message_notifications", Boolean),
    # Partial, because few persons are merged: adding a person then never writes to this index.
    partial_index("ix_persons_merged_into", "merged_into", where="merged_into IS NOT NULL"),
    partial_index("ix_persons_educator_id", "educator_id", where="educator_id <> ''"),
)

# One e-mail address for each person. `key` is the address without regard to case; of two persons who want the
# same address at once, the first INSERT wins.
person_emails = Table(
    "person_emails",
    metadata,
    Column("key", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),
    reference("persons", "person_id", index=True),
    Column("address", Text, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    reference("persons", "person_id", index=True),
    Column("linked_at", UtcDateTime, nullable=False),
    # For owners who use no chat: the e-mail address that they proved at sign-in, and when.
    Column("address", Text),
    Column("proved_at", UtcDateTime),
    partial_index("ix_accounts_proved", "proved_at", where="address IS NOT NULL"),
)

districts = Table(
    "districts",
    metadata,
    id_column(),
    Column("name", Text, nullable=False),
    search_name(index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("archived_at", UtcDateTime),
)

schools = Table(
    "schools",
    metadata,
    id_column(),
    reference("districts", "district_id", nullable=True, index=True),
    Column("name", Text, nullable=False),
    search_name(index=True),
    Column("zone", Text, nullable=False),
    Column("access", Text, nullable=False),
    Column("approval", Text, nullable=False),
    Column("invitation_skips_approval", Boolean, nullable=False),
    Column("default_role", Text, nullable=False),
    Column("support_contact", Text, nullable=False),
    Column("approver_dms", Boolean, nullable=False),
    Column("ask_again_days", Integer, nullable=False),
    Column("late_codes", Boolean, nullable=False),
    reference("persons", "primary_admin_id", nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("archived_at", UtcDateTime),
    # Two schools of a district that are not archived never share a name, even if they are made at once.
    partial_index(
        "uq_schools_in_district",
        "district_id",
        "search_name",
        unique=True,
        where="district_id IS NOT NULL AND archived_at IS NULL",
    ),
    reference_index("schools", "primary_admin_id"),
)

# A school without a row has the default settings; for the numeric limits, 0 means no limit.
school_settings = Table(
    "school_settings",
    metadata,
    Column("school_id", String(26), ForeignKey("schools.id"), primary_key=True),
    Column("digest_at", Text),
    Column("digest_days", Text, nullable=False),
    Column("holidays", JSON, nullable=False),
    Column("remind_hours", Integer, nullable=False),
    Column("escalate_hours", Integer, nullable=False),
    Column("lapse_days", Integer, nullable=False),
    Column("invitee_reminders", Boolean, nullable=False),
    Column("welcomes", Boolean, nullable=False),
    Column("most_open", Integer, nullable=False),
    Column("longest_days", Integer, nullable=False),
    Column("most_uses", Integer, nullable=False),
    Column("most_removed", Integer, nullable=False),
    Column("questions", JSON, nullable=False),
    # While new due times are set for the school's pending requests: the last request that has one.
    Column("timed_to", String(26), index=True),
)

# Whom bills go to, in the school's own words; a table of its own, so that nothing else reads it.
billing_details = Table(
    "billing_details",
    metadata,
    Column("school_id", String(26), ForeignKey("schools.id"), primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("reference", Text, nullable=False),
)

workspaces = Table(
    "workspaces",
    metadata,
    id_column(),
    Column("platform", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("platform", "external_id"),
)

# A link is suspended when the bot is removed from the workspace, until the school is linked there again.
workspace_schools = Table(
    "workspace_schools",
    metadata,
    Column("workspace_id", String(26), ForeignKey("workspaces.id"), primary_key=True),
    Column("school_id", String(26), ForeignKey("schools.id"), primary_key=True, index=True),
    Column("approvals_channel", Text),
    Column("linked_at", UtcDateTime, nullable=False),
    Column("suspended_at", UtcDateTime),
)

memberships = Table(
    "memberships",
    metadata,
    id_column(),
    reference("schools", "school_id"),
    reference("persons", "person_id", index=True),
    Column("standing", Text, nullable=False),
    Column("access", Text, nullable=False),
    Column("visibility", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("joined_at", UtcDateTime),
    UniqueConstraint("school_id", "person_id"),
    # A school's members are counted by state from this index alone, without reading the rows.
    Index("ix_memberships_standing", "school_id", "visibility", "standing", "access"),
)

# `scope_id` is the id of a school or of a district, and empty for the whole system.
assignments = Table(
    "assignments",
    metadata,
    Column("person_id", String(26), ForeignKey("persons.id"), primary_key=True),
    Column("scope_kind", Text, primary_key=True),
    Column("scope_id", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    reference("persons", "granted_by", nullable=True),
    Column("granted_at", UtcDateTime, nullable=False),
    Index(None, "scope_id", "role"),
    reference_index("assignments", "granted_by"),
)

# If `assignments.role` is not a built-in role, it names a custom role of the same school. `holds` lists
# permissions separated by spaces, with one before and one after: " member.read role.grant ".
custom_roles = Table(
    "custom_roles",
    metadata,
    id_column(),
    reference("schools", "school_id"),
    Column("name", Text, nullable=False),
    search_name(),
    Column("holds", Text, nullable=False),
    Column("may_grant", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("school_id", "name"),
    UniqueConstraint("school_id", "search_name", name="uq_custom_roles_search_name"),
)

system_settings = Table(
    "system_settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

"""SCIM: the tokens of districts, and the users and groups that their identity providers provision."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

from bot.storage.tables.columns import id_column, metadata, partial_index, reference, search_name
from bot.storage.types import UtcDateTime

_KEY = Text().with_variant(Text(collation="C"), "postgresql")
_KEPT = "deleted_at IS NULL"

# A token is shown once; only a hash of its secret is stored.
scim_tokens = Table(
    "scim_tokens",
    metadata,
    id_column(),
    reference("districts", "district_id", index=True),
    Column("secret_hash", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("used_at", UtcDateTime),
)

scim_districts = Table(
    "scim_districts",
    metadata,
    Column("district_id", String(26), ForeignKey("districts.id"), primary_key=True),
    reference("schools", "default_school_id"),
)

# A person as an identity provider knows them, and whether they are active. `id` stays the same when two
# persons prove to be one; `deleted_at` hides the user from SCIM.
scim_users = Table(
    "scim_users",
    metadata,
    Column("district_id", String(26), ForeignKey("districts.id"), primary_key=True),
    Column("id", String(26), primary_key=True),
    reference("persons", "person_id", index=True),
    Column("user_name", Text, nullable=False),
    Column("user_name_key", _KEY, nullable=False),
    Column("external_id", Text),
    Column("active", Boolean),
    # Whether SCIM gave the address explicitly; otherwise it is the user name, or does not come from SCIM.
    Column("email_told", Boolean, nullable=False),
    Column("email_type", Text),
    Column("email_primary", Boolean),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Index("uq_scim_users_person", "district_id", "person_id", unique=True),
    partial_index(
        "uq_scim_users_user_name",
        "district_id",
        "user_name_key",
        unique=True,
        where=_KEPT,
    ),
    Index(None, "district_id", "external_id"),
)

# A group; if it is linked, its members get a role at a school.
scim_groups = Table(
    "scim_groups",
    metadata,
    id_column(),
    reference("districts", "district_id", index=True),
    Column("name", Text, nullable=False),
    search_name(),
    Column("external_id", Text),
    reference("schools", "school_id", nullable=True, index=True),
    Column("role", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

scim_members = Table(
    "scim_members",
    metadata,
    Column("group_id", String(26), ForeignKey("scim_groups.id"), primary_key=True),
    Column("person_id", String(26), ForeignKey("persons.id"), primary_key=True, index=True),
)

# Roles that a person has only through a group: they are taken away when the person leaves it.
scim_grants = Table(
    "scim_grants",
    metadata,
    Column("person_id", String(26), ForeignKey("persons.id"), primary_key=True),
    Column("school_id", String(26), ForeignKey("schools.id"), primary_key=True),
    Column("role", Text, primary_key=True),
)

# What SCIM did to a membership. `membership_id` is no foreign key: a mark may outlive its membership, and a
# new membership has a new id. `was` is the access before SCIM deactivated the membership.
scim_marks = Table(
    "scim_marks",
    metadata,
    Column("membership_id", String(26), primary_key=True),
    Column("made", Boolean, nullable=False),
    Column("was", Text),
)

# Persons whose roles have to be brought in line with their groups.
scim_due = Table(
    "scim_due",
    metadata,
    Column("district_id", String(26), ForeignKey("districts.id"), primary_key=True),
    Column("person_id", String(26), ForeignKey("persons.id"), primary_key=True, index=True),
)

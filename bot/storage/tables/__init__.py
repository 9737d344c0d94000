"""The tables. Ids are ULIDs as text; see `bot.core` for what each thing means."""

from bot.storage.tables.columns import metadata
from bot.storage.tables.joining import (
    claims,
    invitation_batches,
    invitation_grants,
    invitations,
    join_requests,
    mail_tokens,
    misses,
    redemptions,
)
from bot.storage.tables.places import (
    accounts,
    assignments,
    custom_roles,
    districts,
    installation,
    memberships,
    person_emails,
    persons,
    schools,
    system_settings,
    workspace_schools,
    workspaces,
)
from bot.storage.tables.plumbing import audit_entries, audit_heads, bulk_items, bulk_jobs, card_copies, outbox

__all__ = [
    "accounts",
    "assignments",
    "audit_entries",
    "audit_heads",
    "bulk_items",
    "bulk_jobs",
    "card_copies",
    "claims",
    "custom_roles",
    "districts",
    "installation",
    "invitation_batches",
    "invitation_grants",
    "invitations",
    "join_requests",
    "mail_tokens",
    "memberships",
    "metadata",
    "misses",
    "outbox",
    "person_emails",
    "persons",
    "redemptions",
    "schools",
    "system_settings",
    "workspace_schools",
    "workspaces",
]

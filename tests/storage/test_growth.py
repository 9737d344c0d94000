"""No table grows without limit unless it is known: its rows are purged, or are what Homeroom is for."""

from bot.storage.retention import OLD
from bot.storage.tables import metadata

# What people have made, for as long as they want it.
_THE_SCHOOLS_OWN = {
    "accounts",
    "assignments",
    "billing_details",
    "custom_roles",
    "districts",
    "followed_things",
    "followings",
    "installation",
    "invitation_batches",
    "invitation_grants",
    "invitations",
    "join_requests",
    "memberships",
    "mirrored_requests",
    "message_templates",
    "passwords",
    "person_emails",
    "persons",
    "redemptions",
    "school_settings",
    "schools",
    "scim_districts",
    "scim_grants",
    "scim_groups",
    "scim_members",
    "scim_tokens",
    "scim_users",
    "slack_installations",
    "system_settings",
    "workspace_schools",
    "workspaces",
}
# The record of what was done is never purged.
_THE_RECORD = {"audit_entries", "audit_heads"}
# A row for each of something that is in another table, replaced or deleted where it is used.
_NO_MORE_THAN_OTHERS = {
    "crowds": "one a workspace and minute; each newcomer deletes those that are a day old",
    "digest_clocks": "one a school",
    "digested_requests": "those who wait; the next digest deletes the rest",
    "failing_channels": "one a channel that a school names for approvals",
    "follow_differences": "one a role of a member on a platform",
    "bans": "as long as the platform has the ban",
    "follow_marks": "one a member and thing",
    "installation": "one row",
    "job_states": "one a sweep",
    "leases": "one a shard, or a Slack installation whose token is renewed",
    "listenings": "one a shard",
    "mirrors": "one a workspace",
    "oneroster_grants": "as many as a district's source tells of",
    "oneroster_marks": "one a membership; marks of those that are gone go with each sync",
    "oneroster_orgs": "as many as a district's source tells of",
    "oneroster_role_map": "one a role of a district's source",
    "oneroster_sources": "one a district",
    "oneroster_users": "as many as a district's source tells of",
    "password_links": "each new one deletes the person's others, and all that have expired",
    "replicas": "one a process; those that say nothing more are deleted within a minute",
    "scim_due": "one a person, until it is settled",
    "scim_marks": "one a district",
    "secret_keys": "one, and another while it is replaced",
    "slack_workspaces": "one a workspace of an organisation",
    "stuck_things": "forgotten when it goes well or is no longer due",
}
# They are deleted together with rows that are purged.
_PARTS = {"broadcast_recipients", "bulk_items", "member_texts", "roster_rows"}


def test_every_table_that_grows_is_purged() -> None:
    purged = {query.selected_columns[0].table.name for queries in OLD.values() for query in queries}
    known = purged | _THE_SCHOOLS_OWN | _THE_RECORD | set(_NO_MORE_THAN_OTHERS) | _PARTS
    new = set(metadata.tables) - known
    assert not new, f"Say here why {sorted(new)} do not grow for ever, or purge them (bot/core/retention.py)"
    assert known <= set(metadata.tables)

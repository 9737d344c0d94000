"""How people join: invitations, redemptions, join requests, one-time codes."""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from bot.storage.tables.columns import id_column, metadata, partial_index, reference, reference_index
from bot.storage.tables.keys import sealed_by
from bot.storage.types import UtcDateTime

# Batches of single-use codes, which are made together from one template.
invitation_batches = Table(
    "invitation_batches",
    metadata,
    id_column(),
    reference("schools", "school_id"),
    Column("label", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "school_id", "id"),
)

# The code and the token are stored only sealed, beside a keyed hash of each for look-ups: nobody can redeem
# anything with a copy of the database that lacks the key.
invitations = Table(
    "invitations",
    metadata,
    id_column(),
    reference("schools", "school_id"),
    Column("code_index", Text, nullable=False, unique=True),
    Column("token_index", Text, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    sealed_by(),
    Column("role", Text),
    Column("uses_allowed", Integer),
    Column("uses_taken", Integer, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("note", Text, nullable=False),
    Column("label", Text, nullable=False),
    reference("persons", "created_by", index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    reference("persons", "revoked_by", nullable=True),
    # When a leaked public code was locked, until an admin has reviewed it; and when the admins were alarmed
    # that it is redeemed suspiciously fast, which they are told once.
    Column("locked_at", UtcDateTime),
    Column("alarmed_at", UtcDateTime),
    # When it was last posted in a channel, where its card must be redrawn when it ends.
    Column("posted_at", UtcDateTime),
    reference("invitation_batches", "batch_id", nullable=True, index=True),
    # Only an addressed invitation, which is for one person alone, has these. `email` is empty if it is for
    # an account in a chat. `email_key` is the address in the form in which addresses are compared.
    reference("persons", "person_id", nullable=True, index=True),
    Column("addressee", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),
    Column("account_issuer", Text),
    Column("account_subject", Text),
    Column("way", Text),
    Column("send_at", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("send_error", Text, nullable=False),
    Column("declined_at", UtcDateTime),
    Column("cleared_at", UtcDateTime),
    # When its link and code were replaced, if it was sent again.
    Column("renewed_at", UtcDateTime),
    # When a person first opened its page, and how often it was opened.
    Column("opened_at", UtcDateTime),
    Column("openings", Integer, nullable=False),
    # When a sweep has to act on it next: to remind its addressee, to let it expire, or to redraw its cards.
    Column("due_at", UtcDateTime),
    partial_index(
        "ix_invitations_due",
        "due_at",
        where="due_at IS NOT NULL",
    ),
    partial_index(
        "ix_invitations_unreached",
        "created_by",
        where="send_error <> ''",
    ),
    CheckConstraint("uses_allowed IS NULL OR uses_taken <= uses_allowed", name="uses"),
    Index(None, "school_id", "id"),
    partial_index(
        "ix_invitations_email_key",
        "email_key",
        where="email_key <> ''",
    ),
    Index(None, "account_subject", "account_issuer"),
    reference_index("invitations", "revoked_by"),
)

# What an addressed invitation grants when it is accepted; an open one has its role in its own row.
invitation_grants = Table(
    "invitation_grants",
    metadata,
    Column("invitation_id", String(26), ForeignKey("invitations.id"), primary_key=True),
    Column("school_id", String(26), ForeignKey("schools.id"), primary_key=True, index=True),
    Column("role", Text, primary_key=True),
)

# The links in e-mails; only their hashes are stored.
mail_tokens = Table(
    "mail_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    reference("invitations", "invitation_id", index=True),
    Column("made_at", UtcDateTime, nullable=False, index=True),
)

redemptions = Table(
    "redemptions",
    metadata,
    id_column(),
    reference("invitations", "invitation_id"),
    reference("persons", "person_id", index=True),
    Column("redeemed_at", UtcDateTime, nullable=False),
    Index(None, "invitation_id", "id"),
)

join_requests = Table(
    "join_requests",
    metadata,
    id_column(),
    reference("schools", "school_id"),
    reference("persons", "person_id"),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    # The platform's id of the workspace from which the applicant submitted the request.
    Column("asked_in", Text),
    reference("invitations", "invitation_id", nullable=True),
    Column("role", Text, nullable=False),
    # Further roles that the person gets, each name between commas: ,Staff,Teacher,
    Column("further", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    reference("persons", "decided_by", nullable=True),
    Column("decided_at", UtcDateTime),
    Column("reason", Text, nullable=False),
    # Pairs of a question and its answer; and the state of the late code, if one was redeemed too late.
    Column("answers", JSON, nullable=False),
    Column("late", Text, nullable=False),
    # Who claimed the request; the progress of reminders and escalation; when the applicant left the chat.
    reference("persons", "claimed_by", nullable=True),
    Column("claimed_at", UtcDateTime),
    Column("reminded_at", UtcDateTime),
    Column("escalation", Integer, nullable=False),
    Column("escalated_at", UtcDateTime),
    Column("gone_at", UtcDateTime),
    # When a sweep has to act on it next: to remind, to escalate, or to let it lapse.
    Column("due_at", UtcDateTime),
    Index(None, "school_id", "state", "id"),
    reference_index("join_requests", "decided_by"),
    reference_index("join_requests", "claimed_by"),
    # For reports: how long the decisions of a period took.
    partial_index(
        "ix_join_requests_decided",
        "school_id",
        "decided_at",
        where="state IN ('approved', 'rejected')",
    ),
    partial_index(
        "ix_join_requests_due",
        "due_at",
        where="state = 'pending'",
    ),
    # Pending requests by the workspace that their applicants may have left.
    partial_index(
        "ix_join_requests_asked_in",
        "asked_in",
        where="state = 'pending' AND asked_in IS NOT NULL",
    ),
    # Requests whose answers are still to be deleted.
    partial_index(
        "ix_join_requests_answered",
        "decided_at",
        where="CAST(answers AS TEXT) <> '[]'",
    ),
    Index(None, "person_id", "school_id", "id"),
    partial_index(
        "uq_join_requests_pending",
        "school_id",
        "person_id",
        unique=True,
        where="state = 'pending'",
    ),
)

claims = Table(
    "claims",
    metadata,
    id_column(),
    Column("code_hash", Text, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime),
    reference("persons", "used_by", nullable=True),
    reference_index("claims", "used_by"),
)

# Tries of codes that opened nothing, kept for as long as they count. `key` is a keyed hash of who tried.
misses = Table(
    "misses",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("id", String(26), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
)

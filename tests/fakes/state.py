"""The state behind the fakes: plain dictionaries of the core's own values."""

from collections.abc import ItemsView
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from bot.core.audit import AuditEntry
from bot.core.bulk.planning import Item, Job
from bot.core.claims import Claim
from bot.core.following.ports import Difference, Follower, Mark
from bot.core.invitations.addressees import Grant
from bot.core.invitations.batches import Batch
from bot.core.invitations.invitations import Invitation, Redemption
from bot.core.jobs import JobState
from bot.core.keys.ports import Replica, SealingKey
from bot.core.messages.broadcasts import Broadcast, Recipient
from bot.core.messages.templates import MessageTemplate
from bot.core.notices.notices import CardCopy, Notice
from bot.core.oneroster.model import Grant as SourceGrant
from bot.core.oneroster.model import KnownUser, Org, Run, Source
from bot.core.oneroster.model import Mark as SourceMark
from bot.core.people.members import Membership
from bot.core.people.password_ports import Password, PasswordLink
from bot.core.people.people import PersonDetails
from bot.core.requests.digest_ports import Digest
from bot.core.requests.join_requests import JoinRequest
from bot.core.requests.mirror_ports import Mirror, MirroredRequest
from bot.core.rights.actors import AccountKey, Person, WorkspaceKey
from bot.core.rights.custom_roles import CustomRole
from bot.core.rosters.imports import RosterImport, Step
from bot.core.schools.billing import BillingDetails
from bot.core.schools.districts import District
from bot.core.schools.schools import School, Workspace
from bot.core.schools.settings import SchoolSettings
from bot.core.schools.system import SystemSettings
from bot.core.scim.model import Account, Group, Token
from bot.core.stuck import Stuck, TrackedItem
from bot.core.values import replace
from bot.core.workspaces.installation_ports import Installation


class Assignment(NamedTuple):
    """A person's role at a scope; the empty scope is the whole system."""

    person: str
    scope: str
    role: str


@dataclass(frozen=True)
class Given:
    """Who gave a role, and when; it counts only while the assignment exists."""

    what: Assignment
    granted_by: str | None
    granted_at: datetime

    @property
    def id(self) -> Assignment:
        return self.what

    @property
    def school_id(self) -> str:
        return self.what.scope

    @property
    def scope_id(self) -> str:
        return self.what.scope

    @property
    def role(self) -> str:
        return self.what.role


@dataclass(frozen=True)
class UsedClaim:
    """Who used up a one-time code, and when; `used_by` is None if this is not a known person."""

    id: str
    purpose: str
    used_by: str | None
    used_at: datetime


@dataclass
class Queued:
    """A notice in the outbox, with its claim and the result of its delivery."""

    notice: Notice
    try_at: datetime
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    delivered_at: datetime | None = None
    failed_at: datetime | None = None
    error: str | None = None

    @property
    def waits(self) -> bool:
        return self.delivered_at is None and self.failed_at is None

    @property
    def turn(self) -> tuple[datetime, str]:
        return (self.notice.due_at, self.notice.id)

    def free(self, now: datetime) -> bool:
        """Tell whether the notice can be claimed now, apart from its place in the queue."""
        return self.try_at <= now and (self.claimed_until is None or self.claimed_until <= now)


@dataclass
class State:
    """All tables of the fake database."""

    persons: dict[str, Person] = field(default_factory=dict)
    details: dict[str, PersonDetails] = field(default_factory=dict)
    accounts: dict[AccountKey, str] = field(default_factory=dict)
    proved: dict[AccountKey, tuple[datetime, str]] = field(default_factory=dict)
    schools: dict[str, School] = field(default_factory=dict)
    workspaces: dict[WorkspaceKey, Workspace] = field(default_factory=dict)
    links: dict[tuple[str, WorkspaceKey], str | None] = field(default_factory=dict)
    resting: set[tuple[str, WorkspaceKey]] = field(default_factory=set)
    bans: set[tuple[WorkspaceKey, str]] = field(default_factory=set)
    listenings: dict[str, datetime] = field(default_factory=dict)
    crowds: dict[tuple[WorkspaceKey, datetime], int] = field(default_factory=dict)
    mirrors: dict[WorkspaceKey, Mirror] = field(default_factory=dict)
    mirrored: dict[tuple[WorkspaceKey, str], MirroredRequest] = field(default_factory=dict)
    memberships: dict[str, Membership] = field(default_factory=dict)
    assignments: set[Assignment] = field(default_factory=set)
    given: dict[Assignment, Given] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    invitation_due: dict[str, datetime | None] = field(default_factory=dict)
    invitation_grants: dict[str, tuple[Grant, ...]] = field(default_factory=dict)
    mail_tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    redemptions: dict[str, Redemption] = field(default_factory=dict)
    join_requests: dict[str, JoinRequest] = field(default_factory=dict)
    audit_entries: list[AuditEntry] = field(default_factory=list)
    outbox: dict[str, Queued] = field(default_factory=dict)
    outbox_pauses: dict[str, datetime] = field(default_factory=dict)
    card_copies: dict[str, CardCopy] = field(default_factory=dict)
    cards_drawn: dict[str, datetime] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    used_claims: dict[str, UsedClaim] = field(default_factory=dict)
    custom_roles: dict[str, CustomRole] = field(default_factory=dict)
    districts: dict[str, District] = field(default_factory=dict)
    system: dict[str, SystemSettings] = field(default_factory=dict)
    school_settings: dict[str, SchoolSettings] = field(default_factory=dict)
    timed_again: dict[str, str] = field(default_factory=dict)
    billing: dict[str, BillingDetails] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    batches: dict[str, Batch] = field(default_factory=dict)
    alarms: dict[str, datetime] = field(default_factory=dict)
    posted: dict[str, datetime] = field(default_factory=dict)
    passwords: dict[str, Password] = field(default_factory=dict)
    password_links: dict[str, PasswordLink] = field(default_factory=dict)
    installations: dict[str, Installation] = field(default_factory=dict)
    slack_workspaces: dict[str, str] = field(default_factory=dict)
    misses: dict[str, tuple[datetime, ...]] = field(default_factory=dict)
    job_states: dict[str, JobState] = field(default_factory=dict)
    stuck: dict[TrackedItem, Stuck] = field(default_factory=dict)
    digest_clocks: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    digests: dict[str, tuple[Digest, ...]] = field(default_factory=dict)
    digest_days: dict[tuple[str, date], datetime] = field(default_factory=dict)
    digested: dict[str, frozenset[str]] = field(default_factory=dict)
    failing_channels: set[tuple[str, str]] = field(default_factory=set)
    followers: dict[str, Follower] = field(default_factory=dict)
    followings: set[tuple[str, str]] = field(default_factory=set)
    follow_nudges: dict[str, int] = field(default_factory=dict)
    follow_seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    follow_marks: dict[str, Mark] = field(default_factory=dict)
    follow_differences: dict[tuple[str, str], Difference] = field(default_factory=dict)
    arrivals: dict[str, datetime] = field(default_factory=dict)
    secret_keys: dict[str, SealingKey] = field(default_factory=dict)
    sealed: dict[str, str] = field(default_factory=dict)
    replicas: dict[str, Replica] = field(default_factory=dict)
    leases: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    scim_tokens: dict[str, Token] = field(default_factory=dict)
    scim_schools: dict[str, str] = field(default_factory=dict)
    scim_users: dict[tuple[str, str], Account] = field(default_factory=dict)
    scim_groups: dict[str, Group] = field(default_factory=dict)
    scim_members: set[tuple[str, str]] = field(default_factory=set)
    scim_grants: set[tuple[str, str, str]] = field(default_factory=set)
    scim_marks: dict[str, tuple[bool, str | None]] = field(default_factory=dict)
    scim_due: set[tuple[str, str]] = field(default_factory=set)
    bulk_jobs: dict[str, Job] = field(default_factory=dict)
    bulk_items: dict[tuple[str, int], Item] = field(default_factory=dict)
    bulk_claims: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    broadcasts: dict[str, Broadcast] = field(default_factory=dict)
    recipients: dict[tuple[str, str], Recipient] = field(default_factory=dict)
    templates: dict[str, MessageTemplate] = field(default_factory=dict)

    roster_imports: dict[str, RosterImport] = field(default_factory=dict)
    roster_rows: dict[tuple[str, int], Step] = field(default_factory=dict)
    roster_claims: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    oneroster_sources: dict[str, Source] = field(default_factory=dict)
    oneroster_orgs: dict[tuple[str, str], Org] = field(default_factory=dict)
    oneroster_users: dict[tuple[str, str], KnownUser] = field(default_factory=dict)
    oneroster_grants: dict[tuple[str, str], SourceGrant] = field(default_factory=dict)
    oneroster_roles: dict[tuple[str, str], str] = field(default_factory=dict)
    oneroster_marks: dict[str, tuple[str, SourceMark, bool]] = field(default_factory=dict)
    oneroster_runs: dict[str, Run] = field(default_factory=dict)
    oneroster_claims: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def tables(self) -> ItemsView[str, Any]:
        return vars(self).items()

    def copied(self) -> "State":
        """Return a copy with its own tables; frozen values are shared, mutable ones of the outbox are not."""
        fresh = State(**{name: table.copy() for name, table in self.tables()})
        fresh.outbox = {key: Queued(**vars(queued)) for key, queued in self.outbox.items()}
        return fresh

    def put_off(self, kind: str, now: datetime) -> frozenset[str]:
        """Return the ids of stuck things of a kind, which are not tried again yet."""
        return frozenset(one.of for one, how in self.stuck.items() if one.kind == kind and how.try_at > now)

    def due_if_posted(self, invitation_id: str, now: datetime) -> None:
        """Let a sweep redraw the cards of an invitation that has ended, if channels show it."""
        if invitation_id in self.posted:
            self.invitation_due[invitation_id] = now

    def assign(self, person: str, scope: str, role: str, *, by: str | None, at: datetime) -> bool:
        fresh = Assignment(person, scope, role)
        if fresh in self.assignments:
            return False
        self.assignments.add(fresh)
        self.given[fresh] = Given(fresh, by, at)
        return True

    def reassign(self, old: Assignment, fresh: Assignment) -> None:
        """Replace an assignment by another, which keeps the record of who gave the old one."""
        self.assignments.remove(old)
        given = self.given.pop(old)
        if fresh not in self.assignments:
            self.assignments.add(fresh)
            self.given[fresh] = replace(given, what=fresh)

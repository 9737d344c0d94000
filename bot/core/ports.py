"""What the core needs from outside, as protocols."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.actors import AccountKey, Person, Platform, WorkspaceKey
from bot.core.roles import Rights

if TYPE_CHECKING:
    from bot.core.audit import AuditEntry, SealedEntry
    from bot.core.claims import Claim
    from bot.core.invitations import Invitation, InvitationFilter, Redemption
    from bot.core.join_requests import JoinRequest, RequestState
    from bot.core.members import Member, Membership
    from bot.core.notices import CardCopy, Notice
    from bot.core.schools import ApprovalsChannel, School, Workspace


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return this moment in UTC."""
        ...


class People(Protocol):
    """Persons and their accounts."""

    def by_account(self, key: AccountKey) -> Person | None:
        """Find whose account this is."""
        ...

    def by_id(self, person_id: str) -> Person | None:
        """Find a person."""
        ...

    def add(self, person: Person, key: AccountKey) -> bool:
        """Add a person with their first account; False if another took the account just now."""
        ...

    def accounts(self, person_ids: Sequence[str]) -> Sequence[tuple[str, AccountKey]]:
        """List the accounts of persons, as (person id, account)."""
        ...


class Schools(Protocol):
    """Schools, workspaces and the links between them."""

    def add(self, school: "School") -> None:
        """Add a school."""
        ...

    def save(self, school: "School") -> None:
        """Store a school's settings."""
        ...

    def by_id(self, school_id: str) -> "School | None":
        """Find a school."""
        ...

    def linked_to(self, key: WorkspaceKey) -> Sequence["School"]:
        """List the schools that a workspace serves, by name."""
        ...

    def of_person(self, person_id: str) -> Sequence["School"]:
        """List the schools where a person is an active member, by name."""
        ...

    def find_public(self, text: str, limit: int) -> Sequence["School"]:
        """List public schools whose name contains a text, by name."""
        ...

    def workspace(self, key: WorkspaceKey) -> "Workspace | None":
        """Find a workspace."""
        ...

    def add_workspace(self, workspace: "Workspace") -> None:
        """Add a workspace, unless it is there."""
        ...

    def link(self, school_id: str, key: WorkspaceKey, at: datetime) -> bool:
        """Link a school to a workspace; False if it was linked."""
        ...

    def set_approvals_channel(self, channel: "ApprovalsChannel") -> None:
        """Set where a school's approval cards go in one workspace."""
        ...

    def approvals_channels(self, school_id: str) -> Sequence["ApprovalsChannel"]:
        """List where a school's approval cards go."""
        ...


class Members(Protocol):
    """Memberships and role assignments."""

    def of(self, school_id: str, person_id: str) -> "Membership | None":
        """Find a person's membership in a school."""
        ...

    def add(self, membership: "Membership") -> bool:
        """Add a membership; False if the person has one there."""
        ...

    def change_standing(self, membership: "Membership", *, expected: str) -> bool:
        """Store a membership's standing and dates if it still stands as expected."""
        ...

    def withdraw(self, membership_id: str) -> bool:
        """Delete a membership that is still pending."""
        ...

    def rights(self, person_id: str, school: "School | None") -> Rights:
        """Add up a person's roles at a school and above it; without a school, the system's only."""
        ...

    def roles(self, school_id: str, person_id: str) -> Sequence[str]:
        """List the names of a person's roles in a school."""
        ...

    def assign(
        self, person_id: str, role: str, school_id: str | None, *, by: str | None, at: datetime
    ) -> bool:
        """Give a role at a school, or in the whole system; False if it was given."""
        ...

    def anyone_has(self, role: str) -> bool:
        """Tell whether anybody has a role, wherever."""
        ...

    def with_roles(self, school_id: str, roles: Sequence[str], limit: int) -> Sequence[Person]:
        """List active members of a school who have one of these roles."""
        ...

    def listed(self, school_id: str, *, text: str, after: str | None, limit: int) -> Sequence["Member"]:
        """List members by name, those after the membership `after`."""
        ...


class Invitations(Protocol):
    """Invitations and their redemptions."""

    def add(self, invitation: "Invitation") -> None:
        """Add an invitation."""
        ...

    def by_code(self, code: str) -> "Invitation | None":
        """Find by the normalised code."""
        ...

    def by_token(self, token: str) -> "Invitation | None":
        """Find by the link's token."""
        ...

    def by_id(self, invitation_id: str) -> "Invitation | None":
        """Find by id."""
        ...

    def take_use(self, invitation_id: str, now: datetime) -> bool:
        """Take one use, if the invitation is alive and has one left: one conditional update."""
        ...

    def revoke(self, invitation_id: str, *, by: str, at: datetime) -> bool:
        """Mark as revoked; False if it was."""
        ...

    def add_redemption(self, redemption: "Redemption") -> None:
        """Record who came in through an invitation."""
        ...

    def redeemed_by(self, invitation_id: str, limit: int) -> Sequence[tuple[Person, datetime]]:
        """List who redeemed it, newest first."""
        ...

    def listed(self, school_id: str, wanted: "InvitationFilter", *, limit: int) -> Sequence["Invitation"]:
        """List a school's invitations, newest first."""
        ...


class JoinRequests(Protocol):
    """Requests to join."""

    def add(self, request: "JoinRequest") -> None:
        """Add a request."""
        ...

    def by_id(self, request_id: str) -> "JoinRequest | None":
        """Find by id."""
        ...

    def pending_of(self, school_id: str, person_id: str) -> "JoinRequest | None":
        """Find a person's request that still waits."""
        ...

    def last_of(self, school_id: str, person_id: str) -> "JoinRequest | None":
        """Find a person's newest request at a school."""
        ...

    def was_rejected(self, school_id: str, person_id: str) -> bool:
        """Tell whether a person was ever turned away by a school."""
        ...

    def decide(self, request: "JoinRequest") -> bool:
        """Store a decision if the request still waits: compare and set; False if someone was faster."""
        ...

    def listed(
        self, school_id: str, state: "RequestState | None", *, after: str | None, limit: int
    ) -> Sequence["JoinRequest"]:
        """List a school's requests, oldest first."""
        ...


class Audit(Protocol):
    """The record of what was done."""

    def add(self, entry: "AuditEntry") -> None:
        """Append an entry to its chain."""
        ...

    def chains(self) -> Sequence[str]:
        """List all chains."""
        ...

    def chain(self, name: str) -> Iterable["SealedEntry"]:
        """Go through a chain in order."""
        ...


class Outbox(Protocol):
    """What must leave the process, and the copies of cards that have left it."""

    def add(self, notice: "Notice") -> None:
        """Queue a notice; one with the same key is queued once."""
        ...

    def claim(
        self, platforms: Collection[Platform], now: datetime, *, until: datetime, limit: int
    ) -> Sequence["Notice"]:
        """Take notices for these platforms that are due; no other replica gets them before `until`."""
        ...

    def delivered(self, notice_id: str, at: datetime) -> None:
        """Mark as delivered."""
        ...

    def postponed(self, notice_id: str, *, due_at: datetime, error: str) -> None:
        """Try again later."""
        ...

    def failed(self, notice_id: str, at: datetime, *, error: str) -> None:
        """Give up on a notice and keep it."""
        ...

    def add_copy(self, copy: "CardCopy") -> None:
        """Remember where a card is shown."""
        ...

    def copies(self, subject: str) -> Sequence["CardCopy"]:
        """List where a subject's cards are shown."""
        ...

    def copy(self, copy_id: str) -> "CardCopy | None":
        """Find one place where a card is shown."""
        ...

    def redrawn(self, copy_id: str, drawn: str) -> None:
        """Remember what a copy shows now."""
        ...

    def waiting(self) -> int:
        """Count the notices that are neither delivered nor failed."""
        ...


class Claims(Protocol):
    """One-time codes that operators and admins hand over."""

    def add(self, claim: "Claim") -> None:
        """Add a claim; an older one for the same purpose and subject is dropped."""
        ...

    def take(self, code_hash: str, purpose: str, *, by: str | None, now: datetime) -> "Claim | None":
        """Use a claim up; None if it is unknown, used or expired."""
        ...


class UnitOfWork(Protocol):
    """One transaction's view of everything. It has no `commit`: the Runner commits."""

    @property
    def now(self) -> datetime:
        """The moment of this unit, in UTC."""
        ...

    @property
    def people(self) -> People: ...  # noqa: D102
    @property
    def schools(self) -> Schools: ...  # noqa: D102
    @property
    def members(self) -> Members: ...  # noqa: D102
    @property
    def invitations(self) -> Invitations: ...  # noqa: D102
    @property
    def join_requests(self) -> JoinRequests: ...  # noqa: D102
    @property
    def audit(self) -> Audit: ...  # noqa: D102
    @property
    def outbox(self) -> Outbox: ...  # noqa: D102
    @property
    def claims(self) -> Claims: ...  # noqa: D102

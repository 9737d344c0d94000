"""What the core needs from outside, as protocols; most repositories are in the `*_ports` modules."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.core.bulk.ports import BulkJobs
from bot.core.clock_correction import Moments
from bot.core.following.ports import Followings, FollowMarks
from bot.core.invitations.addressed_ports import AddressedInvitations
from bot.core.invitations.batch_ports import Batches
from bot.core.invitations.leak_ports import Leaks
from bot.core.invitations.miss_ports import Misses
from bot.core.invitations.ports import Invitations
from bot.core.invitations.sending_ports import Sendings
from bot.core.jobs import JobStates
from bot.core.keys.ports import SecretKeys
from bot.core.messages.ports import Broadcasts, MessageTemplates, Recipients
from bot.core.notices.outbox_ports import CardCopies, Outbox
from bot.core.oneroster.ports import OneRosterKnown, OneRosters
from bot.core.people.holdings import Accounts, Holdings
from bot.core.people.name_part_ports import NameParts
from bot.core.people.password_ports import Passwords
from bot.core.people.ports import Members, People
from bot.core.replica_ports import Arrivals, Leases
from bot.core.requests.digest_ports import Digests
from bot.core.requests.mirror_ports import Mirrors
from bot.core.requests.ports import JoinRequests
from bot.core.rights.ports import CustomRoles
from bot.core.rosters.ports import RosterPeople, Rosters, RosterSteps
from bot.core.schools.ports import Districts, Schools, Settings, System
from bot.core.schools.report_ports import Reports
from bot.core.scim.ports import ScimGroups, ScimTokens, ScimUsers
from bot.core.stuck import StuckThings
from bot.core.workspaces.event_ports import Bans, WorkspaceEvents
from bot.core.workspaces.installation_ports import Installations
from bot.core.workspaces.ports import Workspaces

if TYPE_CHECKING:
    from bot.core.audit import AuditEntry, SealedEntry
    from bot.core.claims import Claim, Purpose
    from bot.core.retention import Leftovers


class CommitUnknown(Exception):
    """The database connection was lost during a commit, which may or may not have taken place."""


class FileLost(Exception):
    """The database's file is no longer the one at its path, so nothing may be written to it."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return this moment in UTC."""
        ...


class Audit(Protocol):
    """The audit log, in hash chains."""

    def add(self, entry: "AuditEntry") -> None:
        """Append an entry to its chain."""
        ...

    def listed(
        self,
        school_id: str,
        *,
        action: str,
        person_id: str | None,
        after: str | None,
        limit: int,
        first: int = 1,
        last: int | None = None,
    ) -> Sequence["AuditEntry"]:
        """List a school's entries, newest first, by words of their action, or about one person.

        Entries about a person include those about people who were merged into them. `first` and `last` are
        numbers in the chain, both included.
        """
        ...

    def first_since(self, name: str, moment: datetime) -> int:
        """Return the number of a chain's first entry since a moment, which may be yet to come."""
        ...

    def ids_by_name(self, school_id: str, name: str) -> Sequence[str]:
        """List the ids of people with this name in a school's entries, former members included."""
        ...

    def last(self, chain: str, subjects: Sequence[str], actions: Collection[str]) -> "AuditEntry | None":
        """Return a chain's newest entry about one of these subjects with one of these actions, or None."""
        ...

    def chains_about(self, person_ids: Sequence[str]) -> Sequence[str]:
        """Name the chains that have entries about one of these people."""
        ...

    def by_id(self, entry_id: str) -> "AuditEntry | None":
        """Find an entry; None if there is none with this id."""
        ...

    def chains(self) -> Sequence[str]:
        """List the names of all chains."""
        ...

    def chain(self, name: str, *, after: int = 0, limit: int | None = None) -> Iterable["SealedEntry"]:
        """Iterate over a chain's entries in order, or over a part of them."""
        ...

    def head(self, name: str) -> tuple[int, str]:
        """Return how many entries a chain has, and the hash of its last one."""
        ...


class Claims(Protocol):
    """One-time codes that operators and admins hand out."""

    def add(self, claim: "Claim") -> None:
        """Add a claim; it replaces an older one with the same purpose and subject."""
        ...

    def take(self, code_hash: str, purpose: "Purpose", *, by: str | None, now: datetime) -> "Claim | None":
        """Use a claim up; None if it is unknown, used or expired."""
        ...

    def find(self, code_hash: str, purpose: "Purpose", now: datetime) -> "Claim | None":
        """Find a claim that can be used, without using it up."""
        ...

    def drop(self, purpose: "Purpose", subject: str | None = None) -> None:
        """Delete the unused claims for a purpose, and for one subject or for any."""
        ...


class UnitOfWork(Protocol):
    """One transaction's view of all repositories. It has no `commit`: the Runner commits."""

    @property
    def now(self) -> datetime:
        """The time of this unit of work, in UTC."""
        ...

    @property
    def named_administrators(self) -> frozenset[str]:
        """The accounts that the settings name as System Administrators, as `issuer:subject`."""
        ...

    def settle(self) -> None:
        """Send all pending writes to the database now, so that errors surface here."""
        ...

    @property
    def people(self) -> People: ...  # noqa: D102
    @property
    def schools(self) -> Schools: ...  # noqa: D102
    @property
    def workspaces(self) -> Workspaces: ...  # noqa: D102
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
    def card_copies(self) -> CardCopies: ...  # noqa: D102
    @property
    def claims(self) -> Claims: ...  # noqa: D102
    @property
    def roles(self) -> CustomRoles: ...  # noqa: D102
    @property
    def districts(self) -> Districts: ...  # noqa: D102
    @property
    def system(self) -> System: ...  # noqa: D102
    @property
    def accounts(self) -> Accounts: ...  # noqa: D102
    @property
    def holdings(self) -> Holdings: ...  # noqa: D102
    @property
    def addressed(self) -> AddressedInvitations: ...  # noqa: D102
    @property
    def broadcasts(self) -> Broadcasts: ...  # noqa: D102
    @property
    def recipients(self) -> Recipients: ...  # noqa: D102
    @property
    def templates(self) -> MessageTemplates: ...  # noqa: D102
    @property
    def bulk(self) -> BulkJobs: ...  # noqa: D102
    @property
    def settings(self) -> Settings: ...  # noqa: D102
    @property
    def sendings(self) -> Sendings: ...  # noqa: D102
    @property
    def misses(self) -> Misses: ...  # noqa: D102
    @property
    def name_parts(self) -> NameParts: ...  # noqa: D102
    @property
    def batches(self) -> Batches: ...  # noqa: D102
    @property
    def leaks(self) -> Leaks: ...  # noqa: D102
    @property
    def moments(self) -> Moments: ...  # noqa: D102
    @property
    def secret_keys(self) -> SecretKeys: ...  # noqa: D102
    @property
    def jobs(self) -> JobStates: ...  # noqa: D102
    @property
    def stuck(self) -> StuckThings: ...  # noqa: D102
    @property
    def leftovers(self) -> "Leftovers": ...  # noqa: D102
    @property
    def arrivals(self) -> Arrivals: ...  # noqa: D102
    @property
    def leases(self) -> Leases: ...  # noqa: D102
    @property
    def digests(self) -> Digests: ...  # noqa: D102
    @property
    def followings(self) -> Followings: ...  # noqa: D102
    @property
    def follow_marks(self) -> FollowMarks: ...  # noqa: D102
    @property
    def rosters(self) -> Rosters: ...  # noqa: D102
    @property
    def roster_steps(self) -> RosterSteps: ...  # noqa: D102
    @property
    def roster_people(self) -> RosterPeople: ...  # noqa: D102
    @property
    def oneroster(self) -> OneRosters: ...  # noqa: D102
    @property
    def oneroster_known(self) -> OneRosterKnown: ...  # noqa: D102
    @property
    def passwords(self) -> Passwords: ...  # noqa: D102
    @property
    def installations(self) -> Installations: ...  # noqa: D102
    @property
    def scim_tokens(self) -> ScimTokens: ...  # noqa: D102
    @property
    def scim_users(self) -> ScimUsers: ...  # noqa: D102
    @property
    def scim_groups(self) -> ScimGroups: ...  # noqa: D102
    @property
    def reports(self) -> Reports: ...  # noqa: D102
    @property
    def workspace_events(self) -> WorkspaceEvents: ...  # noqa: D102
    @property
    def bans(self) -> Bans: ...  # noqa: D102
    @property
    def mirrors(self) -> Mirrors: ...  # noqa: D102

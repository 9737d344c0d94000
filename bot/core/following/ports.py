"""Native things that follow roles of a school, the accounts that should have them, and their repositories."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.values import dataclass

# Stands for a role where a thing follows every active member, whatever their roles.
EVERYONE = ""
# The kinds of notice subjects: a native thing that follows roles, and the mark of one account at it.
FOLLOWER, MARK = "followed", "follow"


class NativeKind(StrEnum):
    """The kinds of native things that can follow a role, in the platforms' own words."""

    ROLE = "role"
    GROUP = "user group"
    CHANNEL = "private channel"
    BADGE = "badge"

    @property
    def one_by_one(self) -> bool:
        """Whether the platform gives and takes it account by account, rather than by setting a whole list."""
        return self in {NativeKind.ROLE, NativeKind.BADGE}


class DriftPolicy(StrEnum):
    """What to do if somebody has given or taken a thing by hand; only `MEND_ALL` changes unknown accounts."""

    REPORT = "report"
    MEND = "mend"
    MEND_ALL = "mend all"


class Problem(StrEnum):
    """Why Homeroom cannot give or take a native thing."""

    UNKNOWN = "unknown"
    UNCLEAR = "unclear"
    EVERYONE = "everyone"
    MANAGED = "managed"
    ABOVE_US = "above us"
    ABOVE_YOU = "above you"
    NO_RIGHT = "no right"
    NOT_ALLOWED = "not allowed"
    PLAN = "plan"
    SCOPE = "scope"
    NOT_IN = "not in"
    PUBLIC = "public"
    ELSEWHERE = "elsewhere"
    SILENT = "silent"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Native:
    """A role, group or channel as its platform describes it; `problem` says why it cannot follow a role."""

    kind: NativeKind
    external_id: str
    name: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Follower:
    """A native thing that follows roles of one school; tables and notices call it `followed`.

    `problem` is why it cannot be changed now, and `told` the problem that the admins know of already. `blind`
    says that the platform does not tell who has it, `former_name` what it was called before it was renamed.
    An `ending` one is being taken from every account to which Homeroom gave it, and is then forgotten.
    """

    id: str
    school_id: str
    workspace: WorkspaceKey
    kind: NativeKind
    external_id: str
    name: str
    created_at: datetime
    look_at: datetime
    drift: DriftPolicy = DriftPolicy.REPORT
    problem: Problem | None = None
    told: Problem | None = None
    blind: bool = False
    former_name: str = ""
    looked_at: datetime | None = None
    ending: bool = False

    @property
    def subject(self) -> str:
        """The thing's name in notices and in the audit log."""
        return f"{FOLLOWER}:{self.id}"

    def account(self, subject: str) -> AccountKey:
        """Return the key of an account on the workspace's platform."""
        return AccountKey(self.workspace.platform.value, subject)


class MarkState(StrEnum):
    """How far the change that a mark asks for has come.

    A `queued` mark has a notice in the outbox. The account of an `absent` one is not in the workspace.
    `parked` ones wait until the platform lets us change the thing again; `failed` ones were given up.
    """

    QUEUED = "queued"
    DONE = "done"
    ABSENT = "absent"
    PARKED = "parked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Mark:
    """Whether an account should have a thing, and how far that has come; `subject` identifies the account."""

    id: str
    follower_id: str
    subject: str
    wanted: bool
    state: MarkState
    at: datetime

    @property
    def notice(self) -> str:
        """The mark's name in notices, which keeps the account itself out of the outbox."""
        return f"{MARK}:{self.id}"


class Differs(StrEnum):
    """How an account differs: it lacks the thing, has it wrongly, or has it and is unknown to Homeroom."""

    MISSING = "missing"
    EXTRA = "extra"
    STRANGER = "stranger"


class DifferenceState(StrEnum):
    """What is done about a difference."""

    OPEN = "open"
    LEFT = "left"
    MENDED = "mended"


@dataclass(frozen=True, slots=True)
class Difference:
    """An account that has or lacks a thing wrongly; `name` is what the platform calls the account."""

    follower_id: str
    subject: str
    differs: Differs
    name: str
    fate: DifferenceState = DifferenceState.OPEN


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where a thing was compared: the last entry of its school's audit chain, and its nudges."""

    number: int
    nudges: int


class Followings(Protocol):
    """The native things that follow roles, and what differs at them."""

    def add(self, follower: Follower) -> bool:
        """Add a thing; False if its workspace has one with that id already."""
        ...

    def save(self, follower: Follower) -> None:
        """Store a thing's settings and state."""
        ...

    def delete(self, follower_id: str) -> None:
        """Delete a thing with its roles, marks and differences."""
        ...

    def by_id(self, follower_id: str) -> Follower | None:
        """Find a thing."""
        ...

    def by_external_id(self, workspace: WorkspaceKey, external_id: str) -> Follower | None:
        """Find a thing by its workspace and its id there."""
        ...

    def of_school(self, school_id: str) -> Sequence[Follower]:
        """List a school's things by name."""
        ...

    def lock(self, follower_id: str) -> None:
        """Lock a thing until the unit of work ends; other units that lock it wait."""
        ...

    def follow(self, follower_id: str, role: str) -> bool:
        """Let a thing follow a role; False if it does already."""
        ...

    def unfollow(self, follower_id: str, role: str) -> bool:
        """Stop a thing from following a role; False if it did not follow it."""
        ...

    def roles(self, follower_id: str) -> Sequence[str]:
        """List the roles that a thing follows."""
        ...

    def to_compare(self, now: datetime, limit: int) -> Sequence[str]:
        """List things whose school has changed since they were compared; leave out what is put off."""
        ...

    def position(self, follower_id: str) -> Position:
        """Return up to where changes are known now; read it before a comparison."""
        ...

    def mark_compared(self, follower_id: str, position: Position) -> None:
        """Record up to where a thing was compared."""
        ...

    def nudge(self, follower_id: str) -> None:
        """Have a thing compared again."""
        ...

    def nudge_those_of(self, person_id: str) -> None:
        """Have the things of all schools that a person is in compared again."""
        ...

    def due_for_look(self, now: datetime, limit: int) -> Sequence[str]:
        """List things that are due for a look, the longest due first; leave out what is put off."""
        ...

    def differences(self, follower_id: str) -> Sequence[Difference]:
        """List the differences of a thing, in the order of the accounts."""
        ...

    def set_differences(self, follower_id: str, found: Sequence[Difference]) -> None:
        """Replace the differences of a thing."""
        ...

    def forget(self, accounts: Collection[AccountKey]) -> None:
        """Delete all differences of these accounts."""
        ...


class FollowMarks(Protocol):
    """The marks: which accounts should have native things that follow roles, and how far that has come."""

    def outdated(self, follower: Follower, limit: int) -> Sequence[tuple[str, bool]]:
        """List accounts whose marks differ from their memberships, with whether they should have the thing.

        Accounts with parked marks are listed too, unless the thing has a problem.
        """
        ...

    def by_id(self, mark_id: str) -> Mark | None:
        """Find a mark."""
        ...

    def of(self, follower_id: str, subject: str) -> Mark | None:
        """Find an account's mark at a thing."""
        ...

    def put(self, mark: Mark) -> None:
        """Store a mark; an account has one at each thing."""
        ...

    def listed(self, follower_id: str, *, states: Collection[MarkState], limit: int) -> Sequence[Mark]:
        """List marks in some states, the oldest change first."""
        ...

    def of_account(self, workspace: WorkspaceKey, subject: str) -> Sequence[Mark]:
        """List the marks of an account in a workspace."""
        ...

    def count_by_state(self, follower_id: str) -> dict[tuple[bool, MarkState], int]:
        """Count marks by whether they are wanted and by their state."""
        ...

    def all(self, follower_id: str) -> Sequence[tuple[str, bool, MarkState, datetime]]:
        """List all marks as (account, wanted, state, when it changed)."""
        ...

    def taken(self, follower_id: str) -> frozenset[str]:
        """Return the accounts from which a thing has been taken."""
        ...

    def drop_done(self, follower_id: str, before: datetime) -> None:
        """Delete the marks of accounts from which a thing was taken before a moment."""
        ...

    def known_accounts(self, platform: Platform, subjects: Collection[str]) -> frozenset[str]:
        """Return those of the accounts that belong to a person."""
        ...

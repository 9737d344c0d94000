"""What follows a school's roles on a platform, who is to have it, and the repository of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.core.actors import AccountKey, Platform, WorkspaceKey
from bot.core.values import dataclass

# The mapping of whoever is an active member, whatever their roles.
EVERYONE = ""
# The kinds of subjects: a thing, and one account's mark at it.
FOLLOWED, MARK = "followed", "follow"


class NativeKind(StrEnum):
    """What can follow a role, by the platform's own word."""

    ROLE = "role"
    GROUP = "user group"
    CHANNEL = "private channel"
    BADGE = "badge"

    @property
    def one_by_one(self) -> bool:
        """Whether the platform gives and takes it person by person; the others are changed as a list."""
        return self in {NativeKind.ROLE, NativeKind.BADGE}


class Drift(StrEnum):
    """What happens where somebody has changed by hand who has it."""

    REPORT = "report"
    MEND = "mend"
    MEND_ALL = "mend all"


class Problem(StrEnum):
    """Why a platform does not let us give or take something."""

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
    """A role, group or channel as its platform knows it; `problem` says why it cannot follow."""

    kind: NativeKind
    external_id: str
    name: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """A native thing that follows roles of one school.

    `problem` is why it cannot be changed now, and `told` the one that the admins know of already; `blind`
    says that the platform does not tell who has it, `former_name` what it was called before it was renamed.
    One that is `ending` is taken from everybody who has it by us, and is forgotten then.
    """

    id: str
    school_id: str
    workspace: WorkspaceKey
    kind: NativeKind
    external_id: str
    name: str
    created_at: datetime
    look_at: datetime
    drift: Drift = Drift.REPORT
    problem: Problem | None = None
    told: Problem | None = None
    blind: bool = False
    former_name: str = ""
    looked_at: datetime | None = None
    ending: bool = False

    @property
    def subject(self) -> str:
        """The name by which notices and the audit log know it."""
        return f"{FOLLOWED}:{self.id}"

    def account(self, subject: str) -> AccountKey:
        """Name an account of the workspace's platform."""
        return AccountKey(self.workspace.platform.value, subject)


class MarkState(StrEnum):
    """How far it has come that somebody has, or has not, what they shall.

    A `queued` one has a notice in the outbox. An `absent` account is not in the workspace. `parked` ones wait
    until the platform lets us change the thing again; `failed` ones were given up.
    """

    QUEUED = "queued"
    DONE = "done"
    ABSENT = "absent"
    PARKED = "parked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Mark:
    """Whether an account shall have a thing, and how far that has come. `subject` is the account's."""

    id: str
    followed_id: str
    subject: str
    wanted: bool
    state: MarkState
    at: datetime

    @property
    def notice(self) -> str:
        """The name by which notices know it: the account's own stays out of the outbox."""
        return f"{MARK}:{self.id}"


class Differs(StrEnum):
    """How what is there differs from what shall be: taken by hand, given by hand, had by a stranger."""

    MISSING = "missing"
    EXTRA = "extra"
    STRANGER = "stranger"


class Fate(StrEnum):
    """What becomes of a difference."""

    OPEN = "open"
    LEFT = "left"
    MENDED = "mended"


@dataclass(frozen=True, slots=True)
class Difference:
    """One account that has what it shall not, or has not what it shall; `name` is the platform's for it."""

    followed_id: str
    subject: str
    differs: Differs
    name: str
    fate: Fate = Fate.OPEN


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where a school's changes are known: entries of its audit chain, and nudges of the thing."""

    number: int
    nudges: int


class Followings(Protocol):
    """What follows roles, and what differs there."""

    def add(self, followed: Followed) -> bool:
        """Add a thing; False if one of that workspace and id is there."""
        ...

    def save(self, followed: Followed) -> None:
        """Store a thing's settings and state."""
        ...

    def delete(self, followed_id: str) -> None:
        """Delete a thing with its roles, marks and differences."""
        ...

    def by_id(self, followed_id: str) -> Followed | None:
        """Find a thing."""
        ...

    def at(self, workspace: WorkspaceKey, external_id: str) -> Followed | None:
        """Find a thing by its place and its id there."""
        ...

    def of_school(self, school_id: str) -> Sequence[Followed]:
        """List a school's things by name."""
        ...

    def lock(self, followed_id: str) -> None:
        """Let no other unit that locks this thing go on before this one ends."""
        ...

    def follow(self, followed_id: str, role: str) -> bool:
        """Let a thing follow a role; False if it does."""
        ...

    def unfollow(self, followed_id: str, role: str) -> bool:
        """Let a thing follow a role no more; False if it did not."""
        ...

    def roles(self, followed_id: str) -> Sequence[str]:
        """List the roles that a thing follows."""
        ...

    def stale(self, now: datetime, limit: int) -> Sequence[str]:
        """List things whose school has changed since they were compared with it; not what is put off."""
        ...

    def position(self, followed_id: str) -> Position:
        """Tell up to where changes can be known; read before what is compared."""
        ...

    def compared(self, followed_id: str, position: Position) -> None:
        """Note up to where a thing was compared."""
        ...

    def nudge(self, followed_id: str) -> None:
        """Let a thing be compared again."""
        ...

    def nudge_those_of(self, person_id: str) -> None:
        """Let the things of all schools that a person is in be compared again."""
        ...

    def to_look(self, now: datetime, limit: int) -> Sequence[str]:
        """List things whose platform is to be looked at, the longest due first; not what is put off."""
        ...

    def differences(self, followed_id: str) -> Sequence[Difference]:
        """List what differs at a thing, in the order of the accounts."""
        ...

    def set_differences(self, followed_id: str, found: Sequence[Difference]) -> None:
        """Store what differs at a thing now."""
        ...

    def forget(self, accounts: Collection[AccountKey]) -> None:
        """Delete what differs about accounts."""
        ...


class FollowMarks(Protocol):
    """Who shall have what follows roles, and how far that has come."""

    def unlike(self, followed: Followed, limit: int) -> Sequence[tuple[str, bool]]:
        """List accounts whose marks differ from what their memberships say, with what they say.

        Parked marks are listed too, unless the thing has a problem.
        """
        ...

    def by_id(self, mark_id: str) -> Mark | None:
        """Find a mark."""
        ...

    def of(self, followed_id: str, subject: str) -> Mark | None:
        """Find an account's mark at a thing."""
        ...

    def put(self, mark: Mark) -> None:
        """Store a mark; there is one for each account at a thing."""
        ...

    def listed(self, followed_id: str, *, states: Collection[MarkState], limit: int) -> Sequence[Mark]:
        """List marks in some states, the oldest change first."""
        ...

    def of_account(self, workspace: WorkspaceKey, subject: str) -> Sequence[Mark]:
        """List the marks of an account in a workspace."""
        ...

    def number(self, followed_id: str) -> dict[tuple[bool, MarkState], int]:
        """Count marks by whether they are wanted and by their state."""
        ...

    def all(self, followed_id: str) -> Sequence[tuple[str, bool, MarkState, datetime]]:
        """List all marks as (account, wanted, state, when it changed)."""
        ...

    def taken(self, followed_id: str) -> frozenset[str]:
        """Name the accounts from which a thing was taken."""
        ...

    def drop_done(self, followed_id: str, before: datetime) -> None:
        """Delete marks of those who shall not have a thing and have it not, since before a moment."""
        ...

    def known(self, platform: Platform, subjects: Collection[str]) -> frozenset[str]:
        """Tell which accounts are a person's."""
        ...

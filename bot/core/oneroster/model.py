"""The values of OneRoster syncs: a district's source, what it has said, and each run over its folder."""

from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import NamedTuple

from bot.core.rights.actors import Actor, district_actor
from bot.core.values import dataclass, field, replace

# The names of sources and runs in notices, the audit log and actors.
KIND = "oneroster"
RUN = "oneroster_run"


def acting_for(district_id: str) -> Actor:
    """Return the actor that stands for a district's sync."""
    return district_actor(KIND, district_id)


@dataclass(frozen=True, slots=True)
class Source:
    """A district's folder, and when it is synced: daily at `at` in `zone`, or with None only on request."""

    district_id: str
    folder: str
    zone: str
    at: time | None
    connected_at: datetime
    looked_at: datetime
    next_at: datetime | None = None


class FeedProblem(StrEnum):
    """What can be wrong with a cell of a folder's files, or with a whole file (row 0)."""

    NO_COLUMN = "no column"
    DOUBLE_COLUMN = "double column"
    MISSING = "missing"
    TWICE = "twice"
    UNKNOWN_VALUE = "unknown value"
    VERSION = "version"
    ABSENT = "absent"
    NOT_FOUND = "not found"
    NO_ADDRESS = "no address"
    ADDRESS_TWICE = "address twice"
    TOO_LONG = "too long"
    NOT_TEXT = "not text"
    ROSTER = "roster"


class FeedError(NamedTuple):
    """A problem with a cell. `value` is empty where it would identify a person."""

    file: str
    row: int
    column: str
    problem: FeedProblem
    value: str = ""
    about: tuple[str, ...] = ()


class Trouble(StrEnum):
    """Why a folder could not be taken in at all."""

    NO_ROOT = "no root"
    NO_FOLDER = "no folder"
    OUTSIDE = "outside"
    NO_MANIFEST = "no manifest"
    CHANGING = "changing"
    TOO_LARGE = "too large"
    BAD_ZIP = "bad zip"
    UNREADABLE = "unreadable"
    NO_SCHOOL = "no school"
    REFUSED = "refused"


class RunState(StrEnum):
    """How far a run has got."""

    WAITING = "waiting"
    PLANNED = "planned"
    AGREED = "agreed"
    GUARDED = "guarded"
    FAULTY = "faulty"
    LEFT = "left alone"
    DONE = "done"


# The states in which a worker has something to do.
TO_DO = (RunState.WAITING, RunState.AGREED)


class Count(StrEnum):
    """What a run counts."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    KEPT = "kept"
    SAME = "same"
    ELSEWHERE = "elsewhere"
    UNMAPPED = "unmapped"
    IGNORED = "ignored"
    READDRESSED = "readdressed"


# The counts of changes; the others count what is left as it is.
CHANGES = (Count.ADDED, Count.CHANGED, Count.REMOVED, Count.DEACTIVATED, Count.REACTIVATED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a run: its counts, or the first of its `wrong` errors."""

    counts: Mapping[Count, int] = field(default_factory=dict)
    errors: tuple[FeedError, ...] = ()
    wrong: int = 0
    trouble: Trouble | None = None

    def number(self, what: Count) -> int:
        """Return a count; 0 if nothing was counted."""
        return self.counts.get(what, 0)

    @property
    def losing_access(self) -> int:
        """The number of people who would lose access, which the guard asks to have typed."""
        return self.number(Count.REMOVED) + self.number(Count.DEACTIVATED)

    @property
    def changes(self) -> bool:
        """Whether anything would be changed, or was."""
        return any(self.number(one) for one in CHANGES)


@dataclass(frozen=True, slots=True)
class Run:
    """One run over a district's folder. A nightly run has its local date as `day`, and `applies` by itself.

    `digest` identifies the plan; `stale` means that the plan is no longer the one that was agreed to.
    """

    id: str
    district_id: str
    state: RunState
    created_at: datetime
    applies: bool = False
    day: date | None = None
    typed: int | None = None
    digest: str = ""
    import_id: str | None = None
    finished_at: datetime | None = None
    stale: bool = False
    outcome: Outcome = Outcome()

    @property
    def subject(self) -> str:
        """The run's subject in notices and the audit log."""
        return f"{RUN}:{self.id}"

    def ended(self, state: RunState, at: datetime, outcome: Outcome, **more: object) -> "Run":
        """Return the run with its result."""
        return replace(self, state=state, finished_at=at, outcome=outcome, **more)  # type: ignore[arg-type]


class Org(NamedTuple):
    """An organisation of the source, and the school that it is mapped to.

    With `chosen`, an admin has set `school_id`, even if to None.
    """

    name: str
    identifier: str = ""
    kind: str = "school"
    school_id: str | None = None
    chosen: bool = False


class KnownUser(NamedTuple):
    """What is stored of a user of the source: which person it is, and whether the source has it active.

    `told` is a digest of the details that the source sent last; `email` is the person's address now.
    """

    person_id: str | None
    active: bool = True
    told: str = ""
    email: str = ""


class Grant(NamedTuple):
    """A role of a user at an organisation, as the source says.

    With `begins`, the role starts only on that day; `ends` is its last day.
    """

    user: str
    org: str
    role: str
    begins: date | None = None
    ends: date | None = None


class Mark(NamedTuple):
    """What the sync gave to a membership: the roles, and with `made` the membership itself.

    `was` is the access from before the source deactivated the member, None if it did not. `by_default` means
    that the roles are the school's default for newcomers, which people keep until the source names others.
    """

    made: bool = False
    roles: tuple[str, ...] = ()
    was: str | None = None
    by_default: bool = False


class DistrictMembership(NamedTuple):
    """A membership in a school of the district, with its person's address in the form used to compare."""

    membership_id: str
    person_id: str
    school_id: str
    email: str
    access: str
    active: bool
    roles: tuple[str, ...]
    mark: Mark | None


# What each role of the source means here, unless the district has mapped it otherwise. `SCHOOLS_DEFAULT` is
# the school's default role. A file makes nobody an admin unless an admin maps a role so.
SCHOOLS_DEFAULT, NOTHING = "default", ""
ROLE_MAP: Mapping[str, str] = {
    "teacher": "Teacher",
    "student": SCHOOLS_DEFAULT,
    "aide": "Staff",
    "counselor": "Staff",
    "principal": "Staff",
    "siteAdministrator": "Staff",
    "administrator": "Staff",
    "proctor": "Proctor",
    "districtAdministrator": NOTHING,
    "systemAdministrator": NOTHING,
    "guardian": NOTHING,
    "parent": NOTHING,
    "relative": NOTHING,
}

"""What is known of a district's OneRoster folder, of what it said before, and of each look at it."""

from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import NamedTuple

from bot.core.actors import Actor, of_district
from bot.core.values import dataclass, field, replace

# How notices, the audit log and actors name it.
KIND = "oneroster"
RUN = "oneroster_run"


def acting_for(district_id: str) -> Actor:
    """Act as a district's sync."""
    return of_district(KIND, district_id)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a district's folder is, and when it is looked at: `at` in its zone, or only when asked."""

    district_id: str
    folder: str
    zone: str
    at: time | None
    connected_at: datetime
    looked_at: datetime
    next_at: datetime | None = None


class FeedProblem(StrEnum):
    """What is wrong with a cell of a folder's files, or with a whole file (row 0)."""

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
    """What is wrong with a cell. `value` is empty where it would say who somebody is."""

    file: str
    row: int
    column: str
    problem: FeedProblem
    value: str = ""
    about: tuple[str, ...] = ()


class Trouble(StrEnum):
    """Why a folder was left alone."""

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
    """How far a look at a folder is."""

    WAITING = "waiting"
    PLANNED = "planned"
    AGREED = "agreed"
    GUARDED = "guarded"
    FAULTY = "faulty"
    LEFT = "left alone"
    DONE = "done"


# Work for a worker.
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


# What a run changes; the others say what it leaves as it is.
CHANGES = (Count.ADDED, Count.CHANGED, Count.REMOVED, Count.DEACTIVATED, Count.REACTIVATED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a look at a folder came to: numbers, or all that is wrong (the first of `wrong` errors)."""

    counts: Mapping[Count, int] = field(default_factory=dict)
    errors: tuple[FeedError, ...] = ()
    wrong: int = 0
    trouble: Trouble | None = None

    def number(self, what: Count) -> int:
        """Count something."""
        return self.counts.get(what, 0)

    @property
    def going(self) -> int:
        """Count those who would lose access: what the guard asks for is this number."""
        return self.number(Count.REMOVED) + self.number(Count.DEACTIVATED)

    @property
    def changes(self) -> bool:
        """Whether anything would be, or was, done."""
        return any(self.number(one) for one in CHANGES)


@dataclass(frozen=True, slots=True)
class Run:
    """One look at a district's folder. `day` is the local date of a nightly one, which `applies` by itself.

    `digest` says what was planned; with `stale` that is not what was agreed to.
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
        """How notices and the audit log name it."""
        return f"{RUN}:{self.id}"

    def ended(self, state: RunState, at: datetime, outcome: Outcome, **more: object) -> "Run":
        """Say what it came to."""
        return replace(self, state=state, finished_at=at, outcome=outcome, **more)  # type: ignore[arg-type]


class Org(NamedTuple):
    """An organisation of the source. Where an admin `chose`, `school_id` is their word, if also none."""

    name: str
    identifier: str = ""
    kind: str = "school"
    school_id: str | None = None
    chosen: bool = False


class KnownUser(NamedTuple):
    """What the source has said of a user: whom it is about here, and whether they are active there.

    `told` is a digest of their details as they were told last, `email` the address of that person now.
    """

    person_id: str | None
    active: bool = True
    told: str = ""
    email: str = ""


class Grant(NamedTuple):
    """A role of a user at an organisation, as the source says it.

    One that `begins` has not begun, and counts from that day on. The day that it `ends` is its last.
    """

    user: str
    org: str
    role: str
    begins: date | None = None
    ends: date | None = None


class Mark(NamedTuple):
    """What the sync gave with a membership: it itself, if it `made` it, and roles.

    `was` is how it stood before the source deactivated it; None if the source did not. `by_default` says that
    the roles are what the school gives newcomers: who has them keeps them until the source names others.
    """

    made: bool = False
    roles: tuple[str, ...] = ()
    was: str | None = None
    by_default: bool = False


class Stand(NamedTuple):
    """A membership in a school of the district, with its person's address as it is compared."""

    membership_id: str
    person_id: str
    school_id: str
    email: str
    access: str
    active: bool
    roles: tuple[str, ...]
    mark: Mark | None


# What a role of the source means here, where the district has not said otherwise. `SCHOOLS_DEFAULT` is the
# role that each school gives newcomers; nobody becomes an admin by a file unless an admin says so.
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

"""The values of roster imports: the import itself, its options and progress, and its steps."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from bot.core.rosters.rows import RowError
from bot.core.schools.schools import School
from bot.core.values import dataclass, field

# The kind of an import's subject in notices and the audit log.
KIND = "roster_import"
# Plans hold personal data from the table, so they are not kept for long.
PLAN_KEPT = timedelta(days=1)


class Missing(StrEnum):
    """What happens to members of the roster's schools who are not on the roster.

    `SYNCED` removes those whom the district's sync had added and whom its source no longer has.
    """

    KEEP = "keep"
    REMOVE = "remove"
    SYNCED = "synced"


@dataclass(frozen=True, slots=True)
class Options:
    """How a roster is imported.

    With `move`, people leave other schools within the actor's reach, and those known only elsewhere are
    invited. With `invite`, people who are added and have no account are invited.
    """

    missing: Missing = Missing.KEEP
    move: bool = False
    invite: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """What a roster is for: a school, or all schools of its district to which the actor may import.

    `school` is where the import is managed, and the school of rows without organizations.
    """

    school: School
    whole_district: bool = False


class ImportState(StrEnum):
    """How far an import has got: `WAITING` for a worker, `INVITING` when only invitations are left."""

    PLANNED = "planned"
    WAITING = "waiting"
    INVITING = "inviting"
    DONE = "done"


class StepKind(StrEnum):
    """What an import does to one person at one school."""

    ADD = "add"
    CHANGE = "change"
    MOVE = "move"
    REMOVE = "remove"
    INVITE = "invite"
    KEEP = "keep"
    SAME = "same"


class StepReason(StrEnum):
    """Why a person or their details stay as they are, or, with `MOVED`, why a person leaves."""

    OWN = "own"
    PRIMARY = "primary"
    ABOVE = "above"
    NOT_PERMITTED = "not permitted"
    PENDING = "pending"
    REJECTED = "rejected"
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"
    ARCHIVED = "archived"
    INVITED = "invited"
    DETAILS = "details"
    UNNAMED = "unnamed"
    MOVED = "moved"
    CHANGED = "changed"


class Sent(StrEnum):
    """Whether a person whom an import added was invited."""

    NOT = ""
    WANTED = "wanted"
    SENT = "sent"
    REFUSED = "refused"


class RosterDetails(NamedTuple):
    """The details of a person that a roster can have; empty ones are not given."""

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    content_areas: str = ""
    grade_levels: str = ""
    middle_initial: str = ""
    educator_id: str = ""


# The number of steps by kind and reason.
Counts: TypeAlias = Mapping[tuple[StepKind, StepReason | None], int]


class Step(NamedTuple):
    """What an import does to one person at one school, and how things were before.

    `number` counts an import's steps; `place` is the row in the table, 0 for people who are not in it.
    `wanted` are the roles that the table names, `roles` those that the person has afterwards, and
    `roles_before` those they had. `before` has their earlier details, if these change. `fresh` means that the
    person was unknown; `leads` marks the first of a person's steps. `made` is the id of the membership that
    is added or removed; for a removed one, `created_at` and `joined_at` are kept. `sent` says whether they
    were invited.
    """

    number: int
    place: int
    school_id: str
    person_id: str
    kind: StepKind
    said: RosterDetails
    wanted: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    roles_before: tuple[str, ...] = ()
    before: RosterDetails | None = None
    why: StepReason | None = None
    made: str = ""
    sent: Sent = Sent.NOT
    invitation: str = ""
    leads: bool = True
    fresh: bool = False
    created_at: datetime | None = None
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RosterImport:
    """An import: its plan, and how far it has got. `undoes` is the id of the import that it undoes.

    `rows` counts the steps that come from rows of the table; those of people who leave are numbered after
    them.
    """

    id: str
    school_id: str
    district_id: str | None
    options: Options
    state: ImportState
    digest: str
    created_at: datetime
    rows: int = 0
    planned_by: str | None = None
    undoes: str | None = None
    started_by: str | None = None
    front: str | None = None
    started_at: datetime | None = None

    @property
    def subject(self) -> str:
        """The import's subject in notices and the audit log."""
        return f"{KIND}:{self.id}"


@dataclass(frozen=True, slots=True)
class Removal:
    """How many of a school's active members would leave; `guarded` if these are too many at once."""

    school: School
    members: int
    leaving: int
    guarded: bool


def _number(counts: Counts, kind: StepKind) -> int:
    return sum(number for (one, _), number in counts.items() if one is kind)


def _changes(counts: Counts) -> bool:
    return any(kind not in {StepKind.KEEP, StepKind.SAME} for kind, _ in counts)


@dataclass(frozen=True, slots=True)
class Planned:
    """What an import would do. `stale` means that the plan is no longer the one that was agreed to."""

    roster: RosterImport
    counts: Counts
    removals: tuple[Removal, ...] = ()
    stale: bool = False

    def number(self, kind: StepKind) -> int:
        """Count the steps of a kind."""
        return _number(self.counts, kind)

    @property
    def leaving(self) -> int:
        """The number of people who leave a school, which the guard asks to have typed."""
        return sum(one.leaving for one in self.removals)

    @property
    def guarded(self) -> bool:
        """Whether so many leave a school that their number must be typed."""
        return any(one.guarded for one in self.removals)

    @property
    def empty(self) -> bool:
        """Whether the import would change nothing."""
        return not _changes(self.counts)


@dataclass(frozen=True, slots=True)
class Faulty:
    """Everything that is wrong with a roster, by row; nothing was stored or changed."""

    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class View:
    """An import as its card shows it; `invited` counts the results of its invitations."""

    roster: RosterImport
    school: School
    counts: Counts
    invited: Mapping[Sent, int] = field(default_factory=dict)
    undone_by: RosterImport | None = None

    def number(self, kind: StepKind) -> int:
        """Count the steps of a kind."""
        return _number(self.counts, kind)

    @property
    def undoable(self) -> bool:
        """Whether it can still be undone: that works once, and an undo cannot be undone."""
        last = self.roster.undoes is None and self.undone_by is None
        return self.roster.state is ImportState.DONE and last and _changes(self.counts)

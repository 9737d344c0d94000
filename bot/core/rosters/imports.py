"""An import of a roster: whose, with which options, how far it is, and what it does to each person."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from bot.core.rosters.rows import RowError
from bot.core.schools import School
from bot.core.values import dataclass, field

# How notices and the audit log name one, before its id.
KIND = "roster_import"
# Plans carry what the table says of people, so they are not kept for long.
PLAN_KEPT = timedelta(days=1)


class Missing(StrEnum):
    """What becomes of members of a school of the roster who are not in it.

    `SYNCED` removes those whom the sync of the district had let in, and its source has no more.
    """

    KEEP = "keep"
    REMOVE = "remove"
    SYNCED = "synced"


@dataclass(frozen=True, slots=True)
class Options:
    """How a roster is imported.

    `move`: who is in another school within the actor's reach leaves it; who is known only elsewhere is
    invited. `invite`: who is added and has no account is invited.
    """

    missing: Missing = Missing.KEEP
    move: bool = False
    invite: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Whom a roster is about: a school, or all schools of its district that the actor imports to.

    `school` is where it is managed, and what a row without organizations means.
    """

    school: School
    whole_district: bool = False


class State(StrEnum):
    """How far an import is. `WAITING` for a worker; `INVITING` when all else is done."""

    PLANNED = "planned"
    WAITING = "waiting"
    INVITING = "inviting"
    DONE = "done"


class Kind(StrEnum):
    """What an import does to one person in one school."""

    ADD = "add"
    CHANGE = "change"
    MOVE = "move"
    REMOVE = "remove"
    INVITE = "invite"
    KEEP = "keep"
    SAME = "same"


class StepReason(StrEnum):
    """What keeps somebody, or their details, as they are; or what makes them leave (`MOVED`)."""

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
    """What came of inviting somebody whom an import added."""

    NOT = ""
    WANTED = "wanted"
    SENT = "sent"
    REFUSED = "refused"


class RosterDetails(NamedTuple):
    """What a roster can say of a person; what is empty is not said."""

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    content_areas: str = ""
    grade_levels: str = ""
    middle_initial: str = ""
    educator_id: str = ""


# How many steps there are of each kind, and why.
Counts: TypeAlias = Mapping[tuple[Kind, StepReason | None], int]


class Step(NamedTuple):
    """What an import does to one person in one school, and how they stood before.

    `number` counts the steps of an import; `place` is the row of the table, 0 for who is not in it. `wanted`
    are the roles that the table names, `roles` those they have afterwards, `roles_before` those they had.
    `before` says what was known of them, where that changes. `fresh` says that nobody knew them; of several
    steps about one person the first `leads`. `made` is the id of the membership that comes or goes; of
    one that goes, `created_at` and `joined_at` are kept. `sent` says what came of inviting them.
    """

    number: int
    place: int
    school_id: str
    person_id: str
    kind: Kind
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
    """An import that was planned, and what became of it. `undoes` is another import.

    `rows` counts the steps that rows of the table make; those about people who leave come after them.
    """

    id: str
    school_id: str
    district_id: str | None
    options: Options
    state: State
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
        """How notices and the audit log name it."""
        return f"{KIND}:{self.id}"


@dataclass(frozen=True, slots=True)
class Removal:
    """How many of a school's active members would leave it; `guarded` where that is too many at once."""

    school: School
    members: int
    leaving: int
    guarded: bool


def _number(counts: Counts, kind: Kind) -> int:
    return sum(number for (one, _), number in counts.items() if one is kind)


def _changes(counts: Counts) -> bool:
    return any(kind not in {Kind.KEEP, Kind.SAME} for kind, _ in counts)


@dataclass(frozen=True, slots=True)
class Planned:
    """What an import would do. With `stale` it is another plan than the one that was agreed to."""

    roster: RosterImport
    counts: Counts
    removals: tuple[Removal, ...] = ()
    stale: bool = False

    def number(self, kind: Kind) -> int:
        """Count the steps of a kind."""
        return _number(self.counts, kind)

    @property
    def leaving(self) -> int:
        """Count those who leave a school; what the guard asks for is this number."""
        return sum(one.leaving for one in self.removals)

    @property
    def guarded(self) -> bool:
        """Whether so many leave a school that their number must be typed."""
        return any(one.guarded for one in self.removals)

    @property
    def empty(self) -> bool:
        """Whether nothing would happen."""
        return not _changes(self.counts)


@dataclass(frozen=True, slots=True)
class Faulty:
    """All that is wrong with a roster, by row; nothing was stored and nothing happens."""

    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class View:
    """An import that was applied, as its card shows it; `invited` counts what came of its invitations."""

    roster: RosterImport
    school: School
    counts: Counts
    invited: Mapping[Sent, int] = field(default_factory=dict)
    undone_by: RosterImport | None = None

    def number(self, kind: Kind) -> int:
        """Count the steps of a kind."""
        return _number(self.counts, kind)

    @property
    def undoable(self) -> bool:
        """Whether it can still be undone: that is done once, and never undone itself."""
        last = self.roster.undoes is None and self.undone_by is None
        return self.roster.state is State.DONE and last and _changes(self.counts)

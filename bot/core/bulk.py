"""Bulk work over a filter: who is affected, worked out by the guards of the single commands."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core import access, directory
from bot.core.actors import Actor
from bot.core.bulk_acts import DEEDS, Act
from bot.core.errors import (
    AboveYou,
    BadValue,
    NotFound,
    NothingToChange,
    NotPermitted,
    OwnMembership,
    PrimaryAdminProtected,
    Refusal,
    RoleAboveCeiling,
)
from bot.core.holdings import Kind
from bot.core.ids import new_id
from bot.core.invitations import Invitation, InvitationState
from bot.core.members import Member
from bot.core.people_filter import PeopleFilter
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School

# A plan is worked out in one unit, which holds its schools.
MOST = 2000
# Plans carry what was searched for, which may be a name: they are not kept for long.
PLAN_KEPT = timedelta(days=1)
_DIGEST = 16


class JobState(StrEnum):
    """How far a job is."""

    PLANNED = "planned"
    APPLYING = "applying"
    DONE = "done"


class ItemState(StrEnum):
    """What came of one person in one school."""

    PLANNED = "planned"
    DONE = "done"
    KEPT = "kept"


class Why(StrEnum):
    """What keeps somebody out."""

    OWN = "own"
    PRIMARY = "primary"
    ABOVE = "above"
    NOTHING = "nothing"
    NOT_PERMITTED = "not permitted"
    GONE = "gone"
    CHANGED = "changed"
    STRICTER = "stricter"


_WHY: Mapping[type[Refusal], Why] = {
    OwnMembership: Why.OWN,
    PrimaryAdminProtected: Why.PRIMARY,
    AboveYou: Why.ABOVE,
    NothingToChange: Why.NOTHING,
    NotPermitted: Why.NOT_PERMITTED,
    NotFound: Why.GONE,
    RoleAboveCeiling: Why.NOT_PERMITTED,
}


@dataclass(frozen=True, slots=True)
class Item:
    """One person in one school: how they stood before, what came of it, what kept them out, what was made."""

    place: int
    school_id: str
    person_id: str
    before: str
    state: ItemState = ItemState.PLANNED
    why: Why | None = None
    made: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A plan that was stored, and what became of it. `wanted` is the packed filter, until it is applied."""

    id: str
    school_id: str
    act: Act
    wanted: str
    digest: str
    state: JobState
    created_at: datetime
    undoes: str | None = None
    started_by: str | None = None
    front: str | None = None

    @property
    def subject(self) -> str:
        """How notices and the audit log name it."""
        return f"bulk_job:{self.id}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What an admin wants to happen to whom."""

    act: Act
    wanted: PeopleFilter


@dataclass(frozen=True, slots=True)
class Plan:
    """What a bulk act would do. `ending` counts the invitations that end, `resting` the roles that rest."""

    wish: Wish
    items: tuple[Item, ...]
    ending: int
    resting: tuple[tuple[str, int], ...]

    @property
    def affected(self) -> tuple[Item, ...]:
        """Those to whom it would happen."""
        return tuple(one for one in self.items if one.state is ItemState.PLANNED)

    @property
    def kept(self) -> Mapping[Why, int]:
        """Count those who are kept out, by what keeps them."""
        return Counter(one.why for one in self.items if one.why is not None)

    @property
    def digest(self) -> str:
        """A short text that differs when the facts do."""
        facts = (self.wish, sorted(map(repr, self.items)), self.ending, self.resting)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:_DIGEST]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and the job that stores it; no job where nothing would happen, or nobody may know."""

    plan: Plan
    job: Job | None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as its card shows it."""

    job: Job
    school: School
    counts: Mapping[tuple[ItemState, Why | None], int]
    undone_by: Job | None

    def number(self, state: ItemState) -> int:
        """Count the items in a state."""
        return sum(number for (one, _), number in self.counts.items() if one is state)

    @property
    def kept(self) -> Mapping[Why, int]:
        """Count those who were kept out, by what kept them."""
        return {why: number for (_, why), number in self.counts.items() if why is not None}

    @property
    def undoable(self) -> bool:
        """Whether it can still be undone: that is done once, and never undone itself."""
        last = self.job.undoes is None and self.undone_by is None and DEEDS[self.job.act].opposite
        return self.job.state is JobState.DONE and bool(last) and self.number(ItemState.DONE) > 0


def work_out(uow: UnitOfWork, actor: Actor, school: School, wish: Wish) -> Plan:
    """Find out what a bulk act would do now; every school concerned stays locked until the unit ends."""
    directory.require(uow, actor, school, wish.wanted)
    access.require(uow, actor, DEEDS[wish.act].needs, school)
    total = uow.members.count(wish.wanted)
    if total > MOST:
        raise BadValue("search", f"finds {total:,} people; {MOST:,} are the most at once")
    found = uow.members.listed(wish.wanted, after=None, limit=MOST)
    near = hold(uow, (one.membership.school_id for one in found))
    items = tuple(
        _judged(uow, actor, near[one.membership.school_id], wish.act, place, one)
        for place, one in enumerate(found, 1)
    )
    hit = [one for one, item in zip(found, items, strict=True) if item.why is None]
    loses = DEEDS[wish.act].ends_invitations
    resting = Counter(role for one in hit for role in one.roles) if loses else Counter[str]()
    ending = sum(_open_invitations(uow, one) for one in hit) if loses else 0
    return Plan(wish, items, ending, tuple(sorted(resting.items())))


def hold(uow: UnitOfWork, school_ids: Iterable[str]) -> dict[str, School]:
    """Lock schools, always in the same order."""
    held = {}
    for school_id in sorted(set(school_ids)):
        uow.schools.lock(school_id)
        school = uow.schools.by_id(school_id)
        assert school is not None  # noqa: S101 - a membership's school cannot be deleted
        held[school_id] = school
    return held


def _judged(uow: UnitOfWork, actor: Actor, school: School, act: Act, place: int, one: Member) -> Item:
    item = Item(place, school.id, one.membership.person_id, before="")
    try:
        return replace(item, before=DEEDS[act].state(uow, actor, school, item))
    except Refusal as refusal:
        return replace(item, state=ItemState.KEPT, why=why_of(refusal))


def why_of(refusal: Refusal) -> Why:
    """Name what keeps somebody out; a refusal that no single change gives is a fault."""
    if type(refusal) not in _WHY:
        raise refusal
    return _WHY[type(refusal)]


def _open_invitations(uow: UnitOfWork, one: Member) -> int:
    mine = uow.holdings.rows(Kind.INVITATIONS, one.membership.person_id, one.membership.school_id)
    return sum(row["revoked_at"] is None for row in mine)


def plan(uow: UnitOfWork, actor: Actor, school: School, wish: Wish, *, stale: bool = False) -> Planned:
    """Work a bulk act out and store the plan; nothing happens to anyone."""
    found = work_out(uow, actor, school, wish)
    uow.bulk.drop_plans(uow.now - PLAN_KEPT)
    if not found.affected:
        return Planned(found, None, stale)
    job = Job(
        new_id(uow.now), school.id, wish.act, wish.wanted.pack(), found.digest, JobState.PLANNED, uow.now
    )
    uow.bulk.add(job, found.items)
    return Planned(found, job, stale)


def find(uow: UnitOfWork, job_id: str) -> Job:
    """Find a job; what is none, or a plan that was dropped, is not found."""
    job = uow.bulk.by_id(job_id)
    if job is None:
        raise NotFound("plan")
    return job


def view(uow: UnitOfWork, job: Job) -> JobView:
    """Gather what a job's card shows, as things stand now."""
    current = find(uow, job.id)
    school = uow.schools.by_id(job.school_id)
    assert school is not None  # noqa: S101 - a job's school cannot be deleted
    return JobView(current, school, uow.bulk.counts(job.id), uow.bulk.undone_by(job.id))


@dataclass(frozen=True, slots=True)
class Entry:
    """An item with what its person is called, and the invitation that was made for them."""

    item: Item
    name: str
    email: str = ""
    invitation: Invitation | None = None


def entries(uow: UnitOfWork, actor: Actor, job: Job) -> list[Entry]:
    """List everyone of a job whom the actor may see; codes to those who may see codes, while they work."""
    items = uow.bulk.items(job.id, None, after=0, limit=MOST)
    near = {school_id: uow.schools.by_id(school_id) for school_id in {one.school_id for one in items}}
    may = {school_id: access.rights_of(uow, actor, school).holds for school_id, school in near.items()}
    return [
        _entry(uow, one, secrets=Permission.INVITATION_VIEW_SECRET in may[one.school_id])
        for one in items
        if Permission.MEMBER_READ in may[one.school_id]
    ]


def _entry(uow: UnitOfWork, item: Item, *, secrets: bool) -> Entry:
    made = uow.invitations.by_id(item.made) if item.made and secrets else None
    shown = made if made and made.state(uow.now) is InvitationState.OPEN else None
    return Entry(item, _name(uow, item), uow.people.details(item.person_id).email, shown)


def names(uow: UnitOfWork, items: Sequence[Item]) -> list[str]:
    """Say what the persons of items are called now."""
    return [_name(uow, item) for item in items]


def _name(uow: UnitOfWork, item: Item) -> str:
    person = uow.people.by_id(item.person_id)
    return person.name if person else ""

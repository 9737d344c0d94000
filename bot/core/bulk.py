"""Bulk work over a filter: worked out once, shown, done in chunks if the facts are the same, undone.

Plan and apply ask the same guard, and each change is the core function of the single command.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core import access, audit, directory, lifecycle, members, people_filter
from bot.core.actors import AccountKey, Actor, Caller, Person, Platform
from bot.core.errors import (
    AboveYou,
    BadValue,
    NotFound,
    NothingToChange,
    NotPermitted,
    OwnMembership,
    PrimaryAdminProtected,
    Refusal,
)
from bot.core.holdings import Kind
from bot.core.ids import new_id
from bot.core.lifecycle import TRANSITIONS, Verb
from bot.core.members import Member
from bot.core.notices import Audience, Destination, redraw_copies, tell
from bot.core.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.schools import School

# One unit does so many: others who write wait no longer than that takes.
CHUNK = 50
# A plan is worked out in one unit, which holds its schools.
MOST = 2000
# Plans carry what was searched for, which may be a name: they are not kept for long.
PLAN_KEPT = timedelta(days=1)
_DIGEST = 16

OPPOSITE = {
    Verb.SUSPEND: Verb.REINSTATE,
    Verb.REINSTATE: Verb.SUSPEND,
    Verb.DEACTIVATE: Verb.REACTIVATE,
    Verb.REACTIVATE: Verb.DEACTIVATE,
    Verb.ARCHIVE: Verb.RESTORE,
    Verb.RESTORE: Verb.ARCHIVE,
}


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
}


@dataclass(frozen=True, slots=True)
class Item:
    """One person in one school: how they stood before, what came of it, and what kept them out."""

    place: int
    school_id: str
    person_id: str
    before: str
    state: ItemState = ItemState.PLANNED
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A plan that was stored, and what became of it. `wanted` is the packed filter, until it is applied."""

    id: str
    school_id: str
    act: Verb
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

    act: Verb
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
        finished = self.job.state is JobState.DONE and self.job.undoes is None and self.undone_by is None
        return finished and self.number(ItemState.DONE) > 0


def work_out(uow: UnitOfWork, actor: Actor, school: School, wish: Wish) -> Plan:
    """Find out what a bulk act would do now; every school concerned stays locked until the unit ends."""
    directory.require(uow, actor, school, wish.wanted)
    access.require(uow, actor, TRANSITIONS[wish.act].needs, school)
    total = uow.members.count(wish.wanted)
    if total > MOST:
        raise BadValue("search", f"finds {total:,} people; {MOST:,} are the most at once")
    found = uow.members.listed(wish.wanted, after=None, limit=MOST)
    near = _hold(uow, (one.membership.school_id for one in found))
    items = tuple(
        _judged(uow, actor, near[one.membership.school_id], wish.act, place, one)
        for place, one in enumerate(found, 1)
    )
    hit = [one for one, item in zip(found, items, strict=True) if item.why is None]
    loses = TRANSITIONS[wish.act].ends_invitations
    resting = Counter(role for one in hit for role in one.roles) if loses else Counter[str]()
    ending = sum(_open_invitations(uow, one) for one in hit) if loses else 0
    return Plan(wish, items, ending, tuple(sorted(resting.items())))


def _hold(uow: UnitOfWork, school_ids: Iterable[str]) -> dict[str, School]:
    """Lock schools, always in the same order."""
    held = {}
    for school_id in sorted(set(school_ids)):
        uow.schools.lock(school_id)
        school = uow.schools.by_id(school_id)
        assert school is not None  # noqa: S101 - a membership's school cannot be deleted
        held[school_id] = school
    return held


def _judged(uow: UnitOfWork, actor: Actor, school: School, act: Verb, place: int, one: Member) -> Item:
    item = Item(place, school.id, one.membership.person_id, before="")
    try:
        membership = lifecycle.changeable(uow, actor, school, item.person_id, act)
    except Refusal as refusal:
        return replace(item, state=ItemState.KEPT, why=_why(refusal))
    return replace(item, before=lifecycle.state_on_axis(membership, TRANSITIONS[act]).value)


def _why(refusal: Refusal) -> Why:
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


def apply(uow: UnitOfWork, actor: Actor, school: School, job: Job) -> JobView | Planned:
    """Do what a plan says if the facts are the same, or show the new plan; of two clicks one starts it."""
    uow.schools.lock(school.id)
    job = find(uow, job.id)  # whoever waited for the lock finds it started
    if job.state is not JobState.PLANNED:
        return view(uow, job)
    wanted = people_filter.unpack(job.wanted, school.id, school.district_id)
    if wanted is None:
        raise NotFound("plan")
    wish = Wish(job.act, replace(wanted, off_list=job.act is Verb.RESTORE))
    if work_out(uow, actor, school, wish).digest != job.digest:
        return plan(uow, actor, school, wish, stale=True)
    starter = _enrolled(uow, actor)
    if uow.bulk.start(job.id, by=starter.id, front=actor.caller.platform.value):
        _begin(uow, replace(actor, person=starter), find(uow, job.id), "bulk.applied")
    return view(uow, job)


def _enrolled(uow: UnitOfWork, actor: Actor) -> Person:
    """Return who starts a job: the work that goes on later is theirs."""
    return members.enrol(uow, actor)


def _begin(uow: UnitOfWork, actor: Actor, job: Job, action: str) -> None:
    """Do a job at once where it fits into one chunk; else leave it to the worker and promise a card."""
    number = view(uow, job).number(ItemState.PLANNED)
    new = {"act": job.act.value, "people": number, **({"undoes": job.undoes} if job.undoes else {})}
    audit.record(uow, actor, action, job.subject, school_id=job.school_id, new=new)
    if number <= CHUNK:
        _chunk(uow, actor, job)
    else:
        tell(uow, job.subject, Audience.DOER, Destination.direct(actor.caller.account))


def go_on(uow: UnitOfWork, job_id: str, worker: str, *, lease: timedelta) -> bool:
    """Do the next chunk of a job, unless another worker has it; tell whether there is more to do."""
    if not uow.bulk.claim(job_id, worker, uow.now, until=uow.now + lease):
        return False
    job = find(uow, job_id)
    _chunk(uow, _doer(uow, job), job)
    redraw_copies(uow, job.subject)
    return find(uow, job_id).state is JobState.APPLYING


def _doer(uow: UnitOfWork, job: Job) -> Actor:
    """Return who started a job, with the rights that they have now."""
    person = uow.accounts.current(job.started_by or "")
    front = Platform(job.front or Platform.WEB)
    accounts = [key for _, key in uow.people.accounts([person.id])] if person else []
    account = accounts[0] if accounts else AccountKey(front.value, "")
    caller = Caller(account, person.name if person else "", front)
    rules = person is not None and access.named_by_settings(uow, person.id)
    return Actor(caller, person, rules_system=rules)


def _chunk(uow: UnitOfWork, actor: Actor, job: Job) -> None:
    todo = uow.bulk.items(job.id, ItemState.PLANNED, after=0, limit=CHUNK + 1)
    near = _hold(uow, (one.school_id for one in todo[:CHUNK]))
    for item in todo[:CHUNK]:
        uow.bulk.settle(job.id, _done(uow, actor, near[item.school_id], job, item))
    if len(todo) <= CHUNK:
        uow.bulk.finish(job.id)


def _done(uow: UnitOfWork, actor: Actor, school: School, job: Job, item: Item) -> Item:
    """Do one item as the single command would; whoever stands otherwise than planned is left alone."""
    try:
        membership = lifecycle.changeable(uow, actor, school, item.person_id, job.act)
        if lifecycle.state_on_axis(membership, TRANSITIONS[job.act]).value != item.before:
            return replace(item, state=ItemState.KEPT, why=Why.CHANGED)
        lifecycle.change(uow, actor, school, item.person_id, job.act)
    except Refusal as refusal:
        return replace(item, state=ItemState.KEPT, why=_why(refusal))
    return replace(item, state=ItemState.DONE)


def undo(uow: UnitOfWork, actor: Actor, school: School, job: Job) -> JobView:
    """Do the opposite to exactly those whom a job changed and who still are as it made them."""
    uow.schools.lock(school.id)
    shown = view(uow, find(uow, job.id))
    if not shown.undoable:
        return shown if shown.undone_by is None else view(uow, shown.undone_by)
    act = OPPOSITE[job.act]
    access.require(uow, actor, TRANSITIONS[act].needs, school)
    starter = _enrolled(uow, actor)
    reverse = Job(
        new_id(uow.now),
        school.id,
        act,
        "",
        "",
        JobState.APPLYING,
        uow.now,
        undoes=job.id,
        started_by=starter.id,
        front=actor.caller.platform.value,
    )
    changed = uow.bulk.items(job.id, ItemState.DONE, after=0, limit=MOST)
    if uow.bulk.add(reverse, [_reversed(job.act, one) for one in changed]):
        _begin(uow, replace(actor, person=starter), reverse, "bulk.undone")
        redraw_copies(uow, job.subject)
    return view(uow, find(uow, reverse.id))


def _reversed(act: Verb, item: Item) -> Item:
    """Turn an item around. Whom the opposite would give more than they had, it leaves alone."""
    after = TRANSITIONS[act].after.value
    had = TRANSITIONS[OPPOSITE[act]].after.value
    if item.before != had:
        return replace(item, before=after, state=ItemState.KEPT, why=Why.STRICTER)
    return replace(item, before=after, state=ItemState.PLANNED, why=None)


def view(uow: UnitOfWork, job: Job) -> JobView:
    """Gather what a job's card shows, as things stand now."""
    current = find(uow, job.id)
    school = uow.schools.by_id(job.school_id)
    assert school is not None  # noqa: S101 - a job's school cannot be deleted
    return JobView(current, school, uow.bulk.counts(job.id), uow.bulk.undone_by(job.id))


def names(uow: UnitOfWork, items: Sequence[Item]) -> list[tuple[Item, str]]:
    """Say what the persons of items are called now."""
    found = ((item, uow.people.by_id(item.person_id)) for item in items)
    return [(item, person.name if person else "") for item, person in found]

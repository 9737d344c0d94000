"""Planning bulk work over a filter: whom it would affect, checked by the guards of the single commands."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.bulk.acts import OPERATIONS, RULES, Act
from bot.core.bulk.reasons import KeptOutReason, reason_of
from bot.core.errors import BadValue, NotFound, Refusal
from bot.core.ids import new_id
from bot.core.people import directory
from bot.core.people.holdings import RecordKind
from bot.core.people.members import Member
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.stored import stored_school
from bot.core.values import dataclass, replace

# The most people or changes in one plan, since one click applies it.
MOST_ITEMS = 2000
# Larger numbers of people are not counted exactly.
COUNT_LIMIT = 10_000
KIND = "bulk_job"
# A plan contains the search text, which may be a name, so it is not kept for long.
PLAN_KEPT = timedelta(days=1)
_DIGEST = 16


class JobState(StrEnum):
    """How far a bulk job has come."""

    PLANNED = "planned"
    APPLYING = "applying"
    DONE = "done"


class ItemState(StrEnum):
    """What came of an item: still planned, done, or kept out."""

    PLANNED = "planned"
    DONE = "done"
    KEPT = "kept"


# A person who cannot join the new school for one of these reasons is not removed from the old one either.
_BARS_MOVING = frozenset(
    {
        KeptOutReason.NOT_PERMITTED,
        KeptOutReason.ABOVE,
        KeptOutReason.OFF,
        KeptOutReason.FULL,
        KeptOutReason.OUT,
        KeptOutReason.SAME_ID,
    }
)


@dataclass(frozen=True, slots=True)
class Item:
    """What is done to one person in one school, and what came of it.

    `before` is their state when it was planned, `why` is what kept them out, and `made` is what undoing it
    needs to know, such as the id of the invitation that was made.
    """

    place: int
    school_id: str
    person_id: str
    does: Act
    before: str
    state: ItemState = ItemState.PLANNED
    why: KeptOutReason | None = None
    made: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A stored plan and its progress.

    `wanted` is the packed filter, which is cleared when the plan is applied. `schools` are the ids of the
    schools that members are moved to, in place of their present ones.
    """

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
    schools: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """The name by which notices and the audit log know it."""
        return f"{KIND}:{self.id}"


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """The act that an admin wants, and the filter that selects the people it is for."""

    act: Act
    wanted: PeopleFilter
    schools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a bulk act would do.

    `invitations_ended` is how many invitations it would end, `roles_lost` how many holders of each role
    would lose its rights.
    """

    asked: BulkRequest
    items: tuple[Item, ...]
    invitations_ended: int
    roles_lost: tuple[tuple[str, int], ...]

    @property
    def affected(self) -> tuple[Item, ...]:
        """The items that would be done."""
        return tuple(one for one in self.items if one.state is ItemState.PLANNED)

    @property
    def kept(self) -> Mapping[KeptOutReason, int]:
        """How many items are kept out, by reason."""
        return Counter(one.why for one in self.items if one.why is not None)

    @property
    def digest(self) -> str:
        """A short hash that changes when the facts behind the plan do."""
        facts = (self.asked, sorted(map(repr, self.items)), self.invitations_ended, self.roles_lost)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:_DIGEST]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and the job that stores it; `job` is None if the plan would affect nobody."""

    plan: Plan
    job: Job | None
    stale: bool = False


def make_plan(uow: UnitOfWork, actor: Actor, school: School, asked: BulkRequest) -> Plan:
    """Return the plan of what a bulk act would do now.

    For many people this takes a second or two, so it runs on a reader, before the transaction that would make
    others wait. People whose state has changed by the time the plan is applied are then left alone.
    Raises `BadValue` for more than `MOST_ITEMS` people or changes.
    """
    require(uow, actor, school, asked)
    total = uow.members.count(asked.wanted, most=COUNT_LIMIT + 1)
    if total > MOST_ITEMS:
        told = f"{total:,}" if total <= COUNT_LIMIT else f"more than {COUNT_LIMIT:,}"
        raise BadValue("search", f"finds {told} people; {MOST_ITEMS:,} are the most at once")
    found = uow.members.listed(asked.wanted, after=None, limit=MOST_ITEMS)
    if asked.act is Act.ORGANIZE:
        changes = _moves(uow, actor, asked, found)
    else:
        changes = [(one.membership.school_id, one.membership.person_id, asked.act) for one in found]
    if len(changes) > MOST_ITEMS:
        raise BadValue("schools", f"make {len(changes):,} changes; {MOST_ITEMS:,} are the most at once")
    schools = {school_id: stored_school(uow, school_id) for school_id, _, _ in changes}
    items = tuple(
        _checked_item(uow, actor, schools[school_id], Item(place, school_id, person_id, does, before=""))
        for place, (school_id, person_id, does) in enumerate(changes, 1)
    )
    blocked = cannot_join(items)
    items = tuple(kept_if_staying(one, blocked) for one in items)
    losing = [one for one in items if one.why is None and RULES[one.does].ends_invitations]
    roles_lost = Counter(role for one in losing for role in uow.members.roles(one.school_id, one.person_id))
    invitations_ended = sum(_open_invitations(uow, one) for one in losing)
    return Plan(asked, items, invitations_ended, tuple(sorted(roles_lost.items())))


def require(uow: UnitOfWork, actor: Actor, school: School, asked: BulkRequest) -> None:
    """Raise unless the actor may see the people whom the filter selects, and do the act in these schools."""
    directory.require(uow, actor, school, asked.wanted)
    access.require(uow, actor, RULES[asked.act].needs, school)
    for named in asked.schools:
        access.require(uow, actor, RULES[Act.ADD].needs, uow.schools.by_id(named))


def _moves(
    uow: UnitOfWork, actor: Actor, asked: BulkRequest, found: Sequence[Member]
) -> list[tuple[str, str, Act]]:
    """Return who is to be added to or removed from which school.

    Memberships that the actor may not end, or that are in archived schools, stay.
    """
    reach: dict[str, bool] = {}
    changes: dict[tuple[str, str, Act], None] = {}
    for person_id in dict.fromkeys(one.membership.person_id for one in found):
        for school_id in asked.schools:
            changes[school_id, person_id, Act.ADD] = None
        for one in uow.members.of_person(person_id):
            if one.school_id not in reach:
                place = stored_school(uow, one.school_id)
                decides = access.holds(uow, actor, Permission.MEMBER_REMOVE, place)
                reach[one.school_id] = decides and not place.archived
            if reach[one.school_id] and one.school_id not in asked.schools:
                changes[one.school_id, person_id, Act.REMOVE] = None
    return list(changes)


def locked_schools(uow: UnitOfWork, school_ids: Iterable[str]) -> dict[str, School]:
    """Lock schools, always in the same order, and return them by id."""
    held = {}
    for school_id in sorted(set(school_ids)):
        uow.schools.lock(school_id)
        held[school_id] = stored_school(uow, school_id)
    return held


def cannot_join(items: Iterable[Item]) -> dict[str, KeptOutReason]:
    """Return the people who cannot join the school that they are moved to, each with the reason."""
    kept = ((one.person_id, one.why) for one in items if one.does is Act.ADD)
    return {person_id: why for person_id, why in kept if why is not None and why in _BARS_MOVING}


def kept_if_staying(item: Item, blocked: Mapping[str, KeptOutReason]) -> Item:
    """Return the item; as kept out if it would remove a person who cannot join the new school."""
    why = blocked.get(item.person_id) if item.does is Act.REMOVE else None
    return replace(item, state=ItemState.KEPT, why=why) if why else item


def _checked_item(uow: UnitOfWork, actor: Actor, school: School, item: Item) -> Item:
    try:
        return replace(item, before=OPERATIONS[item.does].state(uow, actor, school, item))
    except Refusal as refusal:
        return replace(item, state=ItemState.KEPT, why=reason_of(refusal))


def _open_invitations(uow: UnitOfWork, one: Item) -> int:
    mine = uow.holdings.records(RecordKind.INVITATIONS, one.person_id, one.school_id)
    return sum(row["revoked_at"] is None for row in mine)


def store_plan(uow: UnitOfWork, actor: Actor, school: School, found: Plan, *, stale: bool = False) -> Planned:
    """Store a plan as a job that can be applied; nothing is done to anybody yet."""
    asked = found.asked
    require(uow, actor, school, asked)
    uow.bulk.drop_plans(uow.now - PLAN_KEPT)
    if not found.affected:
        return Planned(found, None, stale)
    job = Job(
        new_id(uow.now),
        school.id,
        asked.act,
        asked.wanted.pack(),
        found.digest,
        JobState.PLANNED,
        uow.now,
        schools=asked.schools,
    )
    uow.bulk.add(job, found.items)
    return Planned(found, job, stale)


def find(uow: UnitOfWork, job_id: str) -> Job:
    """Return a bulk job; raise `NotFound` if there is none, as for a plan that was dropped."""
    job = uow.bulk.by_id(job_id)
    if job is None:
        raise NotFound("plan")
    return job

"""Applying bulk work: in chunks, only where the planned state still holds, resumed after a crash, and undone.

Planning and applying ask the same guard, and each change is the core function of the single command.
"""

from collections.abc import Sequence
from datetime import timedelta

from bot.core import audit
from bot.core.bulk.acts import OPERATIONS, RULES, undo_step
from bot.core.bulk.planning import (
    MOST_ITEMS,
    BulkRequest,
    Item,
    ItemState,
    Job,
    JobState,
    Plan,
    Planned,
    cannot_join,
    find,
    kept_if_staying,
    locked_schools,
    make_plan,
    require,
    store_plan,
)
from bot.core.bulk.reasons import KeptOutReason, reason_of
from bot.core.bulk.views import JobView, view
from bot.core.errors import LimitReached, NotFound, Refusal
from bot.core.ids import new_id
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, redraw_copies
from bot.core.people import members, people_filter
from bot.core.ports import UnitOfWork
from bot.core.rights import access, acting
from bot.core.rights.actors import Actor
from bot.core.schools.schools import School
from bot.core.values import replace

# How many items one unit of work does: other writers wait no longer than that takes.
CHUNK = 50


def current_plan(uow: UnitOfWork, actor: Actor, school: School, job: Job) -> Plan | None:
    """Return the plan of a job as it would be now; None if the job was started."""
    if job.state is not JobState.PLANNED:
        return None
    wanted = people_filter.unpack(job.wanted, school.id, school.district_id)
    if wanted is None:
        raise NotFound("plan")
    return make_plan(uow, actor, school, BulkRequest(job.act, wanted, job.schools))


def apply(uow: UnitOfWork, actor: Actor, school: School, job: Job, found: Plan | None) -> JobView | Planned:
    """Start a plan if it was `found` unchanged, else return the new plan; of two clicks only one starts it.

    `found` is the plan as it would be now, from `current_plan`.
    """
    _hold(uow, school, found.affected if found else ())
    job = find(uow, job.id)  # another click may have started it before the lock
    if job.state is not JobState.PLANNED or found is None:
        return view(uow, job)
    if found.digest != job.digest:
        return store_plan(uow, actor, school, found, stale=True)
    require(uow, actor, school, found.asked)
    starter = members.enrol(uow, actor)
    if uow.bulk.start(job.id, by=starter.id, front=actor.caller.platform.value):
        _begin(uow, replace(actor, person=starter), find(uow, job.id), "bulk.applied")
    return view(uow, job)


def _hold(uow: UnitOfWork, school: School, items: Sequence[Item]) -> None:
    """Lock a job's school together with those of its items, if these are few enough to be done at once."""
    at_once = items if len(items) <= CHUNK else ()
    locked_schools(uow, {school.id, *(one.school_id for one in at_once)})


def _begin(uow: UnitOfWork, actor: Actor, job: Job, action: str) -> None:
    """Do a job at once if it fits into one chunk; else leave it to the worker and send the actor a card."""
    number = view(uow, job).number(ItemState.PLANNED)
    new = {"act": job.act.value, "people": number, **({"undoes": job.undoes} if job.undoes else {})}
    audit.record(uow, actor, action, job.subject, school_id=job.school_id, new=new)
    if number <= CHUNK:
        _do_chunk(uow, actor, job, whole=True)
    else:
        destinations.tell_account(uow, job.subject, Audience.DOER, actor.caller.account)


def go_on(uow: UnitOfWork, job_id: str, worker: str, *, lease: timedelta) -> None:
    """Do the next chunk of a job unless another worker has claimed it."""
    if not uow.bulk.claim(job_id, worker, uow.now, until=uow.now + lease):
        return
    job = find(uow, job_id)
    _do_chunk(uow, acting.as_person(uow, job.started_by or "", job.front or ""), job, whole=False)
    redraw_copies(uow, job.subject)


def _do_chunk(uow: UnitOfWork, actor: Actor, job: Job, *, whole: bool) -> None:
    """Do one chunk of a job.

    An item over a limit is left out, or, if the chunk is the `whole` job, `LimitReached` is raised.
    """
    todo = uow.bulk.items(job.id, ItemState.PLANNED, after=0, limit=CHUNK + 1)
    schools = locked_schools(uow, (one.school_id for one in todo[:CHUNK]))
    blocked = cannot_join(uow.bulk.items(job.id, ItemState.KEPT, after=0, limit=MOST_ITEMS))
    for item in todo[:CHUNK]:
        done = kept_if_staying(item, blocked)
        if done.state is ItemState.PLANNED:
            done = _do_item(uow, actor, schools[item.school_id], item, whole=whole)
        blocked |= cannot_join([done])
        uow.bulk.settle(job.id, done)
    if len(todo) <= CHUNK:
        uow.bulk.finish(job.id)


def _do_item(uow: UnitOfWork, actor: Actor, school: School, item: Item, *, whole: bool) -> Item:
    """Do one item as the single command would; leave it out if the state is not the planned one."""
    operation = OPERATIONS[item.does]
    try:
        if operation.state(uow, actor, school, item) != item.before:
            return replace(item, state=ItemState.KEPT, why=KeptOutReason.CHANGED)
        return replace(item, state=ItemState.DONE, made=operation.do(uow, actor, school, item))
    except Refusal as refusal:
        if whole and isinstance(refusal, LimitReached):
            raise
        return replace(item, state=ItemState.KEPT, why=reason_of(refusal))


def undo(uow: UnitOfWork, actor: Actor, school: School, job: Job) -> JobView:
    """Undo a job for exactly those people whom it changed and who are still as it left them."""
    _hold(uow, school, uow.bulk.items(job.id, ItemState.DONE, after=0, limit=CHUNK + 1))
    shown = view(uow, find(uow, job.id))
    if not shown.undoable:
        return shown if shown.undone_by is None else view(uow, shown.undone_by)
    act = RULES[job.act].opposite
    assert act is not None  # noqa: S101 - a job without an opposite is not undoable
    access.require(uow, actor, RULES[act].needs, school)
    starter = members.enrol(uow, actor)
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
    changed = uow.bulk.items(job.id, ItemState.DONE, after=0, limit=MOST_ITEMS)
    # In reverse order: people moved to another school are back in the old one before they leave the new one.
    items = [_reversed(uow, replace(one, place=place)) for place, one in enumerate(reversed(changed), 1)]
    if uow.bulk.add(reverse, items):
        _begin(uow, replace(actor, person=starter), reverse, "bulk.undone")
        redraw_copies(uow, job.subject)
    return view(uow, find(uow, reverse.id))


def _reversed(uow: UnitOfWork, item: Item) -> Item:
    """Return the item that undoes an item, for the person whom theirs was merged into since, if any.

    It is kept out if undoing would give the person more than they had.
    """
    back, now = undo_step(item), uow.accounts.current(item.person_id)
    if back is None:
        return replace(item, state=ItemState.KEPT, why=KeptOutReason.STRICTER)
    does, before = back
    person_id = now.id if now else item.person_id
    return replace(item, person_id=person_id, does=does, before=before, state=ItemState.PLANNED)

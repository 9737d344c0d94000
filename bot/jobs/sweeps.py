"""The sweeps, which do what is due at some time: a few items per unit of work, until nothing is due.

A sweep claims each item by a conditional update, so that any number of replicas may run it and each item is
done once. It sends nothing itself: it changes state, records the change, and queues notices.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from bot.chat.ports import Database
from bot.core import clock_correction, jobs, retention
from bot.core.following import drift as following_drift
from bot.core.following.ports import FOLLOWER
from bot.core.invitations import clock as invitation_clock
from bot.core.invitations import invitations, leaks
from bot.core.keys import ports as secret_key_ports
from bot.core.keys import rotation as key_rotation
from bot.core.messages import broadcasting, broadcasts
from bot.core.oneroster import runs as oneroster_runs
from bot.core.people import name_parts
from bot.core.ports import UnitOfWork
from bot.core.requests import clock as request_clock
from bot.core.requests import digest_ports, digests, join_requests, mirror_ports, mirroring
from bot.core.scim import group_roles
from bot.core.stuck import ItemTracker
from bot.core.values import dataclass
from bot.jobs.breaking import put_off

# How many batches a sweep does at one tick; the rest is done at the next one. A unit that wrongly always
# reports more work must not keep others waiting.
MOST_ROUNDS = 1_000
# How many items may fail at one tick. If more fail, the sweep itself is broken, and ends until its next tick.
MOST_BREAKS = 20


@dataclass(frozen=True, slots=True)
class Sweep:
    """Work that is looked for every so many seconds.

    `unit` does a small batch of what is due and returns how many items it did; it is run again until it did
    none. `kind` is the kind of the items that its tracker names: one that fails is put off, and the unit is
    run again without it. What `looks` finds on a reader, where it blocks nobody, is passed to the unit.
    """

    name: str
    seconds: float
    unit: Callable[..., int]
    kind: str = ""
    looks: Callable[[UnitOfWork, ItemTracker], object] | None = None


def sweeps(
    watch: leaks.Watch | None = None,
    keep: retention.Days = retention.DEFAULT_DAYS,
    look: timedelta = mirroring.EVERY,
    *,
    indexes_names_later: bool = True,
) -> tuple[Sweep, ...]:
    """Return all sweeps of an installation.

    `look` is how often the join requests of platforms are read. `indexes_names_later` says that a sweep must
    add new names to the search index, because this database does not do it at once.
    """
    rushes = watch or leaks.Watch()
    return (
        Sweep("waiting requests", 60, request_clock.sweep, kind=join_requests.KIND),
        Sweep("invitations", 60, invitation_clock.sweep, kind=invitations.KIND),
        Sweep("digests", 30, digests.send_due, kind=digest_ports.KIND),
        Sweep("scheduled messages", 15, broadcasting.sweep, broadcasts.KIND, broadcasting.due_audiences),
        Sweep(
            "requests elsewhere",
            10,
            partial(mirroring.queue_due_looks, every=look),
            kind=mirror_ports.MIRROR,
        ),
        Sweep("followed roles", 60, following_drift.queue_due_looks, kind=FOLLOWER),
        Sweep("OneRoster folders", 30, oneroster_runs.begin_due, kind=oneroster_runs.STUCK),
        Sweep(retention.SWEEP, 3600, partial(retention.purge, keep=keep), kind=retention.LEFTOVER),
        Sweep("SCIM groups", 5, group_roles.sweep, kind=group_roles.DUE),
        Sweep("leaking codes", 30, partial(leaks.tell_of_rushes, watch=rushes), kind=leaks.RUSH),
        Sweep(clock_correction.SWEEP, 15, clock_correction.sweep),
        Sweep("secret keys", 10, key_rotation.sweep, kind=secret_key_ports.SEALED),
        *([Sweep("newcomers' names", 10, name_parts.index_newcomers)] if indexes_names_later else []),
    )


async def sweep(database: Database, one: Sweep, *, stopping: Callable[[], bool] = lambda: False) -> int:
    """Run a sweep until nothing is due, a batch per unit of work; return how many items were done.

    Raises what a unit raises if no item is to blame, or if too many items have failed.
    """
    began = await database.read(lambda uow: uow.now)
    done = broke = 0
    for _ in range(MOST_ROUNDS):
        if stopping():
            break
        tracker = ItemTracker()
        try:
            seen = await database.read(partial(_look, one=one, tracker=tracker)) if one.looks else ()
            fresh = await database.run(partial(_a_unit, one=one, tracker=tracker, seen=seen))
        except Exception as broken:
            if tracker.item is None or broke == MOST_BREAKS:
                raise
            broke += 1
            await put_off(database, tracker.item, broken)
            continue
        if not fresh:
            await _clear(database, one.kind, began)
            break
        done += fresh
    return done


def _look(uow: UnitOfWork, *, one: Sweep, tracker: ItemTracker) -> tuple[object, ...]:
    return () if one.looks is None else (one.looks(uow, tracker),)


def _a_unit(uow: UnitOfWork, *, one: Sweep, tracker: ItemTracker, seen: tuple[object, ...]) -> int:
    tracker.settle = uow.settle
    return one.unit(uow, tracker, *seen)


async def _clear(database: Database, kind: str, began: datetime) -> None:
    """Forget the stuck items of a kind that could be tried in this sweep and did not fail again."""
    if kind in await database.read(lambda uow: uow.stuck.count_by_kind()):
        await database.run(lambda uow: uow.stuck.clear(kind, began))


async def record_run(database: Database, name: str, seconds: float, error: str = "") -> None:
    """Store how a run of a sweep went, for all replicas and the command line to see."""

    def unit(uow: UnitOfWork) -> None:
        uow.jobs.save(jobs.after(uow.jobs.of(name), name, uow.now, seconds, error))

    await database.run(unit)

"""What time does: each sweep looks for what is due, does a few in a unit, and goes on.

A sweep claims what it does by conditional updates, so any number of replicas may run it and each thing
happens once. It sends nothing itself: it changes state, records it, and queues what must be told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.chat.runner import Database
from bot.core import digests, invitation_clock, jobs, leaks, request_clock, retention
from bot.core.ports import UnitOfWork

# What is left then is done at the next tick: a unit that never comes to its end must not keep others waiting.
MOST_ROUNDS = 1_000


@dataclass(frozen=True, slots=True)
class Sweep:
    """Something that is looked for every so many seconds.

    `unit` does a small batch of what is due and returns how many it did; it is run again until that is none.
    """

    name: str
    seconds: float
    unit: Callable[[UnitOfWork], int]


def sweeps(watch: leaks.Watch | None = None, keep: retention.Days = retention.USUAL) -> tuple[Sweep, ...]:
    """List all sweeps of an installation."""
    return (
        Sweep("waiting requests", 60, request_clock.attend),
        Sweep("invitations", 60, invitation_clock.attend),
        Sweep("digests", 30, digests.send_due),
        Sweep("retention", 3600, partial(retention.purge, keep=keep)),
        Sweep("leaking codes", 30, partial(leaks.tell_of_rushes, watch=watch or leaks.Watch())),
    )


async def sweep(database: Database, one: Sweep, *, stopping: Callable[[], bool] = lambda: False) -> int:
    """Do all that is due now, a batch a unit; return how many things that were."""
    done = 0
    for _ in range(MOST_ROUNDS):
        if stopping() or not (fresh := await database.run(one.unit)):
            break
        done += fresh
    return done


async def note(database: Database, name: str, seconds: float, error: str = "") -> None:
    """Keep how a run went, where every replica and the command line can see it."""

    def unit(uow: UnitOfWork) -> None:
        uow.jobs.ran(jobs.after(uow.jobs.of(name), name, uow.now, seconds, error))

    await database.run(unit)

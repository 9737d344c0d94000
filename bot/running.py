"""Starts the workers and fronts, keeps them running until a stop signal, and stops them in order."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Awaitable
from functools import partial
from typing import TypeVar

from bot.app import Application
from bot.core import claims
from bot.core.ids import grouped
from bot.core.ports import UnitOfWork
from bot.jobs.clock_sync import ClockSync
from bot.jobs.file_watch import FileWatch
from bot.jobs.following import RoleComparisonWorker
from bot.storage.database import SqliteDatabase

_log = logging.getLogger(__name__)
_GC_THRESHOLDS = (10_000, 10, 10)
_TWO_BOTS = (
    "Another Homeroom is running with %s. An SQLite file is for one process only: stop one of the two. "
    "Several can share a PostgreSQL."
)
T = TypeVar("T")


async def offer_claim(application: Application) -> None:
    """Print a one-time code by which somebody becomes System Administrator, as long as there is none."""
    if application.settings.system_administrators:
        return

    def unit(uow: UnitOfWork) -> str | None:
        return claims.offer_system_administrator(uow)

    code = await application.database.run(unit)
    if code is not None:
        # Printed, not logged: logs are kept, and other people read them.
        line = f"/account claim {grouped(code)}"
        sys.stdout.write(f"\nTo become System Administrator, type in a chat within 24 hours:  {line}\n\n")
        sys.stdout.flush()


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM, SIGINT and SIGHUP set from now on; a signal ignored so far stays ignored.

    nohup, for example, ignores SIGHUP.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for received in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(received) is not signal.SIG_IGN:
            loop.add_signal_handler(received, stop.set)
    return stop


async def unless_stopped(stop: asyncio.Event, starting: Awaitable[T]) -> T | None:
    """Return the result of a step of the start; if `stop` is set first, cancel the step and return None."""
    told = asyncio.ensure_future(stop.wait())
    needed = asyncio.ensure_future(starting)
    await asyncio.wait({told, needed}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if needed.done():
        return needed.result()
    needed.cancel()
    await asyncio.wait({needed})
    _log.info("Stopped before the start was complete")
    return None


def collect_garbage_seldom() -> None:
    """Switch on the garbage collector, which was off during the start, to run seldom.

    It never looks at what has been loaded so far, which stays. With Python's own threshold it would run after
    every 700 new objects, and take a seventh of the time of a redemption.
    """
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    gc.enable()


async def keep_running(application: Application, stop: asyncio.Event) -> None:
    """Run all workers and fronts until `stop` is set; fronts end first, so that nothing they took is lost."""
    collect_garbage_seldom()
    runs = {
        "delivery": application.delivery.run,
        "bulk": application.bulk.run,
        "messages": application.broadcasting.run,
        "rosters": application.rosters.run,
        "oneroster": application.oneroster.run,
        "roles": RoleComparisonWorker(application.database).run,
        "scheduler": application.scheduler.run,
        "clock": ClockSync(
            partial(application.database.set_clock, application.clock), application.clock.off_by
        ).run,
    }
    if isinstance(database := application.database, SqliteDatabase):
        runs["database file"] = FileWatch(database.file.look, database.rescue).run
        if not database.file.claim():
            _log.warning(_TWO_BOTS, database.file.path)
    application.workers = {name: asyncio.create_task(run(), name=name) for name, run in runs.items()}
    working = application.workers.values()
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(application.supervisor.keep(name, front), name=name)
                for name, front in application.fronts.items()
            ]
            await stop.wait()
            _log.info("Stopping: finishing what is under way")
            for task in tasks:
                task.cancel()
    finally:
        for task in working:
            task.cancel()
        await asyncio.wait(working)
    _log.info("Stopped")

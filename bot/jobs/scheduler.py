"""Runs the sweeps at their intervals. APScheduler only ticks; the database knows what is due."""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.chat.ports import Database
from bot.jobs.failure_log import FailureLog
from bot.jobs.sweeps import Sweep, record_run, sweep

_log = logging.getLogger(__name__)
# How often the scheduler checks whether setting back the machine's clock has delayed a sweep.
_WATCH_SECONDS = 30.0


class Scheduler:
    """Runs each sweep at its interval; one that fails is run again at its next tick, and delays no other."""

    def __init__(self, database: Database, sweeps: Sequence[Sweep]) -> None:
        """Take the sweeps to run on a database."""
        self._database = database
        self._sweeps = sweeps
        self._under_way: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._failures: dict[str, FailureLog] = {}

    async def run(self) -> None:
        """Run the sweeps until cancelled; sweeps under way stop after their current batch."""
        self._stopping = False
        ticking = AsyncIOScheduler(timezone=UTC)
        for one in self._sweeps:
            ticking.add_job(
                self._tick,
                IntervalTrigger(seconds=one.seconds, timezone=UTC),
                args=(one,),
                id=one.name,
                next_run_time=datetime.now(UTC),
                coalesce=True,
                misfire_grace_time=None,
                max_instances=1,
            )
        ticking.start()
        try:
            while True:
                await asyncio.sleep(_WATCH_SECONDS)
                pull_forward(ticking.get_jobs(), datetime.now(UTC))
        finally:
            self._stopping = True
            ticking.pause()
            if self._under_way:
                await asyncio.wait(self._under_way)
            ticking.shutdown(wait=False)

    async def _tick(self, one: Sweep) -> None:
        # In a task of our own, because APScheduler cancels its own tasks when it is shut down.
        task = asyncio.create_task(self.do(one), name=f"sweep {one.name}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.shield(task)

    async def do(self, one: Sweep) -> None:
        """Run a sweep once and store how it went; a failure is logged."""
        started, error = time.monotonic(), ""
        failing = self._failing(f"The sweep of {one.name}")
        not_stored = self._failing(f"Storing the result of the sweep of {one.name}")
        try:
            await sweep(self._database, one, stopping=lambda: self._stopping)
            failing.went_well()
        except Exception as broken:  # noqa: BLE001 - one sweep must not stop the others
            failing.failed(broken)
            error = type(broken).__name__
        try:
            await record_run(self._database, one.name, time.monotonic() - started, error)
            not_stored.went_well()
        except Exception as broken:  # noqa: BLE001 - the next tick stores how it went
            if not error:  # otherwise the cause has been logged already
                not_stored.failed(broken)

    def _failing(self, what: str) -> FailureLog:
        return self._failures.setdefault(what, FailureLog(what, _log))


def pull_forward(jobs: Sequence[Job], now: datetime) -> None:
    """Run jobs now that would wait longer than their interval, because the machine's clock was set back."""
    for job in jobs:
        interval: timedelta = job.trigger.interval
        if job.next_run_time is not None and job.next_run_time - now > interval:
            job.modify(next_run_time=now)

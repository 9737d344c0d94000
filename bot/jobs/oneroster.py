"""Looks at districts' OneRoster folders: the files are read on a thread, and taken in by one unit of work."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.chat.runner import Database
from bot.core.errors import Refusal
from bot.core.oneroster import feed, syncing
from bot.core.oneroster.feed import Feed
from bot.core.oneroster.model import Run, Trouble
from bot.core.oneroster.runs import STUCK
from bot.core.ports import Clock, UnitOfWork
from bot.core.stuck import Thing
from bot.jobs.breaking import put_off
from bot.jobs.worker import Worker
from bot.sheets.bounds import Bounds
from bot.sheets.oneroster import LeftAlone, read_folder

# How long a claim holds: longer than a look takes, so that a crashed replica's goes on.
LEASE = timedelta(minutes=5)


class OneRosterWork(Worker):
    """The worker of looks at folders."""

    poll_seconds = 5.0

    def __init__(
        self,
        database: Database,
        clock: Clock,
        root: str,
        bounds: Bounds,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        """Work on a database, with the folders below a root; `committed` is called after each run."""
        super().__init__()
        self._database, self._clock = database, clock
        self._root, self._bounds = root, bounds
        self._committed = committed
        self._name = secrets.token_hex(8)

    async def round(self) -> bool:
        """Do the oldest look that no other worker does; tell whether there was one."""
        now = self._clock.now()
        run_id = await self._database.read(lambda uow: uow.oneroster.waiting(self._name, now))
        if run_id is None:
            return False
        try:
            await self.do(run_id)
        except Exception as broken:  # noqa: BLE001 - one district must not stop the others
            await put_off(self._database, Thing(STUCK, run_id), broken)
        self._committed()
        return True

    async def do(self, run_id: str) -> Run | None:
        """Do one look; None if another worker has it."""
        found = await self._database.run(partial(_claim, run_id=run_id, worker=self._name))
        if found is None:
            return None
        folder, today = found
        taken: Feed | Trouble
        try:
            taken = await asyncio.to_thread(_read, self._root, folder, self._bounds, today)
        except LeftAlone as left:
            taken = left.trouble
        try:
            return await self._database.run(partial(self._take, run_id=run_id, taken=taken))
        except Refusal:  # a limit of the installation: nothing of it was done
            return await self._database.run(partial(self._take, run_id=run_id, taken=Trouble.REFUSED))

    def _take(self, uow: UnitOfWork, *, run_id: str, taken: Feed | Trouble) -> Run | None:
        """Take in what was read, if this worker still has the run."""
        if not uow.oneroster.claim(run_id, self._name, uow.now, until=uow.now + LEASE):
            return None
        run = uow.oneroster.run(run_id)
        if run is None:
            return None
        uow.stuck.forget(Thing(STUCK, run_id))
        if isinstance(taken, Trouble):
            return syncing.left_alone(uow, run, taken)
        return syncing.take(uow, run, taken)


def _claim(uow: UnitOfWork, *, run_id: str, worker: str) -> tuple[str, date] | None:
    if not uow.oneroster.claim(run_id, worker, uow.now, until=uow.now + LEASE):
        return None
    run = uow.oneroster.run(run_id)
    source = uow.oneroster.source(run.district_id) if run else None
    return (source.folder, uow.now.astimezone(ZoneInfo(source.zone)).date()) if source else None


def _read(root: str, folder: str, bounds: Bounds, today: date) -> Feed:
    found = read_folder(root, folder, bounds)
    return feed.read(found.sheets, found.digest, today, found.errors)

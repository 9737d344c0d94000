"""Looks at districts' OneRoster folders: the files are read on a thread, and taken in by one unit of work."""

import asyncio
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.chat.ports import Database
from bot.core.errors import Refusal
from bot.core.oneroster import feed, syncing
from bot.core.oneroster.feed import Feed
from bot.core.oneroster.model import Run, Trouble
from bot.core.oneroster.runs import STUCK
from bot.core.ports import Clock, UnitOfWork
from bot.core.stuck import Thing
from bot.jobs.claiming import ClaimingWorker
from bot.sheets.bounds import Bounds
from bot.sheets.oneroster import FolderUnreadable, read_folder

# How long a claim holds: longer than a look takes, so that a crashed replica's goes on.
LEASE = timedelta(minutes=5)


class OneRosterWorker(ClaimingWorker):
    """The worker of looks at folders."""

    kind = STUCK

    def __init__(self, database: Database, clock: Clock, root: str, bounds: Bounds) -> None:
        """Work on a database, with the folders below a root."""
        super().__init__(database, clock)
        self._root, self._bounds = root, bounds

    def waiting(self, uow: UnitOfWork, now: datetime) -> str | None:
        """Find the oldest look that is to be done."""
        return uow.oneroster.waiting(self.name, now)

    async def go_on(self, piece: str) -> None:
        """Do one look."""
        await self.do(piece)

    async def do(self, run_id: str) -> Run | None:
        """Do one look; None if another worker has it."""
        found = await self.database.run(partial(_claim, run_id=run_id, worker=self.name))
        if found is None:
            return None
        folder, today = found
        taken: Feed | Trouble
        try:
            taken = await asyncio.to_thread(_read, self._root, folder, self._bounds, today)
        except FolderUnreadable as left:
            taken = left.trouble
        try:
            return await self.database.run(partial(self._take, run_id=run_id, taken=taken))
        except Refusal:  # a limit of the installation: nothing of it was done
            return await self.database.run(partial(self._take, run_id=run_id, taken=Trouble.REFUSED))

    def _take(self, uow: UnitOfWork, *, run_id: str, taken: Feed | Trouble) -> Run | None:
        """Take in what was read, if this worker still has the run."""
        if not uow.oneroster.claim(run_id, self.name, uow.now, until=uow.now + LEASE):
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

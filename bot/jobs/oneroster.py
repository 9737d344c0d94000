"""Synchronizes districts with their OneRoster folders: reads files on a thread, applies them in one unit."""

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
from bot.core.stuck import TrackedItem
from bot.jobs.claiming import ClaimingWorker
from bot.sheets.bounds import Bounds
from bot.sheets.oneroster import FolderUnreadable, read_folder

# How long a claim lasts: longer than a run takes. After a crash, another replica then does the run.
LEASE = timedelta(minutes=5)


class OneRosterWorker(ClaimingWorker):
    """The worker of OneRoster runs: one run reads a district's folder once."""

    kind = STUCK

    def __init__(self, database: Database, clock: Clock, root: str, bounds: Bounds) -> None:
        """Work on the runs in a database, with the folders in a root folder."""
        super().__init__(database, clock)
        self._root, self._bounds = root, bounds

    def waiting(self, uow: UnitOfWork, now: datetime) -> str | None:
        """Return the id of the oldest run that no other worker has claimed."""
        return uow.oneroster.next_unclaimed(self.name, now)

    async def go_on(self, piece: str) -> None:
        """Do a run."""
        await self.do(piece)

    async def do(self, run_id: str) -> Run | None:
        """Do a run, and return it as it is then; None if another worker has claimed it."""
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
        except Refusal:  # a limit of the installation; the unit was rolled back
            return await self.database.run(partial(self._take, run_id=run_id, taken=Trouble.REFUSED))

    def _take(self, uow: UnitOfWork, *, run_id: str, taken: Feed | Trouble) -> Run | None:
        """Apply what was read to the run, if this worker still holds its claim."""
        if not uow.oneroster.claim(run_id, self.name, uow.now, until=uow.now + LEASE):
            return None
        run = uow.oneroster.run(run_id)
        if run is None:
            return None
        uow.stuck.forget(TrackedItem(STUCK, run_id))
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

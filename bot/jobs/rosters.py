"""Continues roster imports that were too large for one reply, a part per unit of work."""

from datetime import datetime, timedelta
from functools import partial

from bot.core.ports import UnitOfWork
from bot.core.rosters import working
from bot.core.rosters.imports import KIND
from bot.core.stuck import TrackedItem
from bot.jobs.claiming import ClaimingWorker

# How long a claim lasts: longer than any part takes. After a crash, another replica then goes on with it.
LEASE = timedelta(seconds=60)


class RosterWorker(ClaimingWorker):
    """The worker of roster imports."""

    kind = KIND

    def waiting(self, uow: UnitOfWork, now: datetime) -> str | None:
        """Return the id of the oldest import with work to do that no other worker has claimed."""
        return uow.rosters.next_unclaimed(self.name, now)

    async def go_on(self, piece: str) -> None:
        """Do one part of an import."""
        await self.database.run(partial(_go_on, import_id=piece, worker=self.name))


def _go_on(uow: UnitOfWork, *, import_id: str, worker: str) -> None:
    working.go_on(uow, import_id, worker, lease=LEASE)
    uow.stuck.forget(TrackedItem(KIND, import_id))

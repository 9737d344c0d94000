"""Continues bulk jobs that were too large for one reply, a chunk per unit of work."""

from datetime import datetime, timedelta
from functools import partial

from bot.core.bulk import work as bulk_work
from bot.core.bulk.planning import KIND
from bot.core.ports import UnitOfWork
from bot.core.stuck import TrackedItem
from bot.jobs.claiming import ClaimingWorker

# How long a claim lasts: longer than any chunk takes. After a crash, another replica then continues the job.
LEASE = timedelta(seconds=60)


class BulkWorker(ClaimingWorker):
    """The worker of bulk jobs."""

    kind = KIND

    def waiting(self, uow: UnitOfWork, now: datetime) -> str | None:
        """Return the id of the oldest unfinished job that no other worker has claimed."""
        return uow.bulk.next_unclaimed(self.name, now)

    async def go_on(self, piece: str) -> None:
        """Do one chunk of a job."""
        await self.database.run(partial(_go_on, job_id=piece, worker=self.name))


def _go_on(uow: UnitOfWork, *, job_id: str, worker: str) -> None:
    bulk_work.go_on(uow, job_id, worker, lease=LEASE)
    uow.stuck.forget(TrackedItem(KIND, job_id))

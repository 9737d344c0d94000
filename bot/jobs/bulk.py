"""Goes on with bulk work that did not fit into one answer, a chunk a unit."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from bot.chat.runner import Database
from bot.core import bulk_work
from bot.core.bulk import KIND
from bot.core.ports import Clock, UnitOfWork
from bot.core.stuck import Thing
from bot.jobs.breaking import put_off
from bot.jobs.worker import Worker

# How long a claim holds: longer than any chunk takes, so that a crashed replica's job goes on.
LEASE = timedelta(seconds=60)


class BulkWork(Worker):
    """The worker of bulk jobs."""

    poll_seconds = 5.0

    def __init__(
        self, database: Database, clock: Clock, committed: Callable[[], None] = lambda: None
    ) -> None:
        """Work on a database; `committed` is called after each chunk."""
        super().__init__()
        self._database = database
        self._clock = clock
        self._committed = committed
        self._name = secrets.token_hex(8)

    async def round(self) -> bool:
        """Do one chunk."""
        return await self.do_chunk()

    async def do_chunk(self) -> bool:
        """Do one chunk of the oldest job that no other worker has; tell whether there was one."""
        now = self._clock.now()
        job_id = await self._database.read(lambda uow: uow.bulk.waiting(self._name, now))
        if job_id is None:
            return False
        try:
            await self._database.run(partial(_go_on, job_id=job_id, worker=self._name))
        except Exception as broken:  # noqa: BLE001 - one job must not stop the others
            await put_off(self._database, Thing(KIND, job_id), broken)
        self._committed()
        return True


def _go_on(uow: UnitOfWork, *, job_id: str, worker: str) -> None:
    bulk_work.go_on(uow, job_id, worker, lease=LEASE)
    uow.stuck.forget(Thing(KIND, job_id))

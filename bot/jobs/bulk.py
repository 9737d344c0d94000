"""Goes on with bulk work that did not fit into one answer, a chunk a unit."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from bot.chat.runner import Database
from bot.core import bulk_work
from bot.core.ports import Clock

_log = logging.getLogger(__name__)

# How long a claim holds: longer than any chunk takes, so that a crashed replica's job goes on.
LEASE = timedelta(seconds=60)
# How often other replicas' jobs are looked for; own ones wake the loop at once.
POLL_SECONDS = 5.0


class BulkWork:
    """The worker of bulk jobs; any number of replicas may run one."""

    def __init__(
        self, database: Database, clock: Clock, committed: Callable[[], None] = lambda: None
    ) -> None:
        """Work on a database; `committed` is called after each chunk."""
        self._database = database
        self._clock = clock
        self._committed = committed
        self._name = secrets.token_hex(8)
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled; a chunk is done whole or not at all."""
        while True:
            self._woken.clear()
            try:
                busy = await self.do_chunk()
            except Exception:  # noqa: BLE001 - the loop must go on
                _log.exception("Bulk work could not go on")
                busy = False
            if not busy:
                await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return

    async def do_chunk(self) -> bool:
        """Do one chunk of the oldest job that no other worker has; tell whether there was one."""
        now = self._clock.now()
        job_id = await self._database.read(lambda uow: uow.bulk.waiting(self._name, now))
        if job_id is None:
            return False
        await self._database.run(partial(bulk_work.go_on, job_id=job_id, worker=self._name, lease=LEASE))
        self._committed()
        return True

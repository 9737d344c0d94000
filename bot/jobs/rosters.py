"""Goes on with imports of rosters that did not fit into one answer."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from bot.chat.runner import Database
from bot.core.ports import Clock, UnitOfWork
from bot.core.rosters import working
from bot.core.rosters.imports import KIND
from bot.core.stuck import Thing
from bot.jobs.breaking import put_off
from bot.jobs.worker import Worker

# How long a claim holds: longer than any part takes, so that a crashed replica's import goes on.
LEASE = timedelta(seconds=60)


class RosterWork(Worker):
    """The worker of imports."""

    poll_seconds = 5.0

    def __init__(
        self, database: Database, clock: Clock, committed: Callable[[], None] = lambda: None
    ) -> None:
        """Work on a database; `committed` is called after each part."""
        super().__init__()
        self._database = database
        self._clock = clock
        self._committed = committed
        self._name = secrets.token_hex(8)

    async def round(self) -> bool:
        """Do one part of the oldest import that no other worker has; tell whether there was one."""
        now = self._clock.now()
        import_id = await self._database.read(lambda uow: uow.rosters.waiting(self._name, now))
        if import_id is None:
            return False
        try:
            await self._database.run(partial(_go_on, import_id=import_id, worker=self._name))
        except Exception as broken:  # noqa: BLE001 - one import must not stop the others
            await put_off(self._database, Thing(KIND, import_id), broken)
        self._committed()
        return True


def _go_on(uow: UnitOfWork, *, import_id: str, worker: str) -> None:
    working.go_on(uow, import_id, worker, lease=LEASE)
    uow.stuck.forget(Thing(KIND, import_id))

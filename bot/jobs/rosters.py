"""Goes on with imports of rosters that did not fit into one answer."""

from datetime import datetime, timedelta
from functools import partial

from bot.core.ports import UnitOfWork
from bot.core.rosters import working
from bot.core.rosters.imports import KIND
from bot.core.stuck import Thing
from bot.jobs.claiming import ClaimingWorker

# How long a claim holds: longer than any part takes, so that a crashed replica's import goes on.
LEASE = timedelta(seconds=60)


class RosterWorker(ClaimingWorker):
    """The worker of imports."""

    kind = KIND

    def waiting(self, uow: UnitOfWork, now: datetime) -> str | None:
        """Find the oldest import with work to do."""
        return uow.rosters.waiting(self.name, now)

    async def go_on(self, piece: str) -> None:
        """Do one part of an import."""
        await self.database.run(partial(_go_on, import_id=piece, worker=self.name))


def _go_on(uow: UnitOfWork, *, import_id: str, worker: str) -> None:
    working.go_on(uow, import_id, worker, lease=LEASE)
    uow.stuck.forget(Thing(KIND, import_id))

"""Sends messages to many, a chunk a unit: as many are queued as delivery can do with."""

from collections.abc import Callable
from functools import partial

from bot.chat.ports import Database
from bot.core import broadcast_work
from bot.core.broadcasts import KIND
from bot.core.ports import UnitOfWork
from bot.core.stuck import Thing
from bot.jobs.breaking import put_off
from bot.jobs.worker import Worker


class Broadcasting(Worker):
    """The worker of messages to many: any number of replicas may run it, one at a time has a message."""

    # What delivery has sent makes room for the next: it is looked for so often.
    poll_seconds = 1.0

    def __init__(self, database: Database, committed: Callable[[], None] = lambda: None) -> None:
        """Work on a database; `committed` is called after each chunk."""
        super().__init__()
        self._database = database
        self._committed = committed

    async def round(self) -> bool:
        """Queue one chunk of each message under way; tell whether there was anything to do."""
        done = False
        for broadcast_id in await self._database.read(lambda uow: uow.broadcasts.ready(broadcast_work.AHEAD)):
            if self.stopping:
                break
            done = await self._go_on(broadcast_id) or done
        return done

    async def _go_on(self, broadcast_id: str) -> bool:
        try:
            if not await self._database.run(partial(_go_on, broadcast_id=broadcast_id)):
                return False
        except Exception as broken:  # noqa: BLE001 - one message must not stop the others
            await put_off(self._database, Thing(KIND, broadcast_id), broken)
        self._committed()
        return True


def _go_on(uow: UnitOfWork, *, broadcast_id: str) -> bool:
    went = broadcast_work.go_on(uow, broadcast_id)
    uow.stuck.forget(Thing(KIND, broadcast_id))
    return went

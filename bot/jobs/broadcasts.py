"""Sends broadcasts: stores the recipients of each, then queues them in chunks as delivery gets on."""

from collections.abc import Awaitable, Callable
from functools import partial

from bot.chat.ports import Database
from bot.core.messages import gathering as broadcast_gathering
from bot.core.messages import work as broadcast_work
from bot.core.messages.broadcasts import KIND
from bot.core.ports import UnitOfWork
from bot.core.stuck import TrackedItem
from bot.jobs.breaking import put_off
from bot.jobs.worker import Worker


class BroadcastWorker(Worker):
    """The worker of broadcasts; any number of replicas may run it."""

    # Each delivered notice makes room for another; this is how often the worker looks for room.
    poll_seconds = 1.0

    def __init__(self, database: Database) -> None:
        """Work on the broadcasts in a database."""
        super().__init__()
        self._database = database

    async def round(self) -> bool:
        """Store recipients and queue a chunk of each broadcast under way; tell whether there was work."""
        done = False
        for broadcast_id in await self._database.read(lambda uow: uow.broadcasts.gathering()):
            if self.stopping:
                break
            done = await self._try_part(broadcast_id, self._gather) or done
        for broadcast_id in await self._database.read(lambda uow: uow.broadcasts.ready(broadcast_work.AHEAD)):
            if self.stopping:
                break
            done = await self._try_part(broadcast_id, self._go_on) or done
        return done

    async def _go_on(self, broadcast_id: str) -> bool:
        return await self._database.run(partial(_do_part, broadcast_id=broadcast_id, do=broadcast_work.go_on))

    async def _gather(self, broadcast_id: str) -> bool:
        """Store a broadcast's recipients in chunks; they are looked up on a reader, which blocks nobody."""
        found = await self._database.read(
            partial(broadcast_gathering.next_recipients, broadcast_id=broadcast_id)
        )
        if found is None:
            return False
        after, people = found
        for some in broadcast_gathering.chunks(people):
            chunk = partial(broadcast_gathering.go_on, after=after, people=some)
            unit = partial(_do_part, broadcast_id=broadcast_id, do=chunk)
            if self.stopping or not await self._database.run(unit):
                break
            after = some[-1] if some else after
        return True

    async def _try_part(self, broadcast_id: str, do: Callable[[str], Awaitable[bool]]) -> bool:
        try:
            if not await do(broadcast_id):
                return False
        except Exception as broken:  # noqa: BLE001 - one broadcast must not stop the others
            await put_off(self._database, TrackedItem(KIND, broadcast_id), broken)
        return True


def _do_part(uow: UnitOfWork, *, broadcast_id: str, do: Callable[[UnitOfWork, str], bool]) -> bool:
    """Do a part of a broadcast, which is then not stuck any more; tell whether there was any work."""
    found_work = do(uow, broadcast_id)
    uow.stuck.forget(TrackedItem(KIND, broadcast_id))
    return found_work

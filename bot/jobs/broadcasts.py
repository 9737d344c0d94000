"""Sends messages to many, a chunk a unit: whom one is for is stored, then queued as there is room."""

from collections.abc import Awaitable, Callable
from functools import partial

from bot.chat.ports import Database
from bot.core import broadcast_gathering, broadcast_work
from bot.core.broadcasts import KIND
from bot.core.ports import UnitOfWork
from bot.core.stuck import Thing
from bot.jobs.breaking import put_off
from bot.jobs.worker import Worker


class BroadcastWorker(Worker):
    """The worker of messages to many: any number of replicas may run it, one at a time has a message."""

    # What delivery has sent makes room for the next: it is looked for so often.
    poll_seconds = 1.0

    def __init__(self, database: Database) -> None:
        """Work on a database."""
        super().__init__()
        self._database = database

    async def round(self) -> bool:
        """Queue one chunk of each message under way; tell whether there was anything to do."""
        done = False
        for broadcast_id in await self._database.read(lambda uow: uow.broadcasts.gathering()):
            if self.stopping:
                break
            done = await self._tried(broadcast_id, self._gather) or done
        for broadcast_id in await self._database.read(lambda uow: uow.broadcasts.ready(broadcast_work.AHEAD)):
            if self.stopping:
                break
            done = await self._tried(broadcast_id, self._go_on) or done
        return done

    async def _go_on(self, broadcast_id: str) -> bool:
        return await self._database.run(partial(_went, broadcast_id=broadcast_id, do=broadcast_work.go_on))

    async def _gather(self, broadcast_id: str) -> bool:
        """Store whom a message is for: looked up on a reader, where nobody waits for it, in chunks."""
        found = await self._database.read(partial(broadcast_gathering.following, broadcast_id=broadcast_id))
        if found is None:
            return False
        after, people = found
        for some in broadcast_gathering.chunks(people):
            chunk = partial(broadcast_gathering.go_on, after=after, people=some)
            unit = partial(_went, broadcast_id=broadcast_id, do=chunk)
            if self.stopping or not await self._database.run(unit):
                break
            after = some[-1] if some else after
        return True

    async def _tried(self, broadcast_id: str, do: Callable[[str], Awaitable[bool]]) -> bool:
        try:
            if not await do(broadcast_id):
                return False
        except Exception as broken:  # noqa: BLE001 - one message must not stop the others
            await put_off(self._database, Thing(KIND, broadcast_id), broken)
        return True


def _went(uow: UnitOfWork, *, broadcast_id: str, do: Callable[[UnitOfWork, str], bool]) -> bool:
    """Go on with a message; what was in its way is forgotten."""
    went = do(uow, broadcast_id)
    uow.stuck.forget(Thing(KIND, broadcast_id))
    return went

"""Watches how fast codes are redeemed, and tells a school's admins once of a rush."""

from collections.abc import Callable
from functools import partial

from bot.chat.runner import Database
from bot.core import leaks
from bot.jobs.worker import Worker


class LeakWatch(Worker):
    """The worker that looks for codes that leak. Redeeming one costs nothing more by it."""

    poll_seconds = 30.0

    def __init__(
        self, database: Database, watch: leaks.Watch, committed: Callable[[], None] = lambda: None
    ) -> None:
        """Look into a database; `committed` is called when somebody is to be told."""
        super().__init__()
        self._database = database
        self._watch = watch
        self._committed = committed

    async def round(self) -> bool:
        """Look once; there is nothing more to do before the next time."""
        for invitation_id in await self._database.read(partial(leaks.rushes, watch=self._watch)):
            await self._database.run(partial(leaks.tell_admins, invitation_id=invitation_id))
            self._committed()
        return False

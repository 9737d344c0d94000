"""Workers that claim jobs stored in the database, so that each job is done by one worker at a time."""

import secrets
from abc import abstractmethod
from datetime import datetime
from typing import ClassVar

from bot.chat.ports import Database
from bot.core.ports import Clock, UnitOfWork
from bot.core.stuck import TrackedItem
from bot.jobs.breaking import put_off
from bot.jobs.worker import Worker


class ClaimingWorker(Worker):
    """A worker for jobs of one kind, the oldest first; a job that fails is put off, and the others go on."""

    poll_seconds = 5.0
    kind: ClassVar[str]

    def __init__(self, database: Database, clock: Clock) -> None:
        """Work on the jobs in a database, under a random name of this worker's own."""
        super().__init__()
        self.database = database
        self.name = secrets.token_hex(8)
        self._clock = clock

    @abstractmethod
    def waiting(self, uow: UnitOfWork, now: datetime) -> str | None:
        """Return the id of the oldest job that no other worker has claimed; None if there is none."""

    @abstractmethod
    async def go_on(self, piece: str) -> None:
        """Do a part of a job, unless another worker has claimed it."""

    async def round(self) -> bool:
        """Do one part of the oldest job that no other worker has claimed; tell whether there was one."""
        now = self._clock.now()
        piece = await self.database.read(lambda uow: self.waiting(uow, now))
        if piece is None:
            return False
        try:
            await self.go_on(piece)
        except Exception as broken:  # noqa: BLE001 - one job must not stop the others
            await put_off(self.database, TrackedItem(self.kind, piece), broken)
        return True

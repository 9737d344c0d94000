"""Work that lies in the database in pieces: a worker takes the oldest that no other has, and does a part."""

import secrets
from abc import abstractmethod
from datetime import datetime
from typing import ClassVar

from bot.chat.ports import Database
from bot.core.ports import Clock, UnitOfWork
from bot.core.stuck import Thing
from bot.jobs.breaking import put_off
from bot.jobs.worker import Worker


class ClaimingWorker(Worker):
    """A worker of one kind of pieces. One that breaks is put off, so that it does not stop the others."""

    poll_seconds = 5.0
    kind: ClassVar[str]

    def __init__(self, database: Database, clock: Clock) -> None:
        """Work on a database."""
        super().__init__()
        self.database = database
        self.name = secrets.token_hex(8)
        self._clock = clock

    @abstractmethod
    def waiting(self, uow: UnitOfWork, now: datetime) -> str | None:
        """Find the oldest piece that no other worker has at this moment."""

    @abstractmethod
    async def go_on(self, piece: str) -> None:
        """Do a part of a piece, unless another worker has it."""

    async def round(self) -> bool:
        """Do one part of the oldest piece that no other worker has; tell whether there was one."""
        now = self._clock.now()
        piece = await self.database.read(lambda uow: self.waiting(uow, now))
        if piece is None:
            return False
        try:
            await self.go_on(piece)
        except Exception as broken:  # noqa: BLE001 - one piece must not stop the others
            await put_off(self.database, Thing(self.kind, piece), broken)
        return True

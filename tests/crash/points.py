"""Counts the database statements and Slack calls of a process, and kills it at one of them."""

import os
import signal
import threading
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event

from bot.chat.notifier import Notifier
from bot.chat.replies import Card
from bot.core.notices.notices import Destination
from bot.storage.database import PostgresDatabase, SqliteDatabase
from tests.storage.statements import before_statements


@dataclass
class Points:
    """Counts points: every statement, commit and Slack call after it is `armed`.

    The process dies at the point `kill_at`, or `delay` seconds after it, such as in the middle of a commit.
    """

    kill_at: int
    delay: float = 0.0
    armed: bool = False
    passed: int = 0

    def reached(self, *_: object) -> None:
        """Count a point, and die if it is the one to die at."""
        if not self.armed:
            return
        self.passed += 1
        if self.passed != self.kill_at:
            return
        if self.delay:
            threading.Thread(target=self._die_later, daemon=True).start()
        else:
            die()

    def _die_later(self) -> None:
        time.sleep(self.delay)
        die()


def die() -> None:
    """Kill the own process, which closes and reports nothing."""
    os.kill(os.getpid(), signal.SIGKILL)


def watch(database: SqliteDatabase | PostgresDatabase, points: Points) -> None:
    """Count every statement and commit of a database's writers as a point."""
    if isinstance(database, SqliteDatabase):
        database._writer._connection.set_trace_callback(points.reached)
        return
    engine = database._writers.sync_engine
    before_statements(database, points.reached).__enter__()  # until the process ends
    for where, what in ((engine, "commit"), (engine.pool, "checkin")):
        event.listen(where, what, lambda *_: points.reached())


@dataclass
class Watched:
    """A notifier that counts a point before and after each call."""

    notifier: Notifier
    points: Points

    async def post(self, to: Destination, card: Card, key: str = "") -> Any:
        self.points.reached()
        place = await self.notifier.post(to, card, key)
        self.points.reached()
        return place

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        self.points.reached()
        await self.notifier.redraw(to, channel, message, card)
        self.points.reached()

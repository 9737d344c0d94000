"""The contenders that redeem codes: Homeroom, and the same statements without Homeroom."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.door import Door
from benchmarks.recording import Replay
from bot.chat.replies import Card

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")


@dataclass
class Homeroom:
    """Redeems through the Runner; `render` does what a front does with the card."""

    name: str
    door: Door
    render: Callable[[Card], object] = lambda card: card
    people: Iterator[int] = field(default_factory=lambda: count(10**17))

    async def redeem(self, operations: int, at_once: int) -> None:
        """Redeem through the Runner."""
        await in_lanes(operations, at_once, self._one)

    async def _one(self) -> None:
        self.render(await self.door.redeem(str(next(self.people))))


@dataclass
class BareAiosqlite:
    """The statements on one aiosqlite connection: one thread hop per statement, one commit per redemption."""

    name: str
    connection: aiosqlite.Connection
    replay: Replay
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def redeem(self, operations: int, at_once: int) -> None:
        """Run the statements, one redemption after the other."""
        await in_lanes(operations, at_once, self._one)

    async def _one(self) -> None:
        async with self.lock:
            await self.connection.execute("BEGIN IMMEDIATE")
            for statement, values, reads in self.replay.turn():
                if reads:
                    await self.connection.execute_fetchall(statement, values)
                else:
                    await self.connection.execute(statement, values)
            await self.connection.execute("COMMIT")


@dataclass
class RawSqlite:
    """The statements by sqlite3 on a thread that does nothing else, with one commit per redemption."""

    name: str
    connection: sqlite3.Connection
    replay: Replay

    async def redeem(self, operations: int, at_once: int) -> None:
        """Run the redemptions one after the other: there is no "at once" on a single thread."""
        del at_once
        for _ in range(operations):
            self._one()

    def _one(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for statement, values, reads in self.replay.turn():
            cursor = self.connection.execute(statement, values)
            if reads:
                cursor.fetchall()
        self.connection.execute("COMMIT")


@dataclass
class BareCore:
    """The statements by SQLAlchemy Core over asyncpg: a pooled connection and a commit per redemption."""

    name: str
    engine: AsyncEngine
    replay: Replay

    async def redeem(self, operations: int, at_once: int) -> None:
        """Run the statements in `at_once` transactions at the same time."""
        await in_lanes(operations, at_once, self._one)

    async def _one(self) -> None:
        async with self.engine.begin() as connection:
            for statement, values, reads in self.replay.turn():
                result = await connection.execute(statement, values)
                if reads:
                    result.all()


async def in_lanes(operations: int, at_once: int, one: Callable[[], Awaitable[None]]) -> None:
    """Call `one` this many times in all, `at_once` calls at the same time."""
    left = iter(range(operations))

    async def lane() -> None:
        for _ in left:
            await one()

    async with asyncio.TaskGroup() as lanes:
        for _ in range(at_once):
            lanes.create_task(lane())

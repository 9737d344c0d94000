"""A redemption through the Runner, beside the same statements without it."""

import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import aiosqlite
import asyncpg
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks import orm, postgres
from benchmarks.contenders import BareAiosqlite, BareCore, Homeroom, RawSqlite
from benchmarks.door import furnish, open_door
from benchmarks.one_statement import OneStatement
from benchmarks.recording import (
    PEOPLE,
    Recording,
    Replay,
    core_statements,
    driver_statements,
    noting_connections,
    recording,
)
from benchmarks.windows import Contender, Size, Times, measure
from bot.chat.replies import Card
from bot.platforms.discord.rendering.render import render as render_discord
from bot.platforms.slack.rendering.render import render as render_slack

HOMEROOM = "Homeroom"
DRAWN: Mapping[str, Callable[[Card], object]] = {
    f"{HOMEROOM}, drawn for Discord": render_discord,
    f"{HOMEROOM}, drawn for Slack": render_slack,
}
AIOSQLITE, RAW, CORE = "bare aiosqlite", "raw sqlite3, one thread", "bare Core + asyncpg"
ORM, ONE = "the usual ORM", "one statement by asyncpg"
# Tables in which all contenders must have written the same number of rows.
_TABLES = (
    "persons",
    "accounts",
    "memberships",
    "assignments",
    "join_requests",
    "redemptions",
    "audit_entries",
    "outbox",
)
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")


@dataclass(frozen=True)
class Report:
    """The times by how many redeem at once, and the number of statements of one redemption."""

    statements: int
    times: Mapping[int, Times]
    bare: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the contenders, sorted."""
        return tuple(sorted(next(iter(self.times.values())).seconds))


async def on_sqlite(folder: Path, approval: str, size: Size) -> Report:
    """Measure on SQLite; every contender has a copy of the same file."""
    furnished = folder / "furnished.db"
    await furnish(_url(furnished), approval)

    def copy(name: str) -> Path:
        return Path(shutil.copy(furnished, folder / f"{name}.db"))

    recorded = await _recorded_on_sqlite(_url(copy("recorded")))
    async with AsyncExitStack() as stack:
        contenders: list[Contender] = []
        index = ""
        for name in (HOMEROOM, *DRAWN):
            door = await stack.enter_async_context(open_door(_url(copy(name))))
            contenders.append(Homeroom(name, door, DRAWN.get(name, _not_drawn)))
            index = door.code_index
        bare = await stack.enter_async_context(aiosqlite.connect(copy(AIOSQLITE), isolation_level=None))
        raw = stack.enter_context(closing(sqlite3.connect(copy(RAW), isolation_level=None)))
        for pragma in _PRAGMAS:
            await bare.execute(f"PRAGMA {pragma}")
            raw.execute(f"PRAGMA {pragma}")
        contenders += [
            BareAiosqlite(AIOSQLITE, bare, Replay(recorded)),
            RawSqlite(RAW, raw, Replay(recorded)),
        ]
        also: tuple[str, ...] = ()
        if approval == "automatic":  # the ORM's redemption is written only for this
            made = orm.sessions(copy(ORM))
            stack.push_async_callback(made.kw["bind"].dispose)
            contenders.append(orm.UsualOrm(ORM, made, index))
            also = (ORM,)
        times = await measure(contenders, size)
    _same_work([_counts(folder / f"{one.name}.db") for one in contenders])
    return Report(len(recorded.steps), times, (AIOSQLITE, RAW, *also))


async def on_postgresql(server: URL, approval: str, size: Size) -> Report:
    """Measure on PostgreSQL; every contender has a copy of the same database."""
    furnished = f"furnished, {approval}"
    await furnish(_address(await postgres.database(server, furnished)), approval)

    async def copy(name: str) -> URL:
        return await postgres.database(server, f"{name}, {approval}", furnished)

    recorded = await _recorded_on_postgresql(_address(await copy("recorded")))
    own, other = await copy(HOMEROOM), await copy(CORE)
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(open_door(_address(own)))
        engine = create_async_engine(
            other.set(drivername="postgresql+asyncpg"), pool_size=16, pool_use_lifo=True
        )
        stack.push_async_callback(engine.dispose)
        contenders: list[Contender] = [Homeroom(HOMEROOM, door), BareCore(CORE, engine, Replay(recorded))]
        databases, bare = [own, other], [CORE]
        if approval == "automatic":  # the statement is written only for this
            databases.append(await copy(ONE))
            plain = databases[-1].set(drivername="postgresql")
            pool = await asyncpg.create_pool(_address(plain), min_size=16, max_size=16)
            stack.push_async_callback(pool.close)
            contenders.append(OneStatement(ONE, pool, door.code_index))
            bare.append(ONE)
        times = await measure(contenders, size)
    _same_work([await postgres.counts(one, _TABLES) for one in databases])
    return Report(len(recorded.steps), times, tuple(bare))


async def _recorded_on_sqlite(url: str) -> Recording:
    found = []
    async with AsyncExitStack() as stack:
        with noting_connections():
            door = await stack.enter_async_context(open_door(url))
        for name in PEOPLE:
            with driver_statements() as notes:
                await door.redeem(name)
            found.append(notes)
    return recording(*found)


async def _recorded_on_postgresql(url: str) -> Recording:
    async with open_door(url) as door:
        found = []
        for name in PEOPLE:
            with core_statements() as notes:
                await door.redeem(name)
            found.append(notes)
    return recording(*found)


def _not_drawn(card: Card) -> Card:
    return card


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


def _address(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _counts(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in _TABLES
        }


def _same_work(counts: Sequence[Mapping[str, int]]) -> None:
    if any(other != counts[0] for other in counts):
        raise AssertionError(f"The contenders did not do the same work: {counts}")

"""A roster import, from a sheet to members, beside plain inserts of the same rows."""

import asyncio
import multiprocessing
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.contenders import PRAGMAS
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rosters import applying, planning, rows
from bot.core.rosters.exporting import HEADER
from bot.core.rosters.imports import Options, Place, Planned
from bot.core.rosters.sheet import Sheet
from bot.jobs.rosters import RosterWorker
from bot.storage.database import PostgresDatabase, SqliteDatabase
from tests.world import World, caller, open_world

# The tables of the people who are added, and with them the one that lets an import be undone.
PEOPLE = ("persons", "person_emails", "memberships", "assignments")
ALL = (*PEOPLE, "roster_rows")
_ADA = caller("ada", administers=True)
_KIB = 1024


@dataclass(frozen=True)
class Taken:
    """What an import took: seconds, the process's peak memory in MB, the longest wait of another writer."""

    seconds: float
    memory: float
    waited: float


@dataclass(frozen=True)
class Found:
    """The median ratios to plain inserts, in rows per second, with the time and the memory of an import."""

    number: int
    people: float
    everything: float
    seconds: float
    memory: float


def measure(folder: Path, *, number: int, rounds: int) -> Found:
    """Measure both in turns; each starts with a copy of the same file."""
    empty = folder / "empty.db"
    asyncio.run(_furnish(empty))
    taken: list[Taken] = []
    people: list[float] = []
    everything: list[float] = []
    for turn in range(rounds):
        imported = _copy(empty, folder / f"imported-{turn}.db")
        taken.append(in_process(imported, number, watched=False))
        for tables, ratios in ((PEOPLE, people), (ALL, everything)):
            bare = _copy(empty, folder / f"bare-{turn}.db")
            ratios.append(_bare(imported, bare, tables) / taken[-1].seconds)
            bare.unlink()
    return Found(
        number,
        median(people),
        median(everything),
        median(one.seconds for one in taken),
        max(one.memory for one in taken),
    )


def waiting(folder: Path, *, number: int) -> Taken:
    """Import while another writer writes all the time; the result has its longest wait."""
    empty = folder / "empty too.db"
    asyncio.run(_furnish(empty))
    return in_process(_copy(empty, folder / "watched.db"), number, watched=True)


def _copy(source: Path, target: Path) -> Path:
    return Path(shutil.copy(source, target))


async def _furnish(path: Path) -> None:
    async with open_world(f"sqlite:///{path}") as world:
        await world.runner.type("/school create Maple", _ADA)


def in_process(path: Path, number: int, *, watched: bool) -> Taken:
    """Import in a separate process, so that its memory can be measured."""
    context = multiprocessing.get_context("spawn")
    hears, tells = context.Pipe(duplex=False)
    process = context.Process(target=_process, args=(path, number, watched, tells))
    process.start()
    taken: Taken = hears.recv()
    process.join()
    return taken


def _process(path: Path, number: int, watched: bool, tells: "Connection[Taken, Taken]") -> None:
    tells.send(asyncio.run(_import(path, number, watched=watched)))


def sheet(number: int) -> Sheet:
    """Make a table with all columns, each row about another person."""
    return Sheet(
        "people.csv",
        HEADER,
        tuple(
            (
                f"first{one}.last{one}@example.org",
                f"First{one}",
                f"Last{one}",
                "Maple",
                "Teacher",
                "Maths; Art",
                f"{one % 12}",
                "Q",
                f"{one:07}",
            )
            for one in range(number)
        ),
    )


async def _import(path: Path, number: int, *, watched: bool) -> Taken:
    table = sheet(number)
    async with open_world(f"sqlite:///{path}") as world:
        stop = asyncio.Event()
        watcher = asyncio.create_task(_watch(world.database, stop)) if watched else None
        began = perf_counter()
        await _imported(world, table)
        seconds = perf_counter() - began
        stop.set()
        waited = await watcher if watcher else 0.0
    return Taken(seconds, _memory(), waited)


def _memory() -> float:
    """Return the peak memory of this process in MB, without that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (peak,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / _KIB


async def _imported(world: World, table: Sheet) -> None:
    """Read, plan and apply a roster, as the commands and the worker do."""
    reading = await asyncio.to_thread(rows.read, table)
    planned = await world.database.run(partial(_plan, reading=reading))
    await world.database.run(lambda uow: applying.apply(uow, _actor(uow), planned.roster.id))
    work = RosterWorker(world.database, world.clock)
    while await work.round():
        pass


def _actor(uow: UnitOfWork) -> Actor:
    return Actor(_ADA, uow.people.by_account(_ADA.account))


def _plan(uow: UnitOfWork, *, reading: rows.Reading) -> Planned:
    school = uow.schools.overseen(None, "Maple", 1)[0]
    planned = planning.plan(uow, _actor(uow), Place(school), reading, Options())
    if not isinstance(planned, Planned):
        raise TypeError(planned)
    return planned


async def _watch(database: SqliteDatabase | PostgresDatabase, stop: asyncio.Event) -> float:
    """Write again and again until `stop`; return the longest wait in seconds."""
    longest = 0.0
    while not stop.is_set():
        began = perf_counter()
        await database.run(lambda uow: uow.schools.lock("nobody's"))
        longest = max(longest, perf_counter() - began)
        await asyncio.sleep(0.01)
    return longest


def _bare(imported: Path, bare: Path, tables: tuple[str, ...]) -> float:
    """Insert the rows that an import has written, table by table; return the seconds that this took."""
    with closing(sqlite3.connect(imported)) as source:
        source.execute("ATTACH DATABASE ? AS empty", (str(bare),))
        found = {
            table: source.execute(f"SELECT * FROM main.{table} EXCEPT SELECT * FROM empty.{table}").fetchall()  # noqa: S608
            for table in ("roster_imports", *tables)
        }
    with closing(sqlite3.connect(bare, isolation_level=None)) as target:
        for pragma in (*PRAGMAS, "secure_delete=ON"):
            target.execute(f"PRAGMA {pragma}")
        began = perf_counter()
        target.execute("BEGIN IMMEDIATE")
        for table, written in found.items():
            places = ", ".join("?" * len(written[0]))
            target.executemany(f"INSERT INTO {table} VALUES ({places})", written)  # noqa: S608
        target.execute("COMMIT")
        return perf_counter() - began

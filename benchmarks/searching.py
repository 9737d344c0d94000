"""Searches among a million members, beside the look-up of one of them by its key."""

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import median
from time import perf_counter

import asyncpg
from sqlalchemy import URL

from benchmarks.door import Door, furnish, open_door, person
from bot.core.ids import new_id
from bot.core.people.directory import MOST_FOUND
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform, WorkspaceKey
from tests.world import START

_AT_ONCE = 20_000
_PAGE = 11
_ADMIN = person("admin", administers=True)
KEY = "a look-up by the primary key"
# The columns that are written for each generated member, by table.
_TABLES = {
    "persons": ("id", "name", "search_name", "created_at"),
    "person_emails": ("key", "person_id", "address"),
    "memberships": ("id", "school_id", "person_id", "standing", "access", "visibility", "created_at"),
}


@dataclass(frozen=True)
class Report:
    """The median and the 95th percentile of each kind of search, in milliseconds."""

    members: int
    repository: Mapping[str, tuple[float, float]]
    command: Mapping[str, tuple[float, float]]

    def shown(self) -> str:
        """Return the results as a table."""
        lines = []
        for title, times in (("below the commands", self.repository), ("whole commands", self.command)):
            lines.append(f"  {title:<48}{'times the key':>14}{'ms p50':>9}{'ms p95':>9}")
            for name, (half, most) in times.items():
                lines.append(f"    {name:<46}{half / times[KEY][0]:>14.2f}{half:>9.2f}{most:>9.2f}")
        return "\n".join(lines)


class Names:
    """Generates names with realistic frequencies: some are shared by many people, others are rare."""

    def __init__(self) -> None:
        """Seed the generator, so that it makes the same names each time."""
        self._random = random.Random(7)
        known = ([self._name(2, 3) for _ in range(3000)], [self._name(2, 4) for _ in range(60_000)])
        # About one person in a hundred has the most frequent first name, and the most frequent last name.
        self._known = [(of, list(accumulate(1 / (20 + rank) for rank in range(len(of))))) for of in known]

    def _name(self, least: int, most: int) -> str:
        pairs = range(self._random.randint(least, most))
        return "".join(self._random.choice("bcdfghklmnprstvw") + self._random.choice("aeiou") for _ in pairs)

    def next(self) -> tuple[str, str]:
        """Return the first and the last name of the next person."""
        first, last = (self._random.choices(of, cum_weights=by)[0] for of, by in self._known)
        return first, last


def rows(number: int, school_id: str) -> Iterator[dict[str, tuple[object, ...]]]:
    """Generate this many members of a school; yield the rows of each by table."""
    names = Names()
    for one in range(number):
        first, last = names.next()
        of, name, key = new_id(START), f"{first.title()} {last.title()}", f"{first}.{last}{one}@example.org"
        yield {
            "persons": (of, name, name.casefold(), START),
            "person_emails": (key, of, key),
            "memberships": (new_id(START), school_id, of, "active", "ok", "listed", START),
        }


async def on_sqlite(folder: Path, number: int, turns: int, kept: Path | None = None) -> Report:
    """Measure on SQLite; `kept` is a file to use if it was filled before, or else to fill and keep."""
    path = kept or folder / "searched.db"
    url = f"sqlite:///{path}"
    if not path.exists():
        await furnish(url, "automatic")
        async with open_door(url) as door:
            school_id = await door.database.read(school_of_door)
        await asyncio.to_thread(fill_sqlite, path, number, school_id)
    async with open_door(url) as door:
        await index_names(door)
        return await _measured(door, number, turns)


async def index_names(door: Door) -> None:
    """Add all members to the index of name parts, as the sweep does in small batches."""
    while await door.database.run(lambda uow: uow.name_parts.index_newcomers(_AT_ONCE)):
        pass


def fill_sqlite(path: Path, number: int, school_id: str) -> None:
    """Add so many members to a school, as they would be after long."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for some in _batches(rows(number, school_id)):
            connection.execute("BEGIN")
            for table, columns in _TABLES.items():
                places = ", ".join("?" * len(columns))
                written = [tuple(map(_plain, one[table])) for one in some]
                connection.executemany(
                    f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})",  # noqa: S608 - names of ours
                    written,
                )
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _plain(value: object) -> object:
    return START.strftime("%Y-%m-%d %H:%M:%S.%f") if value is START else value


async def on_postgresql(url: URL, number: int, turns: int) -> Report:
    """Measure on PostgreSQL, in a database that is empty or was filled before."""
    address = url.render_as_string(hide_password=False)
    plain = await asyncpg.connect(address)
    if await plain.fetchval("SELECT to_regclass('member_texts') IS NULL"):
        await furnish(address, "automatic")
        async with open_door(address) as door:
            school_id = await door.database.read(school_of_door)
        await fill_postgresql(plain, number, school_id)
    await plain.close()
    async with open_door(address) as door:
        return await _measured(door, number, turns)


async def fill_postgresql(plain: asyncpg.Connection, number: int, school_id: str) -> None:
    """Add so many members to a school, as they would be after long."""
    for some in _batches(rows(number, school_id)):
        for table, columns in _TABLES.items():
            await plain.copy_records_to_table(table, columns=columns, records=[one[table] for one in some])
    await plain.execute("VACUUM ANALYZE")


def _batches(
    made: Iterator[dict[str, tuple[object, ...]]],
) -> Iterator[list[dict[str, tuple[object, ...]]]]:
    while some := [one for _, one in zip(range(_AT_ONCE), made, strict=False)]:
        yield some


def school_of_door(uow: UnitOfWork) -> str:
    """Return the id of the door's school."""
    return uow.schools.linked_to(WorkspaceKey(Platform.DISCORD, "1"))[0].id


@dataclass(frozen=True)
class _Searched:
    """A member to search for, by the key, or by the beginning or the middle of their name or address."""

    membership: str
    name: str
    email: str

    @property
    def typed(self) -> dict[str, str]:
        """The texts to search for, by the kind of search."""
        first, last = self.name.casefold().split(" ")
        return {
            "a name's beginning, 3 letters": first[:3],
            "a name's beginning, all but 2 letters": self.name[:-2],
            "an address's beginning, 6 letters": self.email[:6],
            "an address's beginning, to the @": self.email.partition("@")[0],
            "a part in the middle, 3 letters": last[1:4],
            "a part in the middle, 5 letters": last[1:6],
            "an address's middle": self.email[3:].partition("@")[0],
            "a part that nobody has": f"{last[:3]}{first[:3]}q",
        }


async def _measured(door: Door, number: int, turns: int) -> Report:
    school_id = await door.database.read(school_of_door)
    someone = await door.database.read(lambda uow: _someone(uow, school_id, min(number, 20_000), turns))
    far = await door.database.read(lambda uow: _far(uow, school_id, number * 9 // 10))
    below: dict[str, list[float]] = {}
    whole: dict[str, list[float]] = {}
    for who in someone:
        looks = {KEY: _look_up(school_id, who.membership)}
        looks |= {name: _search(school_id, text) for name, text in who.typed.items()}
        looks["the first page"] = _search(school_id, "")
        looks["the page at nine tenths"] = _search(school_id, "", far)
        commands: dict[str, tuple[str, dict[str, object]]] = {
            KEY: ("member open", {"person": who.membership})
        }
        commands |= {name: ("member list", {"search": text[:40]}) for name, text in who.typed.items()}
        commands["the first page"] = ("member list", {})
        commands["the page at nine tenths"] = (
            "member more",
            {"after": far, "of": PeopleFilter(school_id).pack()},
        )
        for name, look in random.sample(list(looks.items()), len(looks)):
            below.setdefault(name, []).append(await _timed(partial(door.database.read, look)))
        for name, (command, values) in random.sample(list(commands.items()), len(commands)):
            whole.setdefault(name, []).append(await _timed(partial(_run, door, command, values)))
    order = list(looks)
    return Report(number, *({name: _summed(times[name]) for name in order} for times in (below, whole)))


async def _timed(one: Callable[[], Awaitable[object]]) -> float:
    began = perf_counter()
    await one()
    return (perf_counter() - began) * 1000


def _summed(times: Sequence[float]) -> tuple[float, float]:
    return median(times), sorted(times)[len(times) * 95 // 100]


async def _run(door: Door, command: str, values: Mapping[str, object]) -> None:
    reply = await door.runner.run(command, _ADMIN, values)
    if reply.refused:
        raise TypeError(f"Not shown: {reply}")


def _look_up(school_id: str, membership_id: str) -> Callable[[UnitOfWork], object]:
    return lambda uow: uow.members.by_id(school_id, membership_id)


def _search(school_id: str, text: str, after: str | None = None) -> Callable[[UnitOfWork], object]:
    wanted = PeopleFilter(school_id, text=text)

    def unit(uow: UnitOfWork) -> object:
        found = uow.members.listed(wanted, after=after, limit=_PAGE)
        full = len(found) == _PAGE  # otherwise all are on this page, and nothing is counted
        return found, uow.members.count(wanted, most=MOST_FOUND) if text and full else None

    return unit


def _someone(uow: UnitOfWork, school_id: str, of: int, turns: int) -> list[_Searched]:
    """Return random members from all parts of the list."""
    names = Names()
    wanted = sorted(random.sample(range(of), turns))
    made = {one: names.next() for one in range(of)}
    found = []
    for one in wanted:
        first, last = made[one]
        text = f"{first}.{last}{one}@example.org"
        (member,) = uow.members.listed(PeopleFilter(school_id, text=text), after=None, limit=2)
        found.append(_Searched(member.membership.id, member.name, text))
    return random.sample(found, len(found))


def _far(uow: UnitOfWork, school_id: str, number: int) -> str:
    """Return the membership id at a position in the list, which is read in large pages."""
    after = None
    while number > 0:
        found = uow.members.listed(PeopleFilter(school_id), after=after, limit=min(number, _AT_ONCE))
        after = found[-1].membership.id
        number -= _AT_ONCE
    return str(after)

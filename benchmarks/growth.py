"""What single commands cost as a school, a district and a queue of requests grow, with a chart of each."""

import asyncio
import random
import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from time import process_time

from benchmarks.door import Door, furnish, open_door, person
from benchmarks.searching import fill_sqlite, index_names, rows, school_of_door
from bot.core.ids import new_id
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from tests.world import START

_ADMIN = person("admin", administers=True)
_AT = START.strftime("%Y-%m-%d %H:%M:%S.%f")
_DISTRICT = "0" * 26
REDEEM, LOOK, PAGE, APPROVE = "redeem a code", "open a member", "a page of the list", "approve a request"
# What grows, and the sizes at which it is measured.
AXES: Mapping[str, Sequence[int]] = {
    "members of a school": (1_000, 10_000, 100_000, 1_000_000),
    "schools of a district": (1, 10, 100, 1_000, 10_000),
    "requests that wait": (1, 10, 100, 1_000, 10_000, 100_000),
}


@dataclass
class Point:
    """A Homeroom that has grown to a size along one axis, and what each command took there."""

    axis: str
    size: int
    door: Door
    school: str
    member: str
    page: tuple[str, Mapping[str, object]]
    times: dict[str, list[float]] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=count)

    async def turn(self) -> None:
        """Redeem a code, approve the request, open a member and a page; record the processor time of each."""
        name = f"comer{next(self.numbers)}"
        await self._timed(REDEEM, person(name), "join", {"code": self.door.code})
        request = await self.door.database.read(lambda uow: _request(uow, self.school, name))
        await self._timed(APPROVE, _ADMIN, "request approve", {"request": request})
        await self._timed(LOOK, _ADMIN, "member open", {"person": self.member})
        await self._timed(PAGE, _ADMIN, *self.page)

    async def _timed(self, what: str, who: object, command: str, values: Mapping[str, object]) -> None:
        began = process_time()
        reply = await self.door.runner.run(command, who, values)  # type: ignore[arg-type]
        taken = process_time() - began
        if reply.refused:
            raise TypeError(f"{self.axis}, {self.size}: {command} was refused: {reply}")
        self.times.setdefault(what, []).append(taken * 1000)


def _request(uow: UnitOfWork, school: str, name: str) -> str:
    known = uow.people.by_account(AccountKey("discord", name))
    found = uow.join_requests.pending_of(school, known.id) if known else None
    if found is None:
        raise LookupError(name)
    return found.id


async def measured(folder: Path, turns: int, most: int, kept: Path | None = None) -> list[Point]:
    """Measure all points in turns; `kept` may have databases, `members-1000.db` and so on, to start from."""
    async with AsyncExitStack() as open_:
        wanted = [(axis, size) for axis, sizes in AXES.items() for size in sizes if size <= most]
        points = [await open_.enter_async_context(_point(folder, *one, kept)) for one in wanted]
        for turn in range(turns + 1):
            for point in random.sample(points, len(points)):
                await point.turn()
            if not turn:  # the first turn pays for what is computed once
                for point in points:
                    point.times.clear()
    return points


@asynccontextmanager
async def _point(folder: Path, axis: str, size: int, kept: Path | None) -> AsyncIterator[Point]:
    path = folder / f"{axis}-{size}.db"
    members = axis == next(iter(AXES))
    filled = kept / f"members-{size}.db" if members and kept else None
    if filled is not None and filled.exists():
        shutil.copy(filled, path)
    else:
        await furnish(f"sqlite:///{path}", "by request")
    async with open_door(f"sqlite:///{path}") as door:
        school = await door.database.read(school_of_door)
    await asyncio.to_thread(_grow, path, axis, size, school, fill=filled is None or not filled.exists())
    async with open_door(f"sqlite:///{path}") as door:
        await index_names(door)
        some = await door.database.read(
            lambda uow: uow.members.listed(PeopleFilter(school), after=None, limit=1000)
        )
        page: tuple[str, Mapping[str, object]] = ("member list", {})
        if axis == "schools of a district":
            page = ("district show", {"district": _DISTRICT})
        if axis == "requests that wait":
            page = ("request list", {})
        yield Point(axis, size, door, school, some[len(some) // 2].membership.id, page)


def _grow(path: Path, axis: str, size: int, school: str, *, fill: bool) -> None:
    if axis == "members of a school" and fill:
        fill_sqlite(path, size, school)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("UPDATE schools SET approval = 'by request'")
        if axis == "schools of a district":
            _schools(connection, size, school)
        if axis == "requests that wait":
            _requests(connection, size, school)
        connection.commit()


def _schools(connection: sqlite3.Connection, size: int, school: str) -> None:
    connection.execute(
        "INSERT INTO districts (id, name, search_name, created_at) VALUES (?, 'North', 'north', ?)",
        (_DISTRICT, _AT),
    )
    connection.execute("UPDATE schools SET district_id = ?", (_DISTRICT,))
    columns = [row[1] for row in connection.execute("PRAGMA table_info(schools)")]
    own = dict(zip(columns, connection.execute("SELECT * FROM schools").fetchone(), strict=True))
    places = ", ".join("?" * len(columns))
    more = (
        {**own, "id": new_id(START), "name": f"School {one}", "search_name": f"school {one}"}
        for one in range(size - 1)
    )
    connection.executemany(
        f"INSERT INTO schools VALUES ({places})",  # noqa: S608 - question marks
        (tuple(one[name] for name in columns) for one in more),
    )
    connection.execute(
        "INSERT INTO assignments (person_id, scope_kind, scope_id, role, granted_at) "
        "SELECT person_id, 'district', ?, 'District Admin', ? FROM memberships WHERE school_id = ?",
        (_DISTRICT, _AT, school),
    )


def _requests(connection: sqlite3.Connection, size: int, school: str) -> None:
    """Add this many join requests, each with a person and a pending membership."""
    for one in rows(size, school):
        of, name, search_name, _ = one["persons"]
        connection.execute(
            "INSERT INTO persons (id, name, search_name, created_at) VALUES (?, ?, ?, ?)",
            (of, name, search_name, _AT),
        )
        connection.execute(
            "INSERT INTO memberships (id, school_id, person_id, standing, access, visibility, created_at) "
            "VALUES (?, ?, ?, 'pending', 'ok', 'listed', ?)",
            (new_id(START), school, of, _AT),
        )
        connection.execute(
            "INSERT INTO join_requests (id, school_id, person_id, issuer, subject, role, state, "
            "submitted_at, reason, answers, late, escalation, further) "
            "VALUES (?, ?, ?, 'discord', ?, 'Viewer', 'pending', ?, '', '[]', '', 0, '')",
            (new_id(START), school, of, f"of {of}", _AT),
        )


def shown(points: Sequence[Point]) -> str:
    """Return a table of the medians, in milliseconds of processor time."""
    lines = []
    for axis in AXES:
        of_axis = [one for one in points if one.axis == axis]
        lines.append(f"  {axis:<24}" + "".join(f"{one.size:>12,}" for one in of_axis))
        lines += [
            f"    {what:<22}" + "".join(f"{median(one.times[what]):>12.2f}" for one in of_axis)
            for what in (REDEEM, LOOK, PAGE, APPROVE)
        ]
    return "\n".join(lines)


def draw(points: Sequence[Point], to: Path) -> None:
    """Draw the medians as lines, with one chart per axis, all to the same scale."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load, and seldom wanted

    figure = Figure(figsize=(12, 4), layout="constrained")
    for axis, plot in zip(AXES, figure.subplots(1, len(AXES), sharey=True), strict=True):
        of_axis = [one for one in points if one.axis == axis]
        for what, mark in zip((REDEEM, LOOK, PAGE, APPROVE), "osD^", strict=True):
            heights = [median(one.times[what]) for one in of_axis]
            plot.plot([one.size for one in of_axis], heights, marker=mark, label=what)
        plot.set_xscale("log")
        plot.set_title(axis)
        plot.grid(visible=True, alpha=0.3)
        plot.set_ylim(bottom=0)
    figure.axes[0].set_ylabel("milliseconds of the processor, median")
    figure.axes[0].legend()
    figure.savefig(to, metadata={"Date": None})

"""python -m benchmarks: measures how fast Homeroom is, as ratios."""

import argparse
import asyncio
import os
import platform
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL, make_url

from benchmarks import (
    broadcasts,
    commands,
    discord_front,
    django_accepts,
    growth,
    postgres,
    roster,
    searching,
    slack_front,
    startup,
    sweeping,
    two,
    waiting,
)
from benchmarks.door import VARIANTS
from benchmarks.redeem import DRAWN, HOMEROOM, Report, on_postgresql, on_sqlite
from benchmarks.served import APART
from benchmarks.windows import Size

_ROWS = 100_000
# How many people are searched for, each in every way.
_SEARCHES = 100
_THINGS = (
    "sqlite",
    "postgresql",
    "slack",
    "discord",
    "commands",
    "django",
    "searching",
    "rosters",
    "messages",
    "startup",
    "growth",
    "sweeping",
)
# How many turns are measured at each size.
_TURNS = 40
_PICTURE = Path(__file__).parents[1] / "docs" / "images" / "growth.svg"
# At most this many rounds of rosters and messages, since each takes as long as many rounds of redemptions.
_MOST_ROUNDS = 5


def _print(title: str, report: Report) -> None:
    print(f"\n{title}: {report.statements} statements\n{_table(report)}", flush=True)


def _table(report: Report) -> str:
    """Return a report as a table: the ratio of each pair, then the medians that these come from."""
    times = report.times
    pairs = [(HOMEROOM, bare) for bare in report.bare]
    pairs += [(name, report.bare[0]) for name in report.names if name in DRAWN]
    rows = [("times as fast", *(f"{number} at once" for number in times))]
    rows += [
        (f"{own} : {bare}", *(f"{one.ratio(own, bare):.2f}" for one in times.values())) for own, bare in pairs
    ]
    rows.append(("milliseconds each", *("" for _ in times)))
    rows += [(name, *(f"{one.milliseconds(name):.2f}" for one in times.values())) for name in report.names]
    return _drawn(rows)


def _drawn(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"  {row[0]:<60}" + "".join(f"{cell:>12}" for cell in row[1:]) for row in rows)


async def _run(size: Size, *, sqlite: bool, postgresql: bool) -> None:
    for title, approval in VARIANTS.items():
        if sqlite:
            with TemporaryDirectory(prefix="bench-") as folder:
                report = await on_sqlite(Path(folder), approval, size)
            _print(f"SQLite, {title}", report)
    if postgresql:
        await _on_postgresql(partial(_redeeming, size=size))


async def _on_postgresql(measure: Callable[[URL], Awaitable[None]]) -> None:
    """Measure on a PostgreSQL server started for this; print a warning if it is not installed."""
    with TemporaryDirectory(prefix="bench-") as folder:
        try:
            with postgres.server(Path(folder) / "server") as server:
                await measure(server)
        except ImportError as missing:
            print(f"\n*** PostgreSQL IS NOT MEASURED: {missing} ***", file=sys.stderr)


async def _redeeming(server: URL, size: Size) -> None:
    for title, approval in VARIANTS.items():
        _print(f"PostgreSQL, {title}", await on_postgresql(server, approval, size))


def _rosters(*, rounds: int) -> None:
    with TemporaryDirectory(prefix="bench-") as folder:
        found = roster.measure(Path(folder), number=_ROWS, rounds=rounds)
        watched = roster.waiting(Path(folder), number=_ROWS // 2)
    print(
        f"\nA roster of {found.number:,} rows, validated and applied, and the same by sqlite3's executemany:"
        f"\n  {found.people:.2f} of its rows a second, to where people are kept;"
        f" {found.everything:.2f} with what undoing takes"
        f"\n  {found.memory:.0f} MB at most; {found.number / found.seconds:,.0f} rows a second"
        f"\n  another writer waits {watched.waited:.1f} s at most, for {_ROWS // 2:,} rows"
    )


async def _fronts(size: Size, only: str | None) -> None:
    """Measure redemptions through whole fronts, from the typed command to the answer."""
    if only in {None, "slack"}:
        with TemporaryDirectory(prefix="bench-") as folder:
            report = await slack_front.measured(Path(folder), size)
        _waited("A redemption by signed HTTP through the whole Slack front", report)
    if only in {None, "discord"}:
        with TemporaryDirectory(prefix="bench-") as folder:
            report = await discord_front.measured(Path(folder), size)
        _waited("A redemption by the gateway through the whole Discord front", report)
    if only in {None, "django"}:
        await _django(size)
    if only in {None, "commands"}:
        with TemporaryDirectory(prefix="bench-") as folder:
            reports = await commands.measured(Path(folder), size)
        for platform, report in reports.items():
            _waited(f"A redemption by {platform}, with all commands and with that one alone", report)


async def _django(size: Size) -> None:
    try:
        with TemporaryDirectory(prefix="bench-") as folder:
            reports = await django_accepts.measured(Path(folder), size)
    except ImportError as missing:
        print(f"\n*** django-invitations IS NOT MEASURED: {missing} ***", file=sys.stderr)
        return
    for ours, report in reports.items():
        _waited(f"Accepting an invitation: {ours}, and django-invitations under gunicorn", report)


def _waited(title: str, report: waiting.Report) -> None:
    print(f"\n{title}\n{_drawn(report.rows())}", flush=True)


async def _searching(members: int, there: str | None) -> None:
    with TemporaryDirectory(prefix="bench-") as folder:
        report = await searching.on_sqlite(Path(folder), members, _SEARCHES)
    print(f"\nA search among {report.members:,} members, SQLite\n{report.shown()}", flush=True)
    if there:
        await _searching_in(make_url(there), members)
    else:
        await _on_postgresql(partial(_searching_there, members=members))


async def _searching_there(server: URL, members: int) -> None:
    await _searching_in(await postgres.database(server, "searched"), members)


async def _searching_in(database: URL, members: int) -> None:
    report = await searching.on_postgresql(database, members, _SEARCHES)
    print(f"\nA search among {report.members:,} members, PostgreSQL\n{report.shown()}", flush=True)


async def _messages(rounds: int) -> None:
    with TemporaryDirectory(prefix="bench-") as folder:
        report = await broadcasts.on_sqlite(Path(folder), rounds)
    print(f"\nA message to {report.members:,} members, times as fast\n{report.shown()}", flush=True)


async def _growth(members: int) -> None:
    with TemporaryDirectory(prefix="bench-") as folder:
        points = await growth.measured(Path(folder), _TURNS, members)
    growth.draw(points, _PICTURE)
    print(f"\nMilliseconds of the processor as work grows\n{growth.shown(points)}", flush=True)


async def _sweeping(most: int) -> None:
    sizes = (1000, most)
    with TemporaryDirectory(prefix="bench-") as folder:
        await _swept({size: f"sqlite:///{folder}/{size}.db" for size in sizes}, "SQLite")

    async def there(server: URL) -> None:
        found = {size: await postgres.database(server, f"of_{size}") for size in sizes}
        await _swept(
            {size: url.render_as_string(hide_password=False) for size, url in found.items()}, "PostgreSQL"
        )

    await _on_postgresql(there)


async def _swept(urls: Mapping[int, str], database: str) -> None:
    report = await sweeping.measured(urls, _TURNS)
    print(f"\nA sweep over invitations of which a hundred are due, {database}\n{report.shown()}", flush=True)


def _startup(rounds: int) -> None:
    with TemporaryDirectory(prefix="bench-") as folder:
        report = startup.measure(Path(folder), rounds)
    print(f"\nA start\n{report.shown()}", flush=True)


def main() -> None:
    """Measure what the command line asks for, and print the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each contender has its turn")
    parser.add_argument("--operations", type=int, default=1000, help="redemptions in a turn")
    parser.add_argument("--only", choices=_THINGS, help="measure one thing")
    parser.add_argument("--members", type=int, default=1_000_000, help="how many are searched")
    parser.add_argument("--searched", help="a database of PostgreSQL to search in: filled if empty, and kept")
    parser.add_argument(
        "--apart", action="store_true", help="fronts keep to a processor, who asks to another"
    )
    wanted = parser.parse_args()
    if wanted.apart:
        os.environ[APART] = "1"
        os.sched_setaffinity(0, {1})
    size = Size(wanted.rounds, wanted.operations, (1, 16, 64))
    print(
        f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}; medians of {size.rounds} interleaved rounds"
        f" of {size.operations} redemptions"
    )
    only = wanted.only
    asyncio.run(_run(size, sqlite=only in {None, "sqlite"}, postgresql=only in {None, "postgresql"}))
    if only in {None, "sqlite"}:
        with TemporaryDirectory(prefix="bench-") as folder:
            errors = two.refused(Path(folder), size.operations)
        told = f"{size.operations} redemptions each, {len(errors)} refused"
        print(f"\nTwo processes on one file: {told} {errors[:3]}")
    asyncio.run(_fronts(size, only))
    if only in {None, "searching"}:
        asyncio.run(_searching(wanted.members, wanted.searched))
    if only in {None, "rosters"}:
        _rosters(rounds=min(size.rounds, _MOST_ROUNDS))
    if only in {None, "messages"}:
        asyncio.run(_messages(min(size.rounds, _MOST_ROUNDS)))
    if only in {None, "startup"}:
        _startup(size.rounds)
    if only in {None, "growth"}:
        asyncio.run(_growth(wanted.members))
    if only in {None, "sweeping"}:
        asyncio.run(_sweeping(wanted.members))


if __name__ == "__main__":
    main()

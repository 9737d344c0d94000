"""python -m benchmarks: what is fast, as ratios."""

import argparse
import asyncio
import os
import platform
import sqlite3
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import postgres
from benchmarks.door import VARIANTS
from benchmarks.redeem import DRAWN, HOMEROOM, Report, on_postgresql, on_sqlite
from benchmarks.windows import Size


def _table(report: Report) -> str:
    """Show a report: a line for each pair that is compared, a column for each number at once."""
    times = report.times
    lines = [f"{'times as fast':<46}" + "".join(f"{f'{number} at once':>12}" for number in times)]
    for name in [HOMEROOM, *(one for one in DRAWN if one in next(iter(times.values())).seconds)]:
        for bare in report.bare:
            ratios = "".join(f"{one.ratio(name, bare):>12.2f}" for one in times.values())
            lines.append(f"{f'{name} : {bare}':<46}{ratios}")
    return "\n".join(lines)


async def _run(size: Size, *, sqlite: bool, postgresql: bool) -> None:
    for title, approval in VARIANTS.items():
        if sqlite:
            with TemporaryDirectory(prefix="bench-") as folder:
                report = await on_sqlite(Path(folder), approval, size)
            print(f"\nSQLite, {title}: {report.statements} statements\n{_table(report)}", flush=True)
    if postgresql:
        await _on_postgresql(size)


async def _on_postgresql(size: Size) -> None:
    with TemporaryDirectory(prefix="bench-") as folder:
        try:
            running = postgres.server(Path(folder) / "server")
            with running as server:
                for title, approval in VARIANTS.items():
                    report = await on_postgresql(server, approval, size)
                    print(f"\nPostgreSQL, {title}: {report.statements} statements\n{_table(report)}", flush=True)
        except ImportError as missing:
            print(f"\n*** PostgreSQL IS NOT MEASURED: {missing} ***", file=sys.stderr)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each contender has its turn")
    parser.add_argument("--operations", type=int, default=1000, help="redemptions in a turn")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="measure one database")
    wanted = parser.parse_args()
    size = Size(wanted.rounds, wanted.operations, (1, 16, 64))
    print(
        f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}; medians of {size.rounds} interleaved rounds"
        f" of {size.operations} redemptions"
    )
    only = wanted.only
    asyncio.run(_run(size, sqlite=only != "postgresql", postgresql=only != "sqlite"))


if __name__ == "__main__":
    main()

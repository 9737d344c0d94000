"""Accepting an invitation: in Homeroom by a slash command and by the Runner, beside django-invitations."""

import asyncio
import itertools
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import aiohttp

from benchmarks import slack_front
from benchmarks.contenders import in_lanes
from benchmarks.door import Door, open_door, school_database
from benchmarks.served import served
from benchmarks.waiting import MeasuredFront, Report, compared
from benchmarks.windows import Size

SLACK, RUNNER = "Homeroom by Slack", "Homeroom's Runner"
# Ways for gunicorn to share the work: workers, and threads of each. The fastest is measured.
_SHARED = ((1, 16), (2, 1), (2, 4), (4, 1), (4, 4))
_TRIED, _TRIES, _TRIED_AT_ONCE = 500, 3, 16
_STARTS_WITHIN = 60.0


@dataclass(frozen=True)
class Accepting:
    """Accepts invitations of a Django site, one after the other."""

    url: str
    session: aiohttp.ClientSession
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def __call__(self) -> None:
        """Accept the next invitation; the page to which the site then redirects is not measured."""
        address = f"{self.url}/invitations/accept-invite/{next(self.numbers):064}"
        async with self.session.post(address, allow_redirects=False) as answer:
            await answer.read()
        if answer.status != 302:  # noqa: PLR2004 - HTTP's own number
            raise TypeError(f"Not accepted: {answer.status}")


async def measured(folder: Path, size: Size) -> Mapping[str, Report]:
    """Compare both ways with the fastest Django site; raise `ImportError` if Django's parts are missing."""
    for needed in ("invitations", "gunicorn"):
        if find_spec(needed) is None:
            raise ImportError(f"there is no {needed}; `make bench` installs it")
    workers, threads = await _best(folder)
    name = f"Django, {workers} x {threads}"
    number = (size.rounds * size.operations + 2 * max(size.at_once)) * len(size.at_once)
    async with AsyncExitStack() as stack:
        theirs = await _site(stack, name, folder / "django.db", workers, threads, number)
        url, code = await school_database(folder / "slack.db")
        by_slack = await slack_front.start_front(stack, SLACK, code, slack_front.homeroom, database=url)
        url, _ = await school_database(folder / "runner.db")
        door = await stack.enter_async_context(open_door(url))
        alone = MeasuredFront(RUNNER, _redeeming(door), time.process_time)
        report = await compared([theirs, by_slack, alone], size)
    return {one.name: Report(report.times, [one, theirs]) for one in (by_slack, alone)}


async def _best(folder: Path) -> tuple[int, int]:
    """Return the workers and threads with which gunicorn is fastest on this machine."""
    found: dict[tuple[int, int], float] = {}
    for workers, threads in _SHARED:
        file = folder / f"tried {workers} {threads}.db"
        async with AsyncExitStack() as stack:
            site = await _site(stack, "tried", file, workers, threads, _TRIES * _TRIED)
            for _ in range(_TRIES):
                began = time.perf_counter()
                await in_lanes(_TRIED, _TRIED_AT_ONCE, site.ask)
                taken = time.perf_counter() - began
                found[workers, threads] = min(taken, found.get((workers, threads), taken))
    return min(found, key=lambda one: found[one])


def _redeeming(door: Door) -> Callable[[], Awaitable[None]]:
    people = map(str, itertools.count(10**17))

    async def redeem() -> None:
        await door.redeem(next(people))

    return redeem


async def _site(
    stack: AsyncExitStack, name: str, file: Path, workers: int, threads: int, number: int
) -> MeasuredFront:
    given = {"database": str(file), "workers": str(workers), "threads": str(threads), "number": str(number)}
    by = await stack.enter_async_context(served(site, **given))
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2)
    session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
    return MeasuredFront(name, Accepting(by.said["url"], session), by.processor)


@asynccontextmanager
async def site(database: str, workers: str, threads: str, number: str) -> AsyncIterator[Mapping[str, str]]:
    """Serve a Django site with gunicorn, in which `number` invitations can be accepted."""
    os.environ["BENCH_DJANGO_DATABASE"] = database
    from benchmarks import django_site  # noqa: PLC0415 - it reads that

    await asyncio.to_thread(django_site.invite, int(number))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    shared = ("--workers", workers, "--threads", threads, "--bind", f"127.0.0.1:{port}", "--keep-alive", "30")
    quiet = ("--log-level", "error", "benchmarks.django_site:application")
    gunicorn = await asyncio.create_subprocess_exec(sys.executable, "-m", "gunicorn", *shared, *quiet)
    try:
        await _answers(port)
        yield {"url": f"http://127.0.0.1:{port}"}
    finally:
        gunicorn.terminate()
        await gunicorn.wait()


async def _answers(port: int) -> None:
    """Wait until the port accepts connections."""
    async with asyncio.timeout(_STARTS_WITHIN):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return

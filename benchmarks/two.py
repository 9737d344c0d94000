"""Two processes redeem on one SQLite file at once, to count how often this fails because it is locked."""

import asyncio
import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.contenders import in_lanes
from benchmarks.door import Door, furnish, open_door

_AT_ONCE = 16


def refused(folder: Path, operations: int) -> list[str]:
    """Redeem in two processes; return their errors."""
    url = f"sqlite:///{folder / 'two.db'}"
    asyncio.run(furnish(url, "automatic"))
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe(duplex=False) for _ in range(2)]
    processes = [
        context.Process(target=_process, args=(url, number, operations, tells))
        for number, (_, tells) in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    found = [error for hears, _ in pipes for error in hears.recv()]
    for process in processes:
        process.join()
    return found


def _process(url: str, number: int, operations: int, tells: "Connection[list[str], list[str]]") -> None:
    tells.send(asyncio.run(_redeem(url, number, operations)))


async def _redeem(url: str, number: int, operations: int) -> list[str]:
    errors: list[str] = []
    people = iter(range(operations))

    async def one(door: Door) -> None:
        try:
            await door.redeem(f"{number}-{next(people)}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            errors.append(repr(error))

    async with open_door(url) as door:
        await in_lanes(operations, _AT_ONCE, lambda: one(door))
    return errors

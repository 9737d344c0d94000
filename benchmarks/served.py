"""Runs a contender in a separate process, so that its caller takes none of its processor time."""

import asyncio
import importlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import psutil

# A context manager that serves until it is left, and yields facts such as its address.
Serving: TypeAlias = Callable[..., AbstractAsyncContextManager[Mapping[str, str]]]
_STARTS_WITHIN = 60.0
# If the environment has this variable, contenders are pinned to the first processor.
APART = "BENCHMARKS_APART"
_ENDS_WITHIN = 30.0


@dataclass(frozen=True)
class Served:
    """A process that serves; `said` are the facts that it has reported."""

    said: Mapping[str, str]
    pid: int

    def processor(self) -> float:
        """Return the processor seconds that the process and its children have used."""
        process = psutil.Process(self.pid)
        times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
        return float(sum(one.user + one.system for one in times))


@asynccontextmanager
async def served(serving: Serving, **given: str) -> AsyncIterator[Served]:
    """Run a serving function in a separate process; stop it afterwards."""
    name = f"{serving.__module__}:{serving.__qualname__}"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.served",
        name,
        json.dumps(given),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdin is None or process.stdout is None:
        raise TypeError("It has no pipes")
    if APART in os.environ:
        os.sched_setaffinity(process.pid, {0})  # before it starts threads, which inherit this
    try:
        async with asyncio.timeout(_STARTS_WITHIN):
            said = await process.stdout.readline()
        if not said:
            raise TypeError(f"{name} did not start")
        yield Served(json.loads(said), process.pid)
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(_ENDS_WITHIN):
                await process.wait()
        except TimeoutError:
            process.kill()


async def _serve(serving: Serving, given: Mapping[str, str]) -> None:
    """Serve until standard input is closed."""
    async with serving(**given) as said:
        print(json.dumps(dict(said)), flush=True)
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Run the serving function that the command line names."""
    module, _, name = sys.argv[1].partition(":")
    asyncio.run(_serve(getattr(importlib.import_module(module), name), json.loads(sys.argv[2])))


if __name__ == "__main__":
    main()

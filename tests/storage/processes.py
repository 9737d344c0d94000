"""Runs programs in processes of their own beside the test."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_END = """
import asyncio, sys
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main(*sys.argv[1:]))
"""
# Forks share what was imported before, since imports take most of the time of a process.
_FORKS = """
import asyncio, os, sys
print("ready", flush=True)
sys.stdin.readline()
number, *arguments = sys.argv[1:]
children = []
for one in range(int(number)):
    if (child := os.fork()) == 0:
        asyncio.run(main(f"p{one}", *arguments))
        sys.stdout.flush()
        os._exit(0)
    children.append(child)
sys.exit(any([os.waitpid(child, 0)[1] for child in children]))
"""
SECONDS = 60


@dataclass
class Other:
    """A process that has imported all that it needs, and waits for `go`."""

    process: Process

    def go(self) -> None:
        """Let the process run its `main`."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")

    async def ended_well(self, seconds: float = SECONDS) -> str:
        """Wait until the process ends successfully; return what it printed."""
        async with asyncio.timeout(seconds):
            printed, errors = await self.process.communicate()
        assert self.process.returncode == 0, errors.decode()
        return printed.decode()


@asynccontextmanager
async def another_process(program: str, *arguments: str, forks: int = 0) -> AsyncIterator[Other]:
    """Start a program that defines `async def main(...)`, and kill it at the end if it still runs.

    With `forks`, that many processes run `main` at once, each with its own name as the first argument.
    """
    end = _FORKS if forks else _END
    if forks:
        arguments = (str(forks), *arguments)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program + end, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=_ROOT
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SECONDS):
            assert await process.stdout.readline() == b"ready\n", (await process.communicate())[1].decode()
        yield Other(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

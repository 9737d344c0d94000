"""A second process beside the test's own."""

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
SECONDS = 60


@dataclass
class Other:
    """A process that has imported all that it needs and waits for the word."""

    process: Process

    def go(self) -> None:
        """Let it run its `main`."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")

    async def ended_well(self, seconds: float = SECONDS) -> str:
        """Wait for its end; return what it printed."""
        async with asyncio.timeout(seconds):
            printed, errors = await self.process.communicate()
        assert self.process.returncode == 0, errors.decode()
        return printed.decode()


@asynccontextmanager
async def another_process(program: str, *arguments: str) -> AsyncIterator[Other]:
    """Start a program that defines `async def main(...)`, and end it in any case."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program + _END, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=_ROOT
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

"""Runs `homeroom run` as a separate process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
STARTS_WITHIN = 120.0
_NOWHERE = "http://127.0.0.1:9"
# Settings that enable every front; none of the fronts can reach its platform.
EVERY_FRONT = {
    "DISCORD__TOKEN": "not.a.token",
    "DISCORD__API_BASE": f"{_NOWHERE}/api",
    "SLACK__BOT_TOKEN": "xoxb-none",
    "SLACK__APP_TOKEN": "xapp-none",
    "SLACK__API_BASE": f"{_NOWHERE}/api/",
    "MAIL__HOST": "127.0.0.1",
    "MAIL__SENDER": "door@example.org",
    "BASE_URL": "http://127.0.0.1:8080",
}


class Process:
    """A running bot process, and its output so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.output = ""
        self._more = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            async with self._more:
                self.output += line.decode()
                self._more.notify_all()

    async def says(self, *words: str, times: int = 1) -> None:
        """Wait until the output contains all of these words, the last of them at least `times` times."""
        async with asyncio.timeout(STARTS_WITHIN), self._more:
            await self._more.wait_for(
                lambda: all(word in self.output for word in words) and self.output.count(words[-1]) >= times
            )

    async def terminate(self) -> int:
        """Ask the process to stop with SIGTERM; return its exit status."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """Kill the process in the middle of whatever it does."""
        assert await self._end(signal.SIGKILL) == -signal.SIGKILL, self.output

    async def _end(self, by: signal.Signals) -> int:
        self.process.send_signal(by)
        status = await asyncio.wait_for(self.process.wait(), STARTS_WITHIN)
        await self._reading
        return status


@asynccontextmanager
async def homeroom_run(folder: Path, **settings: str) -> AsyncIterator[Process]:
    """Run the bot on the database in a folder; settings have their environment names without `HOMEROOM_`."""
    # Variables such as HOMEROOM_SOAK configure the tests; the bot does not know them as settings.
    others = {name: value for name, value in os.environ.items() if not name.startswith("HOMEROOM_")}
    own = {
        "HOMEROOM_DATABASE_URL": f"sqlite:///{folder / 'homeroom.db'}",
        "HOMEROOM_SECRET_KEY_FILE": str(folder / "secret.key"),
        "HOMEROOM_WEB__PORT": "0",
        **{f"HOMEROOM_{name}": value for name, value in settings.items()},
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "run"),
        cwd=ROOT,
        env={**others, **own},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    process = Process(started)
    try:
        yield process
    except BaseException:
        sys.stderr.write(process.output)
        raise
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()

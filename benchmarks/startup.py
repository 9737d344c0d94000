"""A start of `homeroom run` with all fronts, beside the import of the SDKs that it is built on."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.processes import EVERY_FRONT
from tests.sqlite import with_tables

_READY = "ready"
# The log line that says that the pages are served.
_SERVES = "The web pages are at"
_KIB, _NANO = 1024, 1e9

_CHATS = (
    "import discord, discord.app_commands",
    "from slack_bolt.async_app import AsyncApp",
    "from slack_bolt.adapter.socket_mode.websockets import AsyncSocketModeHandler",
)
# What any bot on Discord and Slack with a database, pages, settings and a scheduler must import.
_ALL = (
    *_CHATS,
    "from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler",
    "import sqlalchemy.ext.asyncio, sqlalchemy.dialects.sqlite.aiosqlite, aiosqlite",
    "import starlette.applications, starlette.routing, starlette.staticfiles, jinja2",
    "import uvicorn, uvicorn.protocols.http.auto",  # no pages are served without it
    "import pydantic_settings, email_validator, prometheus_client, apscheduler.schedulers.asyncio",
    "from cryptography.hazmat.primitives.ciphers.aead import AESGCM",
)
# What `homeroom run` imports with these settings, before it uses any of it.
_OURS = (
    "import gc; gc.disable()",
    "import bot.__main__, bot.log, bot.fronts, bot.platforms.discord.front, bot.platforms.slack.front",
    "import bot.platforms.mail.notifier, bot.platforms.mail.smtp, bot.platforms.web.server",
    "import bot.platforms.web.link_view, bot.platforms.web.metrics",
)
CHATS, SDKS = "discord.py and slack-bolt alone", "the SDKs alone"
LOADED, SERVING, HELP = "Homeroom, loaded", "Homeroom, until its pages answer", "homeroom --help"
_SETTINGS = {**EVERY_FRONT, "WEB__PORT": "0"}


@dataclass(frozen=True)
class Start:
    """What a start took: seconds of real time and of processor time, and MB of memory."""

    clock: float
    processor: float
    memory: float


@dataclass(frozen=True)
class Report:
    """The measured starts of all rounds, by what was started."""

    starts: Mapping[str, Sequence[Start]]

    def shown(self) -> str:
        """Return a table of ratios to both lists of SDKs, with the medians that these come from."""
        lines = [f"  {'times the SDKs alone':<36}{'processor':>12}{'clock':>12}{'memory':>12}"]
        for against in (SDKS, CHATS):
            lines.append(f"  against {against}")
            lines += [
                f"    {name:<34}" + "".join(f"{self._ratio(name, against, of):>12.2f}" for of in _OF)
                for name in (LOADED, SERVING, HELP)
            ]
        lines.append(f"  {'seconds of the processor, and MB':<36}")
        for name in self.starts:
            seconds, memory = (self._median(name, of) for of in ("processor", "memory"))
            lines.append(f"    {name:<34}{seconds:>12.2f}{memory:>12.0f}")
        return "\n".join(lines)

    def _ratio(self, name: str, against: str, of: str) -> float:
        pairs = zip(self.starts[name], self.starts[against], strict=True)
        return float(median(getattr(one, of) / getattr(other, of) for one, other in pairs))

    def _median(self, name: str, of: str) -> float:
        return median(float(getattr(one, of)) for one in self.starts[name])


_OF = ("processor", "clock", "memory")


def measure(folder: Path, rounds: int) -> Report:
    """Start each in turn; the first round only compiles the byte code, which installations have."""
    with_tables(f"sqlite:///{folder / 'homeroom.db'}")
    programs = {
        CHATS: _waits(_CHATS),
        SDKS: _waits(_ALL),
        LOADED: _waits(_OURS),
        SERVING: ("-m", "bot", "run"),
        HELP: _waits(("from bot.__main__ import main", "try: main(['--help'])", "except SystemExit: pass")),
    }
    starts: dict[str, list[Start]] = {name: [] for name in programs}
    for turn in range(rounds + 1):
        for name, program in programs.items():
            start = _started(program, folder)
            if turn:
                starts[name].append(start)
    return Report(starts)


def _waits(imports: Sequence[str]) -> tuple[str, str]:
    return "-c", "\n".join((*imports, f"import sys; print('{_READY}', flush=True); sys.stdin.read()"))


def _started(program: Sequence[str], folder: Path) -> Start:
    """Start a program, and measure its process as soon as it says that it is ready."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HOMEROOM_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    own = {
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "HOMEROOM_DATABASE_URL": f"sqlite:///{folder / 'homeroom.db'}",
        "HOMEROOM_SECRET_KEY_FILE": str(folder / "secret.key"),
        **{f"HOMEROOM_{name}": value for name, value in _SETTINGS.items()},
    }
    began = perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own programs
        [sys.executable, *program],
        env={**others, **own},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101
        said = []
        for line in process.stdout:
            said.append(line)
            if line.strip() == _READY or _SERVES in line:
                break
        else:
            raise OSError("".join(said))
        clock = perf_counter() - began
        start = Start(clock, _processor(process.pid), _memory(process.pid))
        process.kill()
    return start


def _processor(pid: int) -> float:
    """Return the processor seconds that all threads of a process have used."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(one.read_text(encoding="utf-8").split()[0]) for one in tasks) / _NANO


def _memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (resident,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(resident.split()[1]) / _KIB

"""Fixtures that tests of several parts share: both databases, and a world on each."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import httpcore2
import pytest
import uvicorn.server
from discord.gateway import DiscordWebSocket
from discord.http import Route
from hypothesis import HealthCheck, settings

from bot.cards import pictures
from bot.cards.invitations import invitations
from bot.platforms.slack import turn
from bot.platforms.slack.installing import authorizing, token_rotation
from bot.platforms.slack.people import people
from tests.longest import in_order
from tests.matrices import Counts
from tests.patience import PATIENCE
from tests.postgres import NoPostgres, PostgresServer, running
from tests.world import World, open_world, sqlite_url

# No deadlines, since a busy machine is slow without anything being wrong. The same examples on every run.
settings.register_profile(
    "homeroom", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("homeroom")
# A busy machine must not run into Slack's time limits either: tests of a late answer set their own.
for late, seconds in (
    (authorizing, "_PATIENCE"),
    (people, "_PATIENCE"),
    (token_rotation, "_PATIENCE"),
    (turn, "IN_TIME"),
):
    setattr(late, seconds, PATIENCE)

# Each of thousands of HTTP clients would read this machine's certificates; nearly all speak plain HTTP.
httpcore2.default_ssl_context = cache(httpcore2.default_ssl_context)

# A server of uvicorn looks ten times a second whether it should stop, and then waits 0.1 s. Hundreds of tests
# stop one or two: this took a seventh of a run, all of it idle.
_HASTY = SimpleNamespace(**{**vars(asyncio), "sleep": lambda seconds: asyncio.sleep(seconds / 10)})
vars(uvicorn.server)["asyncio"] = _HASTY

# Thousands of collected tests stay until the end; searching them for garbage took a third of a run.
gc.disable()
_COLLECTS_AFTER = (50_000, 20, 20)

_NO_POSTGRES = pytest.StashKey[str]()
_COUNTS = pytest.StashKey[Counts]()


@pytest.fixture(autouse=True)
def process_state_restored() -> Iterator[None]:
    """Restore what fronts and commands set for the whole process: Discord's addresses and the log levels."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    loggers = (logging.getLogger(), logging.getLogger("bot"))
    levels = [one.level for one in loggers]
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(scope="session", autouse=True)
def one_picture() -> Iterator[None]:
    """Draw a QR code only once, since drawing takes longer than all else that most tests do."""
    picture = pictures.qr("https://school.example/join")
    with patch.object(invitations, "qr", lambda _url: picture):
        yield


@pytest.fixture
def counts(request: pytest.FixtureRequest) -> Counts:
    """The counts of cells that the generated matrices have tried."""
    return request.config.stash.setdefault(_COUNTS, Counts())


@pytest.fixture(scope="session")
def postgres_or_reason(request: pytest.FixtureRequest) -> Iterator[PostgresServer | str]:
    """Start PostgreSQL once, or keep the reason why it cannot be started."""
    with ExitStack() as stack:
        server: PostgresServer | str
        try:
            server = stack.enter_context(running())
        except NoPostgres as why:
            server = request.config.stash[_NO_POSTGRES] = str(why)
        yield server


@pytest.fixture
def postgres(postgres_or_reason: PostgresServer | str) -> PostgresServer:
    """A running PostgreSQL; if it cannot be started, the test is skipped and the summary says so."""
    if isinstance(postgres_or_reason, str):
        pytest.skip(f"PostgreSQL cannot be started: {postgres_or_reason}")
    return postgres_or_reason


def pytest_collection_finish() -> None:
    """Keep all that was loaded and collected out of the garbage collector's way."""
    gc.freeze()
    gc.set_threshold(*_COLLECTS_AFTER)
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the tests so that the worker processes of a run finish at about the same time."""
    if hasattr(config, "workerinput"):
        items[:] = in_order(items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send this worker's counts, and why PostgreSQL did not start, to the controlling process."""
    found = getattr(session.config, "workeroutput", None)
    if found is not None:
        found["counts"] = dict(session.config.stash.get(_COUNTS, Counts()).by_name)
        found["why_not"] = session.config.stash.get(_NO_POSTGRES, None)


class _Workers:
    """Gathers what the worker processes of a run report when they finish."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        found = getattr(node, "workeroutput", {})
        node.config.stash.setdefault(_COUNTS, Counts()).by_name.update(found.get("counts", {}))
        if found.get("why_not"):
            node.config.stash[_NO_POSTGRES] = found["why_not"]


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin that gathers the reports of the worker processes."""
    config.pluginmanager.register(_Workers())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Print how large the matrices were and, prominently, whether PostgreSQL was not tested."""
    for line in config.stash.get(_COUNTS, Counts()).lines():
        terminalreporter.line(line)
    why = config.stash.get(_NO_POSTGRES, None)
    if why is not None:
        terminalreporter.section("POSTGRESQL WAS NOT TESTED", yellow=True, bold=True)
        terminalreporter.line(f"It cannot be started here: {why}")


@pytest.fixture
async def postgres_url(postgres: PostgresServer) -> AsyncIterator[str]:
    """The URL of a fresh PostgreSQL database with all tables."""
    async with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """A world on SQLite and on PostgreSQL."""
    async with open_world(database_url) as opened:
        yield opened

"""What tests of several parts share: both databases, and a world on each."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from hypothesis import HealthCheck, settings

from bot.platforms.slack import authorizing, people, token_rotation, turn
from tests.longest import in_order
from tests.matrices import Counts
from tests.patience import PATIENCE
from tests.postgres import NoPostgres, PostgresServer, running
from tests.world import World, open_world, sqlite_url

# No deadlines: a busy machine is slow, and that is no finding. The same examples on every run.
settings.register_profile(
    "homeroom", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("homeroom")
# Nor is it for a busy machine to say what comes too late for Slack: tests that want it late say so.
for late, seconds in (
    (authorizing, "_PATIENCE"),
    (people, "_PATIENCE"),
    (token_rotation, "_PATIENCE"),
    (turn, "IN_TIME"),
):
    setattr(late, seconds, PATIENCE)

_WHY_NOT = pytest.StashKey[str]()
_COUNTS = pytest.StashKey[Counts]()


@pytest.fixture(autouse=True)
def as_they_were() -> Iterator[None]:
    """Put back what fronts and commands set for a whole process: where Discord is, and how much is logged."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    loggers = (logging.getLogger(), logging.getLogger("bot"))
    levels = [one.level for one in loggers]
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def counts(request: pytest.FixtureRequest) -> Counts:
    """Where generated matrices count what they try."""
    return request.config.stash.setdefault(_COUNTS, Counts())


@pytest.fixture(scope="session")
def postgres_or_why_not(request: pytest.FixtureRequest) -> Iterator[PostgresServer | str]:
    """Start PostgreSQL once, or keep the reason why it cannot be started."""
    with ExitStack() as stack:
        server: PostgresServer | str
        try:
            server = stack.enter_context(running())
        except NoPostgres as why:
            server = request.config.stash[_WHY_NOT] = str(why)
        yield server


@pytest.fixture
def postgres(postgres_or_why_not: PostgresServer | str) -> PostgresServer:
    """A running PostgreSQL; where there is none, the test is skipped and the summary says so."""
    if isinstance(postgres_or_why_not, str):
        pytest.skip(f"PostgreSQL cannot be started: {postgres_or_why_not}")
    return postgres_or_why_not


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let no process of a run be the last one at work for long."""
    if hasattr(config, "workerinput"):
        items[:] = in_order(items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what this worker knows, where tests run in several processes."""
    found = getattr(session.config, "workeroutput", None)
    if found is not None:
        found["counts"] = dict(session.config.stash.get(_COUNTS, Counts()).by_name)
        found["why_not"] = session.config.stash.get(_WHY_NOT, None)


class _Workers:
    """Gathers what the processes of a run know."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        found = getattr(node, "workeroutput", {})
        node.config.stash.setdefault(_COUNTS, Counts()).by_name.update(found.get("counts", {}))
        if found.get("why_not"):
            node.config.stash[_WHY_NOT] = found["why_not"]


def pytest_configure(config: pytest.Config) -> None:
    """Listen to the processes of a run."""
    config.pluginmanager.register(_Workers())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Say how large the matrices were, and loudly that PostgreSQL was not tested."""
    for line in config.stash.get(_COUNTS, Counts()).lines():
        terminalreporter.line(line)
    why = config.stash.get(_WHY_NOT, None)
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

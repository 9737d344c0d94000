"""What a process loads when it starts: libraries are loaded only by those who use them."""

import asyncio
import gc
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot import fronts
from bot.__main__ import main
from bot.app import open_application
from bot.core.version import version
from bot.running import keep_running, stop_on_signals
from bot.settings import Settings, load, places
from bot.settings.problems import variable_of
from tests.patience import PATIENCE
from tests.processes import EVERY_FRONT, ROOT, homeroom_run
from tests.sqlite import with_tables
from tests.world import KEY

# What is slow to load, and used by few: pictures, dates in words, SCIM, word lists of passwords, workbooks,
# sign-in by providers, QR codes, migrations, the terminal's colours.
_WHEN_USED = {
    *("alembic", "authlib", "httpx2", "argon2", "segno", "rich", "pygments"),
    *("matplotlib", "numpy", "PIL", "dateparser", "scim2_models", "zxcvbn", "python_calamine", "xlsxwriter"),
    *("bot.platforms.web.playground", "bot.platforms.web.scim.app", "bot.demo"),
    # Of the console a start knows only what can be typed.
    *("bot.console.cards", "bot.console.check", "bot.console.database"),
}


def test_help_loads_no_library() -> None:
    program = (
        "import sys; before = set(sys.modules)\n"
        "from bot.__main__ import main\n"
        "try: main(['run', '--help'])\n"
        "except SystemExit: pass\n"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}"
        " - sys.stdlib_module_names), file=sys.stderr)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stderr.split() == ["bot"]
    assert "usage: homeroom run" in said.stdout


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"homeroom {version()}\n"
    assert version().startswith("0.1.0")


async def test_a_start_with_every_front_loads_what_they_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    with_tables(f"sqlite:///{tmp_path / 'homeroom.db'}")  # creating or changing tables would load Alembic
    async with homeroom_run(tmp_path, **EVERY_FRONT) as process:
        await process.says("The front slack failed", "The web pages are at")
        assert await process.terminate() == 0
    loaded = set(re.findall(r"^import time:.*\| +(\S+)$", process.output, re.MULTILINE))
    assert {"discord", "slack_bolt", "starlette", "sqlalchemy"} <= loaded
    assert loaded & _WHEN_USED == set()


async def test_whoever_set_no_token_is_told_which_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def at_once(*_: object) -> None: ...

    monkeypatch.setattr(fronts, "keep_running", at_once)
    monkeypatch.setattr(fronts, "stop_on_signals", asyncio.Event)
    url = f"sqlite:///{tmp_path / 'homeroom.db'}"
    await fronts.run(load(database_url=url, secret_key_file=tmp_path / "secret.key"))
    told = set(re.findall(r"HOMEROOM_\w+", caplog.text))
    assert len(told) == 3
    assert told <= {variable_of(place) for place in places(Settings)}


async def test_whoever_waits_for_a_database_that_says_nothing_can_be_told_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, asked = asyncio.Event(), asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await stop.wait()
        writer.close()

    monkeypatch.setattr(fronts, "stop_on_signals", lambda: stop)
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        url = f"postgresql://ada@127.0.0.1:{server.sockets[0].getsockname()[1]}/homeroom"
        running = asyncio.create_task(
            fronts.run(load(database_url=url, secret_key_file=tmp_path / "secret.key"))
        )
        await asyncio.wait_for(asked.wait(), 10)
        stop.set()
        await asyncio.wait_for(running, 10)  # asyncpg itself would wait for a minute


@pytest.fixture
def collects() -> Iterator[None]:
    """Reset the garbage collector to how it is in a new process, and restore it afterwards."""
    usual = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    gc.unfreeze()
    yield
    gc.set_threshold(*usual)
    gc.freeze()
    gc.enable()


@pytest.mark.usefixtures("collects")
@pytest.mark.parametrize(("command", "sleeps"), [("run", True), ("demo", True), ("status", False)])
def test_the_collector_sleeps_while_what_stays_is_loaded(
    monkeypatch: pytest.MonkeyPatch, command: str, sleeps: bool
) -> None:
    monkeypatch.setenv("HOMEROOM_NO_SUCH_SETTING", "1")
    assert main([command]) == 2
    assert gc.isenabled() is not sleeps


@pytest.mark.usefixtures("collects")
async def test_the_collector_wakes_when_all_is_loaded_and_passes_over_that(tmp_path: Path) -> None:
    stop = asyncio.Event()
    stop.set()
    url = with_tables(f"sqlite:///{tmp_path / 'homeroom.db'}")
    usual = gc.get_threshold()[0]
    gc.disable()
    async with open_application(
        load(database_url=url, secret_key_file=tmp_path / "secret.key")
    ) as application:
        await keep_running(application, stop)
    assert gc.isenabled()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] > usual


@pytest.mark.usefixtures("collects")
async def test_the_second_bot_on_one_file_is_told_of_the_first(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The first has another port, so that both start; each would wait for the other's locks."""
    stop = asyncio.Event()
    stop.set()
    settings = load(
        database_url=f"sqlite:///{tmp_path / 'homeroom.db'}", secret_key_file=tmp_path / "secret.key"
    )
    async with homeroom_run(tmp_path) as process:
        await process.says("The web pages are at")
        async with open_application(settings) as application:
            await keep_running(application, stop)
        assert "Another Homeroom is running with" in caplog.text
        assert await process.terminate() == 0
    caplog.clear()
    async with open_application(settings) as application:
        await keep_running(application, stop)
    assert "Another Homeroom" not in caplog.text


async def test_names_are_swept_up_only_where_the_database_leaves_that_to_us(database_url: str) -> None:
    url = with_tables(database_url)
    async with open_application(load(database_url=url, secret_key=KEY.hex())) as application:
        names = {one.name for one in application.scheduler._sweeps}
    assert ("newcomers' names" in names) is url.startswith("sqlite")


@pytest.mark.parametrize(
    ("host", "told"), [("127.0.0.1", "http://127.0.0.1:8080"), ("::", "http://[::]:8080")]
)
def test_the_address_is_told_as_a_browser_takes_it(
    caplog: pytest.LogCaptureFixture, host: str, told: str
) -> None:
    with caplog.at_level(logging.INFO, "bot.fronts"):
        fronts._log_address(host, 8080)
    assert caplog.messages == [f"The web pages are at {told}"]


@contextmanager
def hung_up_on(how: signal.Handlers) -> Iterator[None]:
    """Set how SIGHUP is handled, however these tests themselves were started."""
    before = signal.signal(signal.SIGHUP, how)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


async def test_a_terminal_that_is_closed_stops_it_like_any_other_who_asks() -> None:
    with hung_up_on(signal.SIG_DFL):
        for asks in (signal.SIGTERM, signal.SIGHUP):
            stop = stop_on_signals()
            os.kill(os.getpid(), asks)
            async with asyncio.timeout(PATIENCE):
                await stop.wait()


async def test_under_nohup_it_outlives_its_terminal() -> None:
    with hung_up_on(signal.SIG_IGN):
        stop = stop_on_signals()
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert not stop.is_set()

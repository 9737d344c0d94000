"""What a process loads as it starts: each library is loaded by those who use it, and not before."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot import fronts
from bot.settings import Settings, load, places
from bot.settings.problems import named
from tests.processes import ROOT, homeroom_run

# What is slow to load, and used by few: pictures, dates in words, SCIM, word lists of passwords, workbooks.
_WHEN_USED = {
    *("matplotlib", "numpy", "PIL", "dateparser", "scim2_models", "zxcvbn", "python_calamine", "xlsxwriter"),
    *("bot.platforms.web.playground", "bot.platforms.web.scim.app", "bot.demo", "bot.console"),
}
_NOWHERE = "http://127.0.0.1:9"


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


async def test_a_start_with_every_front_loads_what_they_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    settings = {
        "DISCORD__TOKEN": "not.a.token",
        "DISCORD__API_BASE": f"{_NOWHERE}/api",
        "SLACK__BOT_TOKEN": "xoxb-none",
        "SLACK__APP_TOKEN": "xapp-none",
        "SLACK__API_BASE": f"{_NOWHERE}/api/",
        "MAIL__HOST": "127.0.0.1",
        "MAIL__SENDER": "door@example.org",
        "BASE_URL": "http://127.0.0.1:8080",
    }
    async with homeroom_run(tmp_path, **settings) as process:
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
    monkeypatch.setattr(fronts, "stop_on_signals", lambda: None)
    url = f"sqlite:///{tmp_path / 'homeroom.db'}"
    await fronts.run(load(database_url=url, secret_key_file=tmp_path / "secret.key"))
    told = set(re.findall(r"HOMEROOM_\w+", caplog.text))
    assert len(told) == 3
    assert told <= {named(place) for place in places(Settings)}

"""What the guide for operators and its files name is there: settings, commands, a service for systemd."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.__main__ import _parser
from bot.settings import Settings, places
from bot.settings.problems import PREFIX, named

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "docs" / "deploy"
SERVICE = DEPLOY / "homeroom.service"
TOLD = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", *sorted(DEPLOY.iterdir())]
# Examples of what is wrong.
_WRONG = {"HOMEROOM_DISCORD_TOKEN"}


@pytest.mark.parametrize("path", TOLD, ids=lambda path: path.name)
def test_settings_that_are_named_exist(path: Path) -> None:
    known = {f"{PREFIX}CONFIG", *(named(place) for place in places(Settings))}
    told = set(re.findall(r"\bHOMEROOM_[A-Z_]+[A-Z]\b", path.read_text()))
    assert told - known - _WRONG - {"HOMEROOM_SOAK", "HOMEROOM_RACES"} == set()


@pytest.mark.parametrize("path", TOLD, ids=lambda path: path.name)
def test_commands_that_are_named_exist(path: Path) -> None:
    parser = _parser()
    names = {name for action in parser._actions for name in (*action.option_strings, *(action.choices or ()))}
    told = re.findall(r"(?:`|^|HOMEROOM_\S+ )homeroom ([a-z-]+)", path.read_text(), re.MULTILINE)
    assert set(told) <= names


def test_the_service_is_one_that_systemd_takes(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here")
    text = SERVICE.read_text().replace("/opt/homeroom/.venv/bin/python", "/bin/sh")
    text = re.sub(r"^(User|Group)=.*", r"\1=root", text, flags=re.MULTILINE)
    unit = tmp_path / "homeroom.service"
    unit.write_text(text.replace("WorkingDirectory=/opt/homeroom", "WorkingDirectory=/"))
    told = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False, timeout=30
    )
    assert (told.returncode, told.stderr, told.stdout) == (0, "", "")


@pytest.mark.parametrize(("before", "used"), [("", "live"), ("ELSEWHERE=sqlite:////tmp/try.db", "try")])
def test_the_guides_way_to_type_a_command_reaches_another_database(before: str, used: str) -> None:
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("bash is not here")
    guide = (ROOT / "docs" / "operators.md").read_text()
    typed = guide[guide.index("homeroom() {") :].partition("\n}\n")[0] + "\n}"
    typed = typed.replace("/opt/homeroom/.venv/bin/python -m bot", "printenv")
    # What is started has the service's settings, and nothing of whoever starts it.
    stand_in = 'systemd-run() { while [[ $1 == --* ]]; do shift; done; HOMEROOM_DATABASE_URL=live "$@"; }'
    line = f"unset ELSEWHERE\n{stand_in}\n{typed}\n{before} homeroom HOMEROOM_DATABASE_URL"
    told = subprocess.run([shell, "-euc", line], capture_output=True, text=True, check=True, timeout=30)
    assert used in told.stdout

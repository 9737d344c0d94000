"""The installed wheel has the command, and all files that are read beside the code."""

import re
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Files that are not code, but are read when the bot runs.
_READ = {".html", ".css", ".js", ".png", ".svg", ".mako", ".toml", ".ftl", ".json"}
# As `pip` builds it, and without looking for anything elsewhere.
_BUILD = "import sys, hatchling.build as b; print(b.build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    asked = [sys.executable, "-c", _BUILD, str(folder)]
    told = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return zipfile.ZipFile(folder / told.split()[-1])


def test_it_has_all_that_is_read(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    there = {path for path in (ROOT / "bot").rglob("*") if path.suffix in {".py", *_READ}}
    assert {str(path.relative_to(ROOT)) for path in there} - names == set()
    assert wheel.read("bot/default.toml") == (ROOT / "config" / "default.toml").read_bytes()
    assert any(name.startswith("bot/storage/migrations/versions/0001") for name in names)


def test_it_has_nothing_else(wheel: zipfile.ZipFile) -> None:
    kinds = {Path(name).suffix for name in wheel.namelist() if name.startswith("bot/")}
    assert kinds <= {".py", *_READ}
    assert {name.partition("/")[0] for name in wheel.namelist() if ".dist-info/" not in name} == {"bot"}


def test_it_brings_the_command_and_says_what_it_needs(wheel: zipfile.ZipFile) -> None:
    told = {name.rpartition("/")[2]: name for name in wheel.namelist() if ".dist-info/" in name}
    assert b"homeroom = bot.__main__:main" in wheel.read(told["entry_points.txt"])
    about = message_from_bytes(wheel.read(told["METADATA"]))
    assert about["Version"] == "0.1.0"
    needed = about.get_all("Requires-Dist") or []
    locked = (ROOT / "requirements" / "run.txt").read_text("utf-8")
    names = [re.match(r"[\w.-]+", one)[0] for one in needed if "extra ==" not in one]  # type: ignore[index]
    assert len(names) > 20
    assert [one for one in names if not re.search(rf"^{_normal(one)}[=\[]", locked, re.MULTILINE)] == []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

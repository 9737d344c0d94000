"""An SQLite file that disappears: the running bot says so and saves it, and no start makes an empty one."""

import re
from pathlib import Path

import httpx2
import pytest

from bot.__main__ import main
from bot.app import open_application
from bot.console.checks.findings import State
from bot.settings import Settings, load
from bot.storage.addresses import Unusable
from tests.console.looking import found, wrong
from tests.processes import homeroom_run
from tests.world import KEY


def _settings(folder: Path) -> Settings:
    return load(database_url=f"sqlite:///{folder / 'homeroom.db'}", secret_key_file=folder / "secret.key")


def _files(folder: Path, name: str) -> list[Path]:
    return list(folder.glob(name))


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the commands of this process the settings of the folder."""
    monkeypatch.setenv("HOMEROOM_DATABASE_URL", f"sqlite:///{tmp_path / 'homeroom.db'}")
    monkeypatch.setenv("HOMEROOM_SECRET_KEY_FILE", str(tmp_path / "secret.key"))


async def test_a_cleaned_folder_under_a_running_bot(tmp_path: Path) -> None:
    path = tmp_path / "homeroom.db"
    async with homeroom_run(tmp_path) as process:
        await process.says("The web pages are at http")
        (at,) = re.findall(r"The web pages are at (http://[^ \"]+)", process.output)
        async with httpx2.AsyncClient(base_url=at, trust_env=False) as client:
            assert (await client.get("/readyz")).status_code == 200
            for one in _files(tmp_path, "homeroom.db*"):
                one.unlink()
            ready = await client.get("/readyz")
            assert (ready.status_code, "its file was lost" in ready.text) == (503, True)
            assert (await client.get("/healthz")).status_code == 200, "a restart would lose everything"
        await process.says("was deleted or moved", "What it held is saved")
        assert await process.terminate() == 0
    (saved,) = _files(tmp_path, "homeroom.db.rescued-*")
    assert str(saved) in process.output
    async with homeroom_run(tmp_path) as process:
        assert await process.process.wait() == 1
    assert "no database at" in process.output
    assert not path.exists()


@pytest.mark.usefixtures("typed")
async def test_a_key_without_its_database(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    async with open_application(settings):
        pass
    (tmp_path / "homeroom.db").unlink()
    with pytest.raises(Unusable, match="homeroom restore FILE"):
        async with open_application(settings):
            pass
    assert not (tmp_path / "homeroom.db").exists()
    bad = await wrong("database", **settings.model_dump(include={"database_url", "secret_key_file"}))
    assert "no database at" in bad.told
    assert "homeroom restore" in bad.mend


@pytest.mark.usefixtures("typed")
def test_whoever_brings_a_key_creates_the_database(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text(f"{KEY.hex()}\n")
    (tmp_path / "secret.key").chmod(0o600)
    assert main(["status"]) == 1
    assert main(["db", "upgrade"]) == 0
    assert main(["status"]) == 0


async def test_a_first_start_that_fails_leaves_no_key_behind(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("no folder")
    settings = load(
        database_url=f"sqlite:///{tmp_path / 'words' / 'homeroom.db'}",
        secret_key_file=tmp_path / "secret.key",
    )
    for _ in range(2):
        with pytest.raises(Unusable, match="words"):
            async with open_application(settings):
                pass
    assert not (tmp_path / "secret.key").exists()
    (tmp_path / "words").unlink()
    async with open_application(settings):
        pass


async def test_a_key_in_the_environment_is_there_before_the_first_start(tmp_path: Path) -> None:
    settings = load(database_url=f"sqlite:///{tmp_path / 'homeroom.db'}", secret_key=KEY.hex())
    told = await found("database", **settings.model_dump(include={"database_url"}), secret_key=KEY.hex())
    assert State.WRONG not in {one.state for one in told}
    async with open_application(settings):
        pass

"""`homeroom db`, `backup` and `restore`, and what a start does if the tables are of another version."""

import os
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

from bot.__main__ import main
from bot.core.keys.rotation import WrongKey
from bot.settings import load
from bot.storage import inspection, maintenance, migrate
from bot.storage.database import open_database
from bot.storage.maintenance import InUse
from bot.storage.migrate import NoSuchRevision, WrongSchema
from bot.storage.tables import metadata
from bot.storage.vault import Vault
from tests.storage import build
from tests.storage.revisions import next_version
from tests.world import FakeClock, open_world, sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database with two schools in it."""
    if request.param == "sqlite":
        address = sqlite_url(tmp_path)
        await _fill(address)
        yield address
        return
    async with request.getfixturevalue("postgres").database() as address:
        await _fill(address)
        yield address


async def _fill(url: str) -> None:
    async with open_world(url) as world:

        def unit(uow: Any) -> None:
            for name in ("Maple", "Birch"):
                school = build.school(uow, name)
                build.membership(uow, school, build.person(uow))

        await world.database.run(unit)


def _rows(connection: Connection) -> dict[str, list[str]]:
    there = inspect(connection).get_table_names()
    tables = [table for table in metadata.sorted_tables if table.name in there]
    return {table.name: sorted(map(repr, connection.execute(table.select()))) for table in tables}


def _mottos(connection: Connection) -> list[str]:
    return sorted(connection.execute(text("SELECT motto FROM schools")).scalars())


def _versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "VERSIONS", next_version(tmp_path / "versions"))


async def test_up_and_down_again_with_data(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await inspection.read_only(url, _rows)
    assert len(before["schools"]) == 2
    _versions(tmp_path, monkeypatch)
    assert await maintenance.upgrade(url, "head") == "0002"
    assert await inspection.read_only(url, _mottos) == ["Welcome to Birch", "Welcome to Maple"]
    assert await inspection.read_only(url, _rows) == before
    assert await maintenance.downgrade(url, "0001") == "0001"
    assert await inspection.read_only(url, _rows) == before
    assert await maintenance.upgrade(url, "0002") == "0002"
    assert await maintenance.downgrade(url, "base") is None
    assert await inspection.read_only(url, _rows) == {}


async def test_tables_that_somebody_uses_are_not_taken_back(url: str) -> None:
    async with open_world(url) as world:
        with pytest.raises(InUse, match="Stop Homeroom"):
            await maintenance.downgrade(url, "base")
        assert await world.database.is_current()
    await maintenance.downgrade(url, "base")
    assert await inspection.revision(url) is None


async def test_a_database_that_refuses_a_key_is_let_go(url: str) -> None:
    async with open_world(url):
        pass
    with pytest.raises(WrongKey):
        await open_database(url, FakeClock(), Vault(bytes(32)))
    await maintenance.downgrade(url, "base")


async def test_revisions_that_are_none(url: str) -> None:
    before = await inspection.read_only(url, _rows)
    for change in (maintenance.upgrade, maintenance.downgrade):
        with pytest.raises(NoSuchRevision):
            await change(url, "0815")
    assert await inspection.read_only(url, _rows) == before


async def test_a_start_upgrades_older_tables_or_refuses_them(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _versions(tmp_path, monkeypatch)
    with pytest.raises(WrongSchema, match="homeroom db upgrade"):
        async with open_world(url, upgrade=False):
            pass
    assert await inspection.revision(url) == "0001"
    async with open_world(url):
        assert await inspection.revision(url) == "0002"
    async with open_world(url, upgrade=False):
        pass


async def test_a_start_refuses_newer_tables(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        _versions(tmp_path, later)
        await maintenance.upgrade(url, "head")
    for upgrade in (True, False):
        with pytest.raises(WrongSchema, match="revision 0002; this one needs 0001"):
            async with open_world(url, upgrade=upgrade):
                pass
    for change in (maintenance.upgrade, maintenance.downgrade):
        with pytest.raises(WrongSchema):
            await change(url, "base" if change is maintenance.downgrade else "head")
    assert await inspection.read_only(url, _mottos) == ["Welcome to Birch", "Welcome to Maple"]


Said = pytest.CaptureFixture[str]


def test_tables_on_the_command_line(tmp_path: Path, capsys: Said) -> None:
    assert main(["db", "current"]) == 1
    assert "revision none; this version needs 0001" in capsys.readouterr().out
    assert not (tmp_path / "var").exists()
    assert main(["db", "upgrade"]) == 0
    assert main(["db", "current"]) == 0
    assert main(["db", "downgrade", "base"]) == 2
    assert "--force" in capsys.readouterr().out
    assert main(["db", "current"]) == 0
    assert main(["db", "downgrade", "base", "--force"]) == 0
    assert main(["db", "current"]) == 1
    assert main(["db", "upgrade", "0815"]) == 1
    assert "There is no revision 0815" in capsys.readouterr().err


def test_a_start_of_the_bot_with_newer_tables(
    tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["db", "upgrade"]) == 0
    with closing(sqlite3.connect(tmp_path / "var" / "homeroom.db")) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    assert main(["run"]) == 1
    told = capsys.readouterr().err
    assert "Homeroom cannot continue: The database has tables of a later version" in told
    assert "Traceback" not in told
    monkeypatch.setenv("HOMEROOM_UPGRADE_AT_START", "false")
    monkeypatch.setenv("HOMEROOM_DATABASE_URL", "sqlite:///var/empty.db")
    assert main(["run"]) == 1
    assert "homeroom db upgrade" in capsys.readouterr().err


def test_backup_and_restore_on_the_command_line(
    tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["db", "upgrade"]) == 0
    load().keys()
    assert main(["status"]) == 0
    capsys.readouterr()
    assert main(["backup", "school.backup"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "The secret key (var/secret.key) is not in it" in said
    assert main(["backup", "school.backup"]) == 2
    assert main(["restore", "school.backup"]) == 0
    said = capsys.readouterr().out
    assert "var/homeroom.db was restored from school.backup" in said
    assert "The audit log is intact: 0 entries" in said
    monkeypatch.setenv("HOMEROOM_SECRET_KEY", "ab" * 32)
    assert main(["restore", "school.backup", "--force"]) == 0
    assert "HOMEROOM_SECRET_KEY) does not fit" in capsys.readouterr().out
    (tmp_path / "words.txt").write_text("words")
    assert main(["restore", "words.txt"]) == 2
    assert "not a backup of Homeroom" in capsys.readouterr().out
    assert main(["check", "--json"]) == 1
    assert "does not fit" in capsys.readouterr().out


def test_a_restore_says_what_is_missing(tmp_path: Path, capsys: Said) -> None:
    """The database file itself, copied while the bot runs, lacks the changes that are only in the WAL."""
    assert main(["db", "upgrade"]) == 0
    load().keys()
    assert main(["backup", "school.backup"]) == 0
    shutil.copyfile(tmp_path / "var" / "homeroom.db", tmp_path / "copy.db")
    capsys.readouterr()
    assert main(["restore", "school.backup", "--force"]) == 0
    assert "missing" not in capsys.readouterr().out
    (tmp_path / "var" / "secret.key").rename(tmp_path / "kept.key")
    assert main(["restore", "copy.db", "--force"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "copy.db is a copy of a database file, and not made by `homeroom backup`" in said
    assert "There is no secret key in var/secret.key" in said
    if os.geteuid() != 0:  # root may read and write everything
        (tmp_path / "var" / "homeroom.db").chmod(0)
        assert main(["restore", "school.backup", "--force"]) == 1
        assert "homeroom.db: Permission denied" in capsys.readouterr().err


_ASKED = (
    ("status",),
    ("outbox", "list"),
    ("audit", "verify"),
    ("import", "people.csv", "--school", "Maple"),
    ("export", "new.csv", "--school", "Maple"),
    ("sync", "North"),
)


@pytest.mark.parametrize("command", _ASKED, ids=" ".join)
def test_asking_about_what_is_not_there_makes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HOMEROOM_SYSTEM_ADMINISTRATORS", "discord:1")
    (tmp_path / "people.csv").write_text("email\n")
    assert main([*command]) == 1
    assert "there is no database at var/homeroom.db" in capsys.readouterr().err
    assert not (tmp_path / "var").exists()
    assert main(["db", "upgrade"]) == 0
    assert main([*command]) == 1
    assert "there is no secret key at var/secret.key" in capsys.readouterr().err
    assert not (tmp_path / "var" / "secret.key").exists()
    load().keys()
    assert main(["db", "downgrade", "base", "--force"]) == 0
    assert main([*command]) == 1
    assert "has no tables of Homeroom. If HOMEROOM_DATABASE_URL names the wrong" in capsys.readouterr().err
    assert main(["db", "current"]) == 1, "to ask is not to upgrade: an earlier version may be at work"


_COMMANDS = (
    ("db", "current"),
    ("db", "upgrade"),
    ("db", "downgrade", "base", "--force"),
    ("backup", "away.backup"),
    ("restore", "away.backup"),
    ("status",),
    ("outbox", "list"),
    ("audit", "verify"),
)
# A password with such signs in it makes an address that is none.
_BROKEN = "postgresql://ada:can:ary@host:canary/homeroom"  # pragma: allowlist secret


@pytest.mark.parametrize("command", _COMMANDS, ids=" ".join)
def test_a_database_that_cannot_be_used_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.db").write_text("These are no tables at all, but words. " * 100)
    monkeypatch.setenv("HOMEROOM_SECRET_KEY", "ab" * 32)
    told = {"sqlite:///words.db": "file is not a database", "nonsense": "database_url is not a database"}
    for url, why in {**told, _BROKEN: "database_url is not a database"}.items():
        monkeypatch.setenv("HOMEROOM_DATABASE_URL", url)
        if command[0] == "restore" and "words" in url:
            with closing(sqlite3.connect("away.backup")) as whole:
                migrate.migrate_file("away.backup")
                whole.execute("PRAGMA journal_mode=DELETE")
        assert main([*command]) in {1, 2}
        said = capsys.readouterr()
        line = (said.out + said.err).strip()
        assert why in line
        assert ("\n" in line, "canary" in line) == (False, False)

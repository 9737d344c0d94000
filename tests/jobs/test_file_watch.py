"""A database file that is deleted, moved or replaced under a running bot: noticed, told, nothing is lost."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.core.ids import new_id
from bot.core.ports import FileLost, UnitOfWork
from bot.core.stuck import TrackedItem, put_off
from bot.jobs.file_watch import FileWatch
from bot.storage import backups
from bot.storage.database import SqliteDatabase
from bot.storage.vault import Vault
from tests.world import KEY, World, open_world, sqlite_url


def _writes(uow: UnitOfWork) -> None:
    put_off(uow, TrackedItem("join_request", new_id(uow.now)), "KeyError")


def _count(uow: UnitOfWork) -> int:
    return sum(uow.stuck.count_by_kind().values())


def _delete(path: Path) -> None:
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()


def _delete_wal(path: Path) -> None:
    Path(f"{path}-wal").unlink()


def _move(path: Path) -> None:
    path.rename(f"{path}.old")


def _replace(path: Path) -> None:
    shutil.copyfile(path.with_name("backup"), path.with_name("new"))
    path.with_name("new").replace(path)


def _watch(world: World) -> FileWatch:
    assert isinstance(world.database, SqliteDatabase)
    return FileWatch(world.database.file.look, world.database.rescue)


def _rescued(path: Path) -> list[Path]:
    return list(path.parent.glob(f"{path.name}.rescued-*"))


async def test_a_file_that_is_there_is_written_to(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        watch = _watch(world)
        for _ in range(3):
            await world.database.run(_writes)
            await watch.look()
        await backups.backup(sqlite_url(tmp_path), tmp_path / "backup")
        await watch.look()
        await world.database.run(_writes)
    assert not caplog.records
    assert not _rescued(tmp_path / "homeroom.db")


@pytest.mark.parametrize("happens", [_delete, _delete_wal, _move, _replace])
async def test_a_file_that_is_lost_is_told_and_what_it_held_is_saved(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, happens: Callable[[Path], None]
) -> None:
    path = tmp_path / "homeroom.db"
    async with open_world(sqlite_url(tmp_path)) as world:
        await backups.backup(sqlite_url(tmp_path), tmp_path / "backup")
        watch = _watch(world)
        for _ in range(5):
            await world.database.run(_writes)
        happens(path)
        for _ in range(20):
            await watch.look()
        with pytest.raises(FileLost, match=str(path)):
            await world.database.run(_writes)
        (saved,) = _rescued(path)
        assert saved.stat().st_mode & 0o777 == 0o600
    told = [one.getMessage() for one in caplog.records if one.levelno == logging.CRITICAL]
    assert len(told) == 2, "told at once, and after a minute"
    assert all("homeroom.db" in one and str(saved) in one for one in told)
    await backups.restore(sqlite_url(tmp_path), saved, Vault(KEY), force=True)
    async with open_world(sqlite_url(tmp_path)) as world:
        assert await world.database.read(_count) == 5


async def test_a_file_that_is_put_back_is_written_to_again(tmp_path: Path) -> None:
    path = tmp_path / "homeroom.db"
    async with open_world(sqlite_url(tmp_path)) as world:
        watch = _watch(world)
        await world.database.run(_writes)
        path.rename(tmp_path / "elsewhere")
        await watch.look()
        with pytest.raises(FileLost):
            await world.database.run(_writes)
        (tmp_path / "elsewhere").rename(path)
        await watch.look()
        await world.database.run(_writes)
    async with open_world(sqlite_url(tmp_path)) as world:
        assert await world.database.read(_count) == 2


async def test_a_link_to_the_file_is_watched_too(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    async with open_world(sqlite_url(folder)):
        pass
    (tmp_path / "homeroom.db").symlink_to(folder / "homeroom.db")
    async with open_world(sqlite_url(tmp_path), upgrade=False) as world:
        watch = _watch(world)
        await watch.look()
        await world.database.run(_writes)
        _move(folder / "homeroom.db")
        await watch.look()
        with pytest.raises(FileLost):
            await world.database.run(_writes)


@pytest.mark.parametrize("content", [None, b"", b"nothing of ours"])
async def test_a_file_that_is_written_over_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    """The careless way to restore a backup is `cp`, which writes into the file that the bot has open."""
    path = tmp_path / "homeroom.db"
    async with open_world(sqlite_url(tmp_path)) as world:
        await backups.backup(sqlite_url(tmp_path), tmp_path / "backup")
        path.write_bytes((tmp_path / "backup").read_bytes() if content is None else content)
        await _watch(world).look()
        with pytest.raises(FileLost, match="overwritten"):
            await world.database.run(_writes)
    assert "homeroom restore BACKUP --force" in caplog.text
    assert not _rescued(path), "a mixture of two databases is no backup"


async def test_where_it_cannot_be_saved_that_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    async with open_world(sqlite_url(folder)) as world:
        watch = _watch(world)
        shutil.rmtree(folder)
        await watch.look()
        with pytest.raises(FileLost):
            await world.database.run(_writes)
    assert "could not be saved" in caplog.text

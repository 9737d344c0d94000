"""Backs up and restores SQLite with its online backup: a consistent copy while others write."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bot.storage import migrate
from bot.storage.addresses import reason
from bot.storage.backups.shared import (
    BadBackup,
    Restored,
    new_file,
    require_kind,
    require_revision,
    sync_to_disk,
    upgraded_and_verified,
)
from bot.storage.inspection import has_content, on_file, require_access
from bot.storage.maintenance import is_used
from bot.storage.vault import Vault

_PATIENCE = 10.0


def backup(path: Path, file: Path) -> int:
    """Copy a database file, even while others write to it; return the size of the copy in bytes."""
    if not path.exists():
        raise BadBackup(f"There is no database at {path}.")
    require_access(path)
    with new_file(file) as partly, room_in(file.absolute().parent):
        with _open(path, "rw") as source:
            copy(source, partly)
        with _open(partly, "rw") as written:
            _require_whole(path, written)
    return file.stat().st_size


def restore(path: Path, file: Path, vault: Vault | None, *, force: bool) -> Restored:
    """Replace a database file by a backup, once that is found intact."""
    path = path.resolve() if path.is_symlink() else path  # a symbolic link stays
    require_kind(file, of_sqlite=True)
    if path.exists():
        require_access(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".homeroom-", dir=path.parent) as folder:
        scratch = Path(folder) / "restored.db"
        with room_in(path.parent):
            restored = unpack(file, scratch, vault)
        _belongs(scratch, path if path.exists() else path.parent)
        sync_to_disk(scratch)
        with _held(path, force=force):
            scratch.replace(path)
    sync_to_disk(path)
    return restored


def unpack(file: Path, scratch: Path, vault: Vault | None) -> Restored:
    """Create a database file of this version from a backup; raise `BadBackup` if that is damaged."""
    scratch.touch(mode=0o600)
    try:
        with _open(file, "ro") as source:
            _require_whole(file, source)
            copy(source, scratch)
    except sqlite3.DatabaseError as broken:
        if _is_full(broken):
            raise
        raise BadBackup(f"{file} is damaged: {broken}.") from broken
    require_revision(file, on_file(scratch, migrate.revision))
    return _examined(scratch, vault)


def _examined(scratch: Path, vault: Vault | None) -> Restored:
    found: list[Restored] = []

    def work(connection: Connection) -> None:
        found.append(upgraded_and_verified(connection, vault))

    migrate.migrate_file(str(scratch), work)
    with _open(scratch, "rw") as copy:
        _require_whole(scratch, copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, which can be moved
    return found[0]


@contextmanager
def room_in(folder: Path) -> Iterator[None]:
    """Raise `BadBackup`, which names the folder, if its disk is full."""
    try:
        yield
    except (sqlite3.Error, DBAPIError) as broken:
        if not _is_full(broken):
            raise
        raise BadBackup(
            f"There is not enough space in {folder}: {reason(broken)}. Free some, and run the command again."
        ) from broken


def _is_full(broken: Exception) -> bool:
    said = broken.orig if isinstance(broken, DBAPIError) else broken
    return getattr(said, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _belongs(scratch: Path, like: Path) -> None:
    """Give a file the owner of another path, if run by root, so that the service can read it."""
    owner = like.stat()
    if os.geteuid() == 0:
        os.chown(scratch, owner.st_uid, owner.st_gid)


@contextmanager
def _open(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)) as opened:
        yield opened


def copy(source: sqlite3.Connection, to: Path) -> None:
    """Copy an open database to a file, as one file that is not in use."""
    with _open(to, "rw") as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
        target.execute("PRAGMA user_version=0")


def _require_whole(name: Path, opened: sqlite3.Connection) -> None:
    if opened.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]:
        raise BadBackup(f"{name} is damaged: SQLite's integrity check failed.")
    if opened.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise BadBackup(f"{name} is damaged: rows that others refer to are missing.")


def _require_nothing(path: Path) -> None:
    try:
        content = on_file(path, has_content)
    except DBAPIError as broken:
        raise BadBackup(
            f"{path} cannot be read: {reason(broken)}. Copy it elsewhere if you may need it, and run the "
            "same command with --force to replace it."
        ) from broken
    if content:
        raise BadBackup(
            f"{path} is not empty. Make a backup of it (homeroom backup FILE), and run the same command "
            "with --force to replace it."
        )


@contextmanager
def _held(path: Path, *, force: bool) -> Iterator[None]:
    """Hold a database file that is being replaced; raise `BadBackup` if it has content or is in use."""
    if not path.exists():
        _remove_rest(path, force=force)
        yield
        return
    if not force and path.stat().st_size:
        _require_nothing(path)
    with _open(path, "rw") as present:
        try:
            if is_used(present):
                raise BadBackup(f"Homeroom is still running on {path}. Stop it first.")
        except sqlite3.DatabaseError:
            if not force:  # with --force even a damaged file is replaced
                raise
        _remove_rest(path, force=True)
        yield


def _remove_rest(path: Path, *, force: bool) -> None:
    """Delete what SQLite keeps beside a file: it would write that into the file that comes in its place."""
    wal = Path(f"{path}-wal")
    if not force and wal.exists() and wal.stat().st_size:
        raise BadBackup(
            f"There is {wal}, but not the file to which it belongs. If you have that file, put it back: both "
            "together have the latest changes. Otherwise run the same command with --force, which deletes it."
        )
    for left in (wal, Path(f"{path}-shm")):
        left.unlink(missing_ok=True)

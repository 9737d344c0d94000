"""What backups of both databases share: handling their files, and checking that they are intact."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from bot.core.audit_lines import Verdict, verify_all_stored
from bot.core.values import dataclass
from bot.storage import migrate
from bot.storage.audit import SqlAudit
from bot.storage.migrate import WrongSchema
from bot.storage.secret_keys import lacks_key
from bot.storage.vault import Vault

_SQLITE, _POSTGRES = b"SQLite format 3\0", b"PGDMP"
# Where a file of SQLite has its `user_version`.
_MARK = slice(60, 64)


class BadBackup(Exception):
    """A backup cannot be made or restored; the message says why, and what to do. Nothing has changed."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The restored database; `key_fits` tells whether the settings have the keys that sealed it."""

    revision: str
    verdicts: tuple[Verdict, ...]
    key_fits: bool


@contextmanager
def new_file(file: Path) -> Iterator[Path]:
    """Yield a temporary file that is renamed to `file` on success; only its owner can read it."""
    if file.exists():
        raise BadBackup(f"{file} exists already. Choose another name.")
    try:
        handle, name = tempfile.mkstemp(prefix=".homeroom-", dir=file.absolute().parent)
    except OSError as refused:
        raise BadBackup(f"{file} cannot be written: {refused.strerror}.") from refused
    os.close(handle)
    partly = Path(name)
    try:
        yield partly
        _sync(partly)
        try:
            _give_name(partly, file)
        except FileExistsError:
            raise BadBackup(f"{file} exists already. Choose another name.") from None
        _sync(file.absolute().parent)
    finally:
        partly.unlink(missing_ok=True)


def _give_name(partly: Path, file: Path) -> None:
    """Rename a file without replacing another; raise `FileExistsError` if the name is taken."""
    try:
        os.link(partly, file)
    except FileExistsError:
        raise
    except OSError:  # USB sticks and some shares have no hard links: reserve the name first
        file.touch(mode=0o600, exist_ok=False)
        partly.replace(file)


def _sync(path: Path) -> None:
    """Wait until a file or folder is written to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_to_disk(path: Path) -> None:
    """Wait until a file and its entry in the folder are written to the disk."""
    _sync(path)
    _sync(path.absolute().parent)


def is_of_sqlite(file: Path) -> bool:
    """Return whether a file is a backup of SQLite; raise `BadBackup` if it cannot be read."""
    return _begins(file) == _SQLITE


def lacks_wal(file: Path) -> bool:
    """Return whether a file is a plain copy of a database that was in use, without the WAL beside it."""
    mark = _begins(file, _MARK.stop)[_MARK]
    return is_of_sqlite(file) and int.from_bytes(mark) == migrate.IN_USE and not Path(f"{file}-wal").exists()


def _begins(file: Path, number: int = len(_SQLITE)) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(number)
    except OSError as unreadable:
        raise BadBackup(f"{file} cannot be read: {unreadable.strerror}.") from unreadable


def require_kind(file: Path, *, of_sqlite: bool) -> None:
    """Raise `BadBackup` if a file is not a backup of the kind of database that the settings name."""
    begins = _begins(file)
    kinds = {"SQLite": begins == _SQLITE, "PostgreSQL": begins.startswith(_POSTGRES)}
    wanted, other = ("SQLite", "PostgreSQL") if of_sqlite else ("PostgreSQL", "SQLite")
    if kinds[other]:
        raise BadBackup(f"{file} is a backup of {other}, but database_url names {wanted}.")
    if not kinds[wanted]:
        raise BadBackup(
            f"{file} is not a backup of Homeroom. If it is compressed or encrypted, unpack it first."
        )


def require_revision(file: Path, revision: str | None) -> None:
    """Raise `BadBackup` if a backup has none of Homeroom's tables, or those of a later version."""
    if revision is None:
        raise BadBackup(f"{file} has no tables of Homeroom.")
    try:
        migrate.refuse_newer(revision)
    except WrongSchema:
        raise BadBackup(
            f"{file} is from a later version of Homeroom (revision {revision}; this one needs "
            f"{migrate.head()}). Restore it with that version."
        ) from None


def upgraded_and_verified(connection: Connection, vault: Vault | None) -> Restored:
    """Upgrade a restored database and verify its audit log; raise `BadBackup` if that is damaged."""
    migrate.upgrade(connection)
    verdicts = tuple(verify_all_stored(SqlAudit(connection)))
    flawed = [f"{one.chain} after entry {one.last}: {one.flaw.value}" for one in verdicts if one.flaw]
    if flawed:
        raise BadBackup(f"The audit log in the backup is damaged: {'; '.join(flawed[:3])}.")
    return Restored(migrate.head(), verdicts, not lacks_key(connection, vault))

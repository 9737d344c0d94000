"""Backs up a whole database, and restores it."""

import asyncio
from pathlib import Path

from bot.storage.addresses import raising_unusable, sqlite_path
from bot.storage.backups import postgres, sqlite, sqlite_to_postgres
from bot.storage.backups.shared import BadBackup, Restored, is_of_sqlite, lacks_wal
from bot.storage.vault import Vault

__all__ = ["BadBackup", "Restored", "backup", "lacks_wal", "restore"]


async def backup(url: str, file: Path) -> int:
    """Copy a database to a new file that only its owner can read; return its size in bytes."""
    path = sqlite_path(url)
    with raising_unusable():
        if path is not None:
            return await asyncio.to_thread(sqlite.backup, Path(path), file)
        return await postgres.backup(url, file)


async def restore(url: str, file: Path, vault: Vault | None, *, force: bool) -> Restored:
    """Replace an empty database, or with `force` any database, by a backup, while nothing else uses it.

    A backup that is damaged, or of a later version, changes nothing. Older tables are upgraded. A backup of
    SQLite can be restored to PostgreSQL, but not the other way round.
    """
    path = sqlite_path(url)
    with raising_unusable():
        if path is not None:
            return await asyncio.to_thread(sqlite.restore, Path(path), file, vault, force=force)
        if await asyncio.to_thread(is_of_sqlite, file):
            return await sqlite_to_postgres.restore(url, file, vault, force=force)
        return await postgres.restore(url, file, vault, force=force)

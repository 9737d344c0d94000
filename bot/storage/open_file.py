"""Tells whether the file of an open SQLite database is still the one at its path.

SQLite goes on writing to a file that was deleted, moved or replaced, without an error. All of that would be
lost when the process ends.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.core.ports import FileLost
from bot.storage.migrate import IN_USE


class OpenFile:
    """The files of an SQLite database that this process has open."""

    def __init__(self, path: Path) -> None:
        """Take the path of the database."""
        self.path = path
        # What happened to the files, empty if they are there; and whether the open database is still whole.
        self.loss, self.is_whole = "", True
        self._opened: dict[Path, tuple[int, int]] = {}
        self._marked = False
        self._claim: sqlite3.Connection | None = None

    def claim(self) -> bool:
        """Claim the database for this bot until the process ends; return False if another bot has it.

        By an SQLite lock on a file of its own, which stays empty: the database's is locked by whoever writes.
        """
        lock = Path(f"{self.path.resolve()}.lock")
        lock.touch(mode=0o600)  # whoever may read it could lock it, too
        self._claim = sqlite3.connect(lock, isolation_level=None, timeout=0)
        try:
            self._claim.execute("PRAGMA journal_mode=MEMORY")  # so that no third file comes beside the two
            self._claim.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        return True

    def remember(self) -> None:
        """Remember which files are there now that the database is open."""
        wal = Path(f"{self.path.resolve()}-wal")  # beside the file that a symbolic link names
        self._opened = {one: _identity(one) for one in (self.path, wal)}
        # If another process has the database open, the mark may not be in the file itself yet.
        self._marked = not _is_overwritten(self.path)

    def require(self) -> None:
        """Raise `FileLost` if `look` found that the files are lost."""
        if self.loss:
            raise FileLost(self.loss)

    def look(self) -> str:
        """Return what has happened to the files since they were opened; empty if they are still there."""
        self.loss = self._find_loss()
        if not self.loss and self._marked and _is_overwritten(self.path):
            self.loss, self.is_whole = f"{self.path} was overwritten", False
        return self.loss

    def _find_loss(self) -> str:
        for one, opened in self._opened.items():
            try:
                found = _identity(one)
            except (FileNotFoundError, NotADirectoryError):
                return f"{one} was deleted or moved"
            except OSError:  # the disk does not answer, which says nothing about the file
                return self.loss
            if found != opened:
                return f"{one} was replaced by another file"
        return ""


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _is_overwritten(path: Path) -> bool:
    """Read the mark in the file itself, past the WAL.

    By SQLite, because closing a file by any other means drops the locks that this process has on it.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as opened:
            return bool(opened.execute("PRAGMA user_version").fetchone() != (IN_USE,))
    except sqlite3.OperationalError:  # it cannot be opened
        return False
    except sqlite3.DatabaseError:  # it is no database
        return True

"""SQLite for the tests: each process creates a file with the tables once, and each test gets a copy."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.storage import migrate
from bot.storage.addresses import sqlite_path


def with_tables(url: str) -> str:
    """Create the database file of an SQLite URL with all tables, if it does not exist; return the URL."""
    path = sqlite_path(url)
    if path is not None and not Path(path).exists():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch(mode=0o600)
        Path(path).write_bytes(_made())
    return url


@cache
def _made() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "tables.db"
        migrate.migrate_file(str(file))
        return file.read_bytes()

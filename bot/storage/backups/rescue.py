"""Saves what an open SQLite database holds, after its file was deleted, moved or replaced."""

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from bot.storage.backups.shared import new_file
from bot.storage.backups.sqlite import copy, room_in


def rescue(connection: Connection, path: Path, now: datetime) -> Path:
    """Copy an open database to a new backup beside its path, and return that."""
    file = path.absolute().with_name(f"{path.name}.rescued-{now:%Y-%m-%dT%H%M%S}")
    source: Any = connection.connection.dbapi_connection
    with new_file(file) as partly, room_in(file.parent):
        copy(source, partly)
    return file

# ruff: noqa: INP001 - a module on its own, as pip installs it
"""An example plug-in: classroom observations, kept in a file of their own, follow /member transfer.

Install it beside the bot (`pip install docs/examples/observations`) and say where the file is:
OBSERVATIONS_FILE=/var/lib/observations.db. People are known by Homeroom's person ids.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_TABLE = "CREATE TABLE IF NOT EXISTS observations (school TEXT, observer TEXT, teacher TEXT, noted TEXT)"
_MINE = "school = ? AND observer = ?"


class Move(Protocol):
    """What Homeroom tells a plug-in: `bot.core.people.transfers.Move`."""

    @property
    def school_id(self) -> str: ...  # noqa: D102
    @property
    def source_id(self) -> str: ...  # noqa: D102
    @property
    def target_id(self) -> str: ...  # noqa: D102


@contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """Open the file; commit at the end, or take everything back."""
    connection = sqlite3.connect(os.environ["OBSERVATIONS_FILE"])
    try:
        with connection:
            connection.execute(_TABLE)
            yield connection
    finally:
        connection.close()


class Observations:
    """Hands observations that one person made to another."""

    name = "Observations"

    def count(self, move: Move) -> int:
        """Count what would move."""
        query = f"SELECT count(*) FROM observations WHERE {_MINE}"  # noqa: S608 - a constant
        with opened() as connection:
            (number,) = connection.execute(query, (move.school_id, move.source_id)).fetchone()
        return int(number)

    def apply(self, move: Move) -> int:
        """Move them; done twice, there is nothing left to do the second time."""
        update = f"UPDATE observations SET observer = ? WHERE {_MINE}"  # noqa: S608 - a constant
        with opened() as connection:
            return connection.execute(update, (move.target_id, move.school_id, move.source_id)).rowcount

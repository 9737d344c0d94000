"""Upgrades and downgrades a database's tables with Alembic, and tells their revision."""

import logging
import time
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, String, column, create_engine, inspect, select, table
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from alembic.config import Config

_log = logging.getLogger(__name__)
# An arbitrary number for the advisory lock by which replicas that start together wait for each other.
_LOCK = 7_304_111
# How long a process that starts waits for one that migrates, in seconds.
_PATIENCE, _PAUSE = 30.0, 0.02
_MIGRATIONS = Path(__file__).with_name("migrations")
VERSIONS = _MIGRATIONS / "versions"
# The schema to which a restore moves PostgreSQL's tables while it creates others in their place.
ASIDE = "homeroom_before"
BROKEN_OFF = "A restore was interrupted, and the previous content is still stored beside the tables"
# SQLite's `user_version` of a file in which Homeroom works. Backups have 0, so that a running bot recognizes
# one that is copied over its file.
IN_USE = 1
# Alembic's table with the revision of a database.
_ALEMBIC_VERSION = table("alembic_version", column("version_num", String))


class Schema(StrEnum):
    """How the tables of a database compare with those that this version needs."""

    NONE = "none"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


class WrongSchema(ValueError):
    """The database's tables are not those that this version needs; the message says what to do."""


class NoSuchRevision(ValueError):
    """The requested revision is unknown to this version, or not in that direction."""


@lru_cache(1)
def _revisions(versions: Path) -> tuple[str, ...]:
    """Return the revisions that this version knows, the newest first; the names of their files begin so."""
    return tuple(sorted((file.name[:4] for file in versions.glob("[0-9]*_*.py")), reverse=True))


def head() -> str:
    """Return the revision of the tables that this version needs."""
    return _revisions(VERSIONS)[0]


def revision(connection: Connection) -> str | None:
    """Return the revision of a database's tables; None if it has none."""
    if not inspect(connection).has_table(_ALEMBIC_VERSION.name):
        return None
    return connection.execute(select(_ALEMBIC_VERSION.c.version_num)).scalar()


def schema_at(found: str | None) -> Schema:
    """Compare a revision with the one that this version needs."""
    if found is None:
        return Schema.NONE
    if found == head():
        return Schema.CURRENT
    return Schema.OLDER if found in _revisions(VERSIONS) else Schema.NEWER


def refuse_newer(found: str | None) -> None:
    """Raise `WrongSchema` if a later version has made the tables."""
    if schema_at(found) is Schema.NEWER:
        raise WrongSchema(
            f"The database has tables of a later version of Homeroom (revision {found}; this one needs "
            f"{head()}). Run that version again, or restore a backup that this one made."
        )


def is_broken_off(connection: Connection) -> bool:
    """Return whether a restore was broken off, so that the present tables must not be used."""
    return connection.dialect.name == "postgresql" and ASIDE in inspect(connection).get_schema_names()


def refuse_broken_off(connection: Connection) -> None:
    """Raise `WrongSchema` if a restore was broken off; the next restore drops the present tables."""
    if is_broken_off(connection):
        raise WrongSchema(
            f"{BROKEN_OFF}. Run the same `homeroom restore` again: it first puts the previous content back"
        )


def require_current(connection: Connection) -> None:
    """Raise `WrongSchema` if the database's tables are not those that this version needs."""
    found = revision(connection)
    refuse_newer(found)
    if found is None:
        raise WrongSchema(
            "The database has no tables of Homeroom. If HOMEROOM_DATABASE_URL names the wrong one, correct "
            "it. Otherwise restore a backup (homeroom restore FILE), or begin anew: homeroom db upgrade"
        )
    if found != head():
        raise WrongSchema(
            f"The database has tables of an earlier version of Homeroom (revision {found}; this "
            f"one needs {head()}). Make a backup, stop all replicas, and run: homeroom db upgrade"
        )


def upgrade(connection: Connection, to: str = "head") -> None:
    """Upgrade the database of a connection to a revision."""
    _wait_for_others(connection)
    found = revision(connection)
    refuse_newer(found)
    if to == "head" and found == head():
        return
    _move(connection, to, up=True)
    if found is None:
        _log.info("The database was empty, so its tables were created: %s", connection.engine.url.database)


def is_current(connection: Connection) -> bool:
    """Return whether the database has the tables that this version needs."""
    return revision(connection) == head()


def downgrade(connection: Connection, to: str) -> None:
    """Take the database of a connection back to a revision; `base` removes all tables."""
    _wait_for_others(connection)
    refuse_newer(revision(connection))
    _move(connection, to, up=False)


def _wait_for_others(connection: Connection) -> None:
    """Wait until no other process migrates, however long that takes; SQLite has only one writer."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def alembic_config(connection: Connection, versions: Path = VERSIONS) -> "Config":
    """Return Alembic's configuration for a database and a folder of migrations."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(versions))
    config.attributes["connection"] = connection
    return config


def _move(connection: Connection, to: str, *, up: bool) -> None:
    # Imported here, because most starts find the tables up to date and do not need Alembic.
    from alembic import command  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    try:
        (command.upgrade if up else command.downgrade)(alembic_config(connection, VERSIONS), to)
    except CommandError as unknown:
        raise NoSuchRevision(f"There is no revision {to} in that direction.") from unknown


def _write_ahead(connection: Connection) -> None:
    """Switch the file to WAL, retrying: SQLite's own timeout does not apply here while another writes."""
    patience = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        except OperationalError as error:
            connection.rollback()
            if "locked" not in str(error) or time.monotonic() > patience:
                raise
            time.sleep(_PAUSE)
        else:
            connection.commit()
            return


def migrate_file(path: str, work: Callable[[Connection], None] | None = None) -> None:
    """Run `work`, by default an upgrade, on an SQLite file, one process at a time."""
    Path(path).touch(mode=0o600)  # only its owner may read the names and addresses of children
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _PATIENCE})
    try:
        with engine.connect() as connection:
            _write_ahead(connection)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            (work or upgrade)(connection)
            _delete_statistics(connection)
            _mark(connection)
            connection.commit()
    finally:
        engine.dispose()


def _delete_statistics(connection: Connection) -> None:
    """Delete the statistics of an earlier ANALYZE: nothing updates them, and they mislead as schools grow."""
    for counted in ("sqlite_stat1", "sqlite_stat4"):
        there = "SELECT 1 FROM sqlite_schema WHERE name = ?"
        if connection.exec_driver_sql(there, (counted,)).first() is not None:
            connection.exec_driver_sql(f"DELETE FROM {counted}")  # noqa: S608 - one of two words


def _mark(connection: Connection) -> None:
    """Mark a file as one in which Homeroom works."""
    if connection.exec_driver_sql("PRAGMA user_version").scalar_one() != IN_USE:
        connection.exec_driver_sql(f"PRAGMA user_version = {IN_USE}")

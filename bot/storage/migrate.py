"""Brings a database's tables up to date with Alembic."""

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import OperationalError

# Any number; replicas that start together wait for each other on it.
_LOCK = 7_304_111
# How long a process that starts waits for one that migrates, in seconds.
_PATIENCE, _PAUSE = 30.0, 0.02


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    return config


def connected(connection: Connection, revision: str = "head") -> None:
    """Upgrade the database of a connection to a revision."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    command.upgrade(_config(connection), revision)


def current(connection: Connection) -> bool:
    """Tell whether the database has the tables that this version needs."""
    wanted = ScriptDirectory.from_config(_config(connection)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == wanted


def downgrade(connection: Connection, revision: str) -> None:
    """Take the database of a connection back to a revision; `base` removes all tables."""
    command.downgrade(_config(connection), revision)


def _write_ahead(connection: Connection) -> None:
    """Switch the file to WAL; SQLite's own timeout does not hold here while another process writes."""
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


def sqlite(path: str) -> None:
    """Upgrade an SQLite file; two processes that start together do it one after the other."""
    Path(path).touch(mode=0o600)  # names and addresses of children are nobody else's
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _PATIENCE})
    try:
        with engine.connect() as connection:
            _write_ahead(connection)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connected(connection)
            connection.commit()
    finally:
        engine.dispose()

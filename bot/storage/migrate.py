"""Brings a database's tables up to date with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine

# Any number; replicas that start together wait for each other on it.
_LOCK = 7_304_111


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


def downgrade(connection: Connection, revision: str) -> None:
    """Take the database of a connection back to a revision; `base` removes all tables."""
    command.downgrade(_config(connection), revision)


def sqlite(path: str) -> None:
    """Upgrade an SQLite file; two processes that start together do it one after the other."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.commit()
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connected(connection)
            connection.commit()
    finally:
        engine.dispose()

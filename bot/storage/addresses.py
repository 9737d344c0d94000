"""Database URLs, and messages for operators about a database that cannot be used."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import gaierror
from urllib.parse import urlencode

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

# The forms of a database URL in the settings.
FORMS = "sqlite:////a/folder/file.db or postgresql://user:password@host/name"  # pragma: allowlist secret
# Parameters of a PostgreSQL URL that its own tools know by the same name. Those that name files:
_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
# asyncpg takes these only from an address of its own:
_BY_ADDRESS = (*_FILES, "sslpassword", "target_session_attrs", "application_name", "options")
PARAMETERS = ("host", "port", "sslmode", *_BY_ADDRESS)
# What SQLAlchemy and asyncpg take besides:
_DRIVERS = ("ssl", "prepared_statement_cache_size")


class Unusable(ValueError):
    """The database cannot be used; the message says why, in the driver's words but without the password."""


def sqlite_path(url: str) -> str | None:
    """Return the file of an SQLite URL; None for PostgreSQL. Raise `Unusable` for any other URL."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # its message may quote a part of the password
        raise Unusable(f"database_url is not a database address; it must look like {FORMS}") from None
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise Unusable("An SQLite database must be a file: sqlite:////a/folder/file.db")
        return parsed.database
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise Unusable(f"database_url must look like {FORMS}")
    return None


def is_missing(url: str) -> bool:
    """Return whether an SQLite database has no file, or an empty one."""
    path = sqlite_path(url)
    return path is not None and not (Path(path).exists() and Path(path).stat().st_size)


def lost(url: str, key_file: Path) -> tuple[str, str] | None:
    """Return that there is a secret key in a file, but no database, and what to do; None if there is one."""
    if not is_missing(url):
        return None
    mend = (
        "If it was moved or deleted, put it back, or restore a backup: homeroom restore FILE. If "
        "HOMEROOM_DATABASE_URL is wrong, correct it. If this is a new installation, create the database: "
        "homeroom db upgrade"
    )
    return f"there is a secret key ({key_file}), but no database at {described(url)}", mend


def asyncpg_url(url: str) -> URL:
    """Return the asyncpg URL of one as providers give it: `postgres://`, with the parameters of libpq.

    Raise `Unusable` for a parameter that is not known, and for a file that cannot be read.
    """
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    query = dict(parsed.query)
    if unknown := sorted(query.keys() - {*PARAMETERS, *_DRIVERS}):
        known = ", ".join(PARAMETERS)
        raise Unusable(
            f"database_url must not have {', '.join(unknown)} in it: remove that. Known are {known}"
        )
    for name in _FILES:
        if name in query and not os.access(str(query[name]), os.R_OK):
            raise Unusable(f"database_url names {query[name]} as {name}, but that file cannot be read")
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    if told := {name: query.pop(name) for name in _BY_ADDRESS if name in query}:
        query["dsn"] = f"postgresql://?{urlencode(told)}"
    return parsed.set(query=query)


def described(url: str) -> str:
    """Return a description of a database for its operator: a file, or a name on a server; no password."""
    parsed = make_url(url)
    return sqlite_path(url) or f"{parsed.database} on {parsed.host or 'this machine'}"


@contextmanager
def raising_unusable(*also: type[Exception], file: str | None = None) -> Iterator[None]:
    """Raise `Unusable` for what a driver raises; with `OSError` as well if a server is not reached.

    `file` is for the message, because SQLite does not say which file it cannot open.
    """
    of_drivers: tuple[type[Exception], ...] = (DBAPIError, sqlite3.Error, *also)
    try:
        yield
    except of_drivers as broken:
        which = f"the database {file}" if file else "the database"
        raise Unusable(f"{which} cannot be used: {reason(broken)}. See `homeroom check`") from broken


def reason(broken: Exception) -> str:
    """Return in a few words why a database cannot be used, without quoting a password or a row."""
    if isinstance(broken, DBAPIError):
        return str(broken.orig).partition("\n")[0].rpartition(">: ")[2]
    if isinstance(broken, OSError) and broken.filename and broken.strerror:
        return f"{broken.filename}: {broken.strerror}"
    if isinstance(broken, gaierror):
        return f"the server's name cannot be resolved ({broken.strerror})"
    if isinstance(broken, TimeoutError):
        return "it does not answer"
    return str(broken) or type(broken).__name__

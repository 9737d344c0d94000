"""Looks at a database without changing it or its tables, for checks."""

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, inspect, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.core.condition import Condition, look
from bot.core.installation_ports import Installation
from bot.core.key_ring import KEY_BYTES
from bot.core.ports import Clock
from bot.core.sealing import Uses, uses
from bot.core.values import dataclass, field
from bot.storage import migrate
from bot.storage.addresses import asyncpg_url, reason, sqlite_path, usable
from bot.storage.migrate import Schema
from bot.storage.sealing import lacks
from bot.storage.tables import (
    audit_heads,
    followed_things,
    installation,
    mirrors,
    persons,
    schools,
    slack_workspaces,
    workspace_schools,
    workspaces,
)
from bot.storage.unit_of_work import SqlUnitOfWork
from bot.storage.vault import Vault

T = TypeVar("T")
# How long a lock is waited for, in seconds: a bot that works holds none for long.
_PATIENCE = 3


@dataclass(frozen=True, slots=True)
class Linked:
    """A school and a workspace that it lives in; `channel` is where its approval cards go.

    `decides` says that it decides requests that the workspace's platform has of its own.
    """

    platform: str
    workspace: str
    workspace_name: str
    school: str
    channel: str | None
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Follows:
    """A role or group of a workspace that follows a school's roles."""

    platform: str
    workspace: str
    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found.

    `key_fits` is None while no key has sealed anything; `ahead` is by how much the database's clock differs
    from this machine's.
    """

    version: str
    revision: str | None
    schema: Schema
    size: int
    key_fits: bool | None = None
    keys: Uses | None = None
    not_writable: str = ""
    free: int | None = None
    ahead: timedelta | None = None
    connections: tuple[int, int] | None = None
    broken_off: bool = False
    linked: tuple[Linked, ...] = ()
    following: tuple[Follows, ...] = ()
    condition: Condition | None = None
    installed: tuple[Installation, ...] = ()
    # The organisation by whose installation a workspace is reached.
    given: Mapping[str, str] = field(default_factory=dict)


async def probe(url: str, vault: Vault | None, clock: Clock) -> Probe:
    """Look at a database; raises what the driver raises where it cannot be reached.

    A file that is not there yet is nothing wrong: it is made at the first start.
    """
    path = sqlite_path(url)
    if path is not None:
        return await asyncio.to_thread(_sqlite, Path(path), vault, clock)
    return await read_only(url, lambda connection: _postgres(connection, vault, clock))


async def revision(url: str) -> str | None:
    """Tell the revision of the tables; None where there are none, or not even a file."""
    with usable(OSError):
        try:
            return await read_only(url, migrate.revision)
        except FileNotFoundError:
            return None


async def key_in_use(url: str) -> str:
    """Name the secret key that is in use; raises `Unusable` where the database cannot tell."""

    def work(connection: Connection) -> str:
        found = connection.execute(select(installation.c.key_name)).scalar_one_or_none()
        return found or ""

    with usable(OSError):
        return await read_only(url, work)


async def read_only(url: str, work: Callable[[Connection], T]) -> T:
    """Do some work on a connection and roll all of it back."""
    path = sqlite_path(url)
    if path is not None:
        return await asyncio.to_thread(on_file, Path(path), work)
    engine = create_async_engine(asyncpg_url(url), poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            done = await connection.run_sync(work)
            await connection.rollback()
            return done
    finally:
        await engine.dispose()


def on_file(path: Path, work: Callable[[Connection], T]) -> T:
    """Do some work on the connection of a file; what it begins, it must end."""
    if not path.exists():
        raise FileNotFoundError(f"There is no database at {path}")
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE, isolation_level=None
        ),
        poolclass=NullPool,
        hide_parameters=True,
    )
    try:
        with engine.connect() as connection:
            return work(connection)
    finally:
        engine.dispose()


def why_not_made(path: Path) -> str:
    """Try whether a file could be made, and its folders; nothing is left. Return what is in the way."""
    folder = _nearest(path)
    try:
        with tempfile.TemporaryFile(prefix=".homeroom-", dir=folder):
            return ""
    except OSError as refused:
        return f"{folder}: {refused.strerror}"


def _nearest(path: Path) -> Path:
    """Find the folder that is there, of those in which a file is or would be."""
    return next(one for one in path.absolute().parents if one.exists())


def _sqlite(path: Path, vault: Vault | None, clock: Clock) -> Probe:
    free = shutil.disk_usage(_nearest(path)).free
    version = f"SQLite {sqlite3.sqlite_version}"
    if not path.exists():
        return Probe(version, None, Schema.NONE, 0, free=free, not_writable=why_not_made(path))
    if not path.stat().st_size:
        return Probe(version, None, Schema.NONE, 0, free=free)

    def work(connection: Connection) -> Probe:
        found = migrate.revision(connection)
        return Probe(
            version,
            found,
            migrate.compared(found),
            path.stat().st_size,
            free=free,
            not_writable=_why_not_writable(connection, "BEGIN IMMEDIATE"),
            **_content(connection, found, vault, clock),
        )

    return on_file(path, work)


def _postgres(connection: Connection, vault: Vault | None, clock: Clock) -> Probe:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE}s'")
    before = clock.now()
    there = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    after = clock.now()
    version, size, used, most = connection.execute(
        text(
            "SELECT current_setting('server_version'), pg_database_size(current_database()), "
            "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), "
            "current_setting('max_connections')::int"
        )
    ).one()
    found = migrate.revision(connection)
    content = _content(connection, found, vault, clock)
    return Probe(
        f"PostgreSQL {version}",
        found,
        migrate.compared(found),
        size,
        ahead=there - (before + (after - before) / 2),
        connections=(used, most),
        broken_off=migrate.is_broken_off(connection),
        not_writable=_why_not_writable(connection),
        **content,
    )


def _why_not_writable(connection: Connection, begin: str = "") -> str:
    """Try to write, and take it back; return the database's own words where it does not let us."""
    try:
        if begin:
            connection.exec_driver_sql(begin)
        if inspect(connection).has_table(installation.name):
            connection.execute(update(installation).values(id=installation.c.id))
        else:
            connection.exec_driver_sql("CREATE TABLE homeroom_check (id INTEGER)")
    except DBAPIError as refused:
        return reason(refused)
    finally:
        if begin and connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
            connection.exec_driver_sql("ROLLBACK")
    return ""


def _content(connection: Connection, found: str | None, vault: Vault | None, clock: Clock) -> dict[str, Any]:
    """Read what only tables of this very version can tell."""
    if migrate.compared(found) is not Schema.CURRENT:
        return {}
    lacking = lacks(connection, vault)
    fits = None if lacking is None else not lacking
    uow = SqlUnitOfWork(connection, clock.now(), vault or Vault(bytes(KEY_BYTES)))
    return {
        "key_fits": fits,
        "keys": uses(uow) if fits else None,
        "linked": _linked(connection),
        "following": _following(connection),
        "condition": look(uow),
        "installed": tuple(uow.installations.every()) if fits else (),
        "given": {row.team: row.organization for row in connection.execute(select(slack_workspaces))},
    }


def _linked(connection: Connection) -> tuple[Linked, ...]:
    query = (
        select(
            workspaces.c.platform,
            workspaces.c.external_id,
            workspaces.c.name,
            schools.c.name,
            workspace_schools.c.approvals_channel,
            mirrors.c.school_id.is_not(None),
        )
        .join(workspace_schools, workspace_schools.c.workspace_id == workspaces.c.id)
        .join(schools, schools.c.id == workspace_schools.c.school_id)
        .outerjoin(
            mirrors, (mirrors.c.workspace_id == workspaces.c.id) & (mirrors.c.school_id == schools.c.id)
        )
        .where(schools.c.archived_at.is_(None))
        .order_by(workspaces.c.id, schools.c.id)
    )
    return tuple(Linked(*row) for row in connection.execute(query))


def _following(connection: Connection) -> tuple[Follows, ...]:
    things = followed_things.c
    query = (
        select(things.platform, things.workspace, things.external_id, things.name)
        .where(things.ending.is_(False))
        .order_by(things.id)
    )
    return tuple(Follows(*row) for row in connection.execute(query))


def has_content(connection: Connection) -> bool:
    """Tell whether anything was ever done in a database, whatever version made its tables."""
    there = inspect(connection).get_table_names()
    kept = [one for one in (persons, schools, audit_heads) if one.name in there]
    return any(connection.execute(select(text("1")).select_from(one).limit(1)).first() for one in kept)

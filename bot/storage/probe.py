"""What `homeroom check` reads from a database, without changing it."""

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from bot.core.condition import Condition, current_condition
from bot.core.keys.ring import KEY_BYTES
from bot.core.keys.rotation import KeyStates, key_states
from bot.core.ports import Clock
from bot.core.rights.roles import SYSTEM_ADMINISTRATOR
from bot.core.values import dataclass, field
from bot.core.workspaces.installation_ports import Installation
from bot.storage import migrate
from bot.storage.addresses import reason, sqlite_path
from bot.storage.inspection import PATIENCE, on_file, read_only
from bot.storage.migrate import Schema
from bot.storage.secret_keys import lacks_key
from bot.storage.tables import (
    followed_things,
    installation,
    mirrors,
    schools,
    slack_workspaces,
    workspace_schools,
    workspaces,
)
from bot.storage.unit_of_work import SqlUnitOfWork
from bot.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class Linked:
    """A school and a workspace to which it is linked; `channel` is where its approval cards go.

    `decides` says that the school decides the platform's own join requests in the workspace.
    """

    platform: str
    workspace: str
    workspace_name: str
    school: str
    channel: str | None
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Follows:
    """A native thing of a workspace that follows a school's roles."""

    platform: str
    workspace: str
    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Probe:
    """The findings about a database.

    `key_fits` is None while no key has sealed anything. `ahead` is by how much the database's clock is ahead
    of this machine's. `claimed` says that somebody was made System Administrator by the code of a start.
    """

    version: str
    revision: str | None
    schema: Schema
    size: int
    key_fits: bool | None = None
    keys: KeyStates | None = None
    not_writable: str = ""
    free: int | None = None
    ahead: timedelta | None = None
    connections: tuple[int, int] | None = None
    broken_off: bool = False
    claimed: bool = False
    linked: tuple[Linked, ...] = ()
    following: tuple[Follows, ...] = ()
    condition: Condition | None = None
    installed: tuple[Installation, ...] = ()
    # For each Slack workspace that uses its organisation's installation: that organisation.
    given: Mapping[str, str] = field(default_factory=dict)


async def probe(url: str, vault: Vault | None, clock: Clock) -> Probe:
    """Return the findings about a database; driver errors are raised if it cannot be reached.

    A missing file is not an error, because the first start creates it.
    """
    path = sqlite_path(url)
    if path is not None:
        return await asyncio.to_thread(_sqlite, Path(path), vault, clock)
    return await read_only(url, lambda connection: _postgres(connection, vault, clock))


def why_not_made(path: Path) -> str:
    """Return why a file and its folders cannot be created; empty if they can. Nothing is left behind."""
    folder = _nearest(path)
    try:
        with tempfile.TemporaryFile(prefix=".homeroom-", dir=folder):
            return ""
    except OSError as refused:
        return f"{folder}: {refused.strerror}"


def _nearest(path: Path) -> Path:
    """Return the nearest folder above a file that exists."""
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
            migrate.schema_at(found),
            path.stat().st_size,
            free=free,
            not_writable=_why_not_writable(connection, "BEGIN IMMEDIATE"),
            **_content(connection, found, vault, clock),
        )

    return on_file(path, work)


def _postgres(connection: Connection, vault: Vault | None, clock: Clock) -> Probe:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
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
        migrate.schema_at(found),
        size,
        ahead=there - (before + (after - before) / 2),
        connections=(used, most),
        broken_off=migrate.is_broken_off(connection),
        not_writable=_why_not_writable(connection),
        **content,
    )


def _why_not_writable(connection: Connection, begin: str = "") -> str:
    """Try to write and roll back; return the database's own message if it refuses, otherwise empty."""
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
    """Return the findings that need the tables of exactly this version; nothing for others."""
    if migrate.schema_at(found) is not Schema.CURRENT:
        return {}
    lacking = lacks_key(connection, vault)
    fits = None if lacking is None else not lacking
    uow = SqlUnitOfWork(connection, clock.now(), vault or Vault(bytes(KEY_BYTES)))
    return {
        "key_fits": fits,
        "keys": key_states(uow) if fits else None,
        "claimed": uow.members.somebody_with(SYSTEM_ADMINISTRATOR.name) is not None,
        "linked": _linked(connection),
        "following": _following(connection),
        "condition": current_condition(uow),
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

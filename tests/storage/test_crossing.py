"""A backup of SQLite is restored to PostgreSQL: every row arrives, and people can go on."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Column, Connection, LargeBinary, create_engine, insert, select, update

from bot.core.audit_lines import Verdict, verify_all_stored
from bot.storage import backups, inspection
from bot.storage.addresses import Unusable
from bot.storage.backups import BadBackup
from bot.storage.maintenance import in_transaction
from bot.storage.tables import member_texts, metadata, persons
from bot.storage.types import UtcDateTime
from bot.storage.vault import Vault
from tests.core.door import door_of, heard, maple
from tests.postgres import PostgresServer
from tests.world import KEY, open_world, sqlite_url

VAULT = Vault(KEY)
AT = datetime(2026, 9, 1, 8, 0, 0, 123_456, tzinfo=UTC)


def _value(column: Column[Any], connection: Connection) -> Any:
    """Make up a value for a column; a foreign key refers to the first row of its table."""
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return connection.execute(select(key.column).limit(1)).scalar()
    if isinstance(column.type, JSON):
        return {"ü": [1, None, True, "0"]}
    if isinstance(column.type, UtcDateTime):
        return AT
    if isinstance(column.type, LargeBinary):
        return b"\0\xff"
    kind = column.type.python_type
    if kind is date:
        return AT.date()
    return "é" * min(getattr(column.type, "length", None) or 9, 26) if kind is str else kind(1)


def _rows(connection: Connection) -> dict[str, list[str]]:
    """Return all rows, except for the numbers that each database generates itself."""
    own = {member_texts.c.number}
    tables = {
        table.name: [one for one in table.columns if one not in own] for table in metadata.sorted_tables
    }
    return {
        name: sorted(map(repr, connection.execute(select(*columns)).all()))
        for name, columns in tables.items()
    }


def _fill_all(url: str) -> None:
    """Fill each table that is empty."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if connection.execute(select(table).limit(1)).first() is None:
                made = {one.name: _value(one, connection) for one in table.columns}
                connection.execute(insert(table), made)
        # A merged person can be older than the target.
        first, *_, last = connection.execute(select(persons.c.id).order_by(persons.c.id)).scalars()
        connection.execute(update(persons).where(persons.c.id == first).values(merged_into=last))
    engine.dispose()


async def _people(url: str) -> str:
    """Let people join; return a code by which others can."""
    async with open_world(url) as world:
        door = door_of(world)
        await maple(door)
        await door.says("ada", "/invite create uses:5")
        code = (await door.invitations())[0].code
        await door.says("nora", f"/join {code}")
        return code


async def test_all_that_sqlite_kept_arrives_and_people_go_on(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    here, file = sqlite_url(tmp_path), tmp_path / "homeroom.backup"
    code = await _people(here)
    await asyncio.to_thread(_fill_all, here)
    await backups.backup(here, file)
    async with postgres.empty_database() as there:
        restored = await backups.restore(there, file, VAULT, force=False)
        assert restored.key_fits
        assert sum(one.last for one in restored.verdicts) > 0
        assert await inspection.read_only(there, _rows) == await inspection.read_only(here, _rows)
        async with open_world(there) as world:
            door = door_of(world)
            assert "Welcome to Maple" in heard(await door.says("nia", f"/join {code}"))
            found = heard(await door.says("ada", "/member list search:ni"))
            assert ("Nia" in found, "Nora" in found) == (True, False)
        assert not [one for one in await _verdicts(there) if one.flaw]


async def _verdicts(url: str) -> Sequence[Verdict]:
    async with open_world(url) as world:
        return await world.database.read(lambda uow: verify_all_stored(uow.audit))


async def test_what_does_not_fit_changes_nothing(postgres: PostgresServer, tmp_path: Path) -> None:
    here, file = sqlite_url(tmp_path), tmp_path / "homeroom.backup"
    await _people(here)

    def unfit(connection: Connection) -> None:
        connection.execute(
            update(persons).values(search_name="Ad\0a")
        )  # which PostgreSQL's texts have no room for

    await in_transaction(here, unfit)
    await backups.backup(here, file)
    async with postgres.database() as there:
        await _people(there)
        before = await inspection.read_only(there, _rows)
        with pytest.raises(BadBackup, match="--force"):
            await backups.restore(there, file, VAULT, force=False)
        with pytest.raises(Unusable, match="invalid byte sequence"):
            await backups.restore(there, file, VAULT, force=True)
        assert await inspection.read_only(there, _rows) == before


async def test_there_is_no_way_back(postgres: PostgresServer, tmp_path: Path) -> None:
    file = tmp_path / "homeroom.backup"
    file.write_bytes(b"PGDMP and more")
    with pytest.raises(BadBackup, match="is a backup of PostgreSQL, but database_url names SQLite"):
        await backups.restore(sqlite_url(tmp_path), file, VAULT, force=False)

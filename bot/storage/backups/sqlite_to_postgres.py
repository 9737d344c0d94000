"""Restores a backup of SQLite to PostgreSQL."""

import asyncio
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Column, Connection, Table, bindparam, insert, select, update

from bot.storage import migrate
from bot.storage.backups import postgres, sqlite
from bot.storage.backups.shared import Restored
from bot.storage.inspection import on_file
from bot.storage.maintenance import in_transaction
from bot.storage.tables import metadata
from bot.storage.tables.searching import member_texts
from bot.storage.vault import Vault

_AT_ONCE = 1_000


async def restore(url: str, file: Path, vault: Vault | None, *, force: bool) -> Restored:
    """Replace PostgreSQL's tables by the content of an SQLite backup."""
    with TemporaryDirectory(prefix=".homeroom-") as folder:
        scratch = Path(folder) / "read.db"
        with sqlite.room_in(scratch.parent.parent):
            await asyncio.to_thread(sqlite.unpack, file, scratch, vault)

        async def fill() -> None:
            await in_transaction(url, partial(_fill, scratch))

        return await postgres.replace_tables(url, fill, vault, force=force)


def _fill(file: Path, target: Connection) -> None:
    """Create the tables and copy all rows, in one transaction."""
    migrate.upgrade(target)
    on_file(file, partial(_copy_all, target))


def _copy_all(target: Connection, source: Connection) -> None:
    for table in metadata.sorted_tables:
        if table is not member_texts:  # triggers fill it as memberships are copied
            _copy(source, target, table)


def _copy(source: Connection, target: Connection, table: Table) -> None:
    """Copy a table; columns that refer to other rows of the same table are set once all rows are copied."""
    within = [one for one in table.columns if any(key.column.table is table for key in one.foreign_keys)]
    empty = dict.fromkeys(one.name for one in within)
    for rows in source.execute(select(table)).mappings().partitions(_AT_ONCE):
        target.execute(insert(table), [{**row, **empty} for row in rows])
    for column in within:
        _name_others(source, target, table, column)


def _name_others(source: Connection, target: Connection, table: Table, column: Column[str]) -> None:
    (key,) = table.primary_key.columns
    named = select(key.label("this"), column.label("other")).where(column.is_not(None))
    rows = [dict(row) for row in source.execute(named).mappings()]
    if rows:
        naming = update(table).where(key == bindparam("this")).values({column: bindparam("other")})
        target.execute(naming, rows)

"""The disk is full, the file is held, the server hangs up: a clear refusal, and nothing by halves."""

import asyncio
import os
import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, event, func, select

from bot.chat.replies import Card, Reply
from bot.chat.text import plain
from bot.core.invitations import InvitationFilter
from bot.core.ports import UnitOfWork
from bot.storage import database as databases
from bot.storage import migrate
from bot.storage.database import PostgresDatabase, SqliteDatabase
from bot.storage.tables import metadata
from bot.storage.vault import Vault
from tests.soak import size
from tests.storage.rounds import whole
from tests.storage.statements import before_statements
from tests.world import KEY, FakeClock, World, caller, open_world, sqlite_url

POINTS = 50
# Longer than a database waits by itself; in a usual run it waits an instant.
HELD = size(1, 310) / 10
# So many seconds after the trouble has ended somebody who tries again is done, at most.
RECOVERS = 10
# More than there are connections to PostgreSQL.
CROWD = 40
Counts = dict[str, int]


async def _school(world: World) -> str:
    """Make a school that lets everybody in at once, and return a code of it."""
    ada = caller("ada", administers=True)
    for line in ("/school create Maple approval:automatic", "/invite create"):
        assert not (await world.runner.type(line, ada)).refused

    def unit(uow: UnitOfWork) -> str:
        (school,) = uow.schools.linked_to(ada.workspace)  # type: ignore[arg-type]
        (invitation,) = uow.invitations.listed(school.id, InvitationFilter(), limit=1)
        return invitation.code

    return await world.database.read(unit)


async def _joins(world: World, code: str, number: int, within: float = RECOVERS) -> Reply:
    async with asyncio.timeout(within):
        return await world.runner.type(f"/join {code}", caller(f"nia{number}"))


async def _recovers(world: World, code: str, number: int) -> None:
    """See that the first try afterwards is done, and in time."""
    assert not (await _joins(world, code, number)).refused


def _counted(connection: Connection) -> Counts:
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    }


async def _rows(world: World) -> Counts:
    """Count what is stored."""
    if isinstance(world.database, SqliteDatabase):
        return await world.database._readers[0].run(_counted)
    async with world.database._engine.begin() as connection:
        return await connection.run_sync(_counted)


def _title(reply: Reply) -> str:
    assert isinstance(reply.answer, Card)
    return plain(reply.answer.title)


async def _refused_whole(world: World, reply: Reply, before: Counts) -> None:
    assert "nothing was changed" in _title(reply)
    assert await _rows(world) == before


@contextmanager
def _files_up_to(most: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_the_disk_is_full_at_some_page(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        assert isinstance(world.database, SqliteDatabase)
        writer, code = world.database._writer, await _school(world)
        number = 0
        for point in range(POINTS):

            def tight(connection: Connection, point: int = point) -> None:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
                connection.exec_driver_sql(f"PRAGMA max_page_count={pages + point % 4}")

            await writer.run(tight)
            before, reply = await _rows(world), await _joins(world, code, number)
            while not reply.refused:
                number += 1
                before, reply = await _rows(world), await _joins(world, code, number)
            await _refused_whole(world, reply, before)
            await writer.run(lambda each: each.exec_driver_sql("PRAGMA max_page_count=1000000").close())
            await _recovers(world, code, number)
            number += 1
        await whole(world.database)


async def test_the_disk_is_full_at_some_byte(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        assert isinstance(world.database, SqliteDatabase)
        code, refused = await _school(world), 0
        for point in range(POINTS):
            with sqlite3.connect(tmp_path / "homeroom.db") as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            before = await _rows(world)
            with _files_up_to(point * 1100):
                reply = await _joins(world, code, point)
            if reply.refused:
                refused += 1
                await _refused_whole(world, reply, before)
                await _recovers(world, code, point)
            assert (await _rows(world))["memberships"] == before["memberships"] + 1
        assert refused > POINTS // 2
        await whole(world.database)


async def test_another_process_holds_the_file(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        assert isinstance(world.database, SqliteDatabase)
        code, before = await _school(world), await _rows(world)
        await _waits_less_than(HELD, world.database)
        other = sqlite3.connect(tmp_path / "homeroom.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await _refused_while_held(world, code, before)
        other.execute("ROLLBACK")
        await _recovers(world, code, 0)
        other.close()


async def test_another_session_holds_the_rows(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if HELD < 1:
        monkeypatch.setattr(databases, "PATIENCE", 50)
    async with open_world(postgres_url) as world:
        code, before = await _school(world), await _rows(world)
        other = await asyncpg.connect(postgres_url)
        holding = other.transaction()
        await holding.start()
        await other.execute("SELECT id FROM schools FOR UPDATE")
        await _refused_while_held(world, code, before)
        await holding.rollback()
        await _recovers(world, code, 0)
        await other.close()


async def test_whoever_starts_waits_longer_for_one_who_upgrades(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "PATIENCE", 50)
    other = await asyncpg.connect(postgres_url)
    await other.execute(f"SELECT pg_advisory_lock({migrate._LOCK})")
    opening = asyncio.create_task(databases.open_database(postgres_url, FakeClock(), Vault(KEY)))
    assert not (await asyncio.wait([opening], timeout=0.3))[0]
    await other.close()
    await (await opening).close()


async def _refused_while_held(world: World, code: str, before: Counts) -> None:
    """Try while another holds what is needed: first one, for whom no reader waits, then a crowd as well."""
    within = 2 * HELD + RECOVERS  # on SQLite who comes while another waits is in the next commit
    waiting = [asyncio.create_task(_joins(world, code, 0, within))]
    assert not (await world.runner.type("/help", caller("ada"))).refused
    waiting += [asyncio.create_task(_joins(world, code, number, within)) for number in range(1, CROWD)]
    assert {"nothing was changed" in _title(reply) for reply in await asyncio.gather(*waiting)} == {True}
    assert await _rows(world) == before


async def _waits_less_than(seconds: float, database: SqliteDatabase) -> None:
    """Let SQLite wait for another process so long as it does by itself, or for a shorter time."""
    if seconds < 1:
        await database._writer.run(lambda each: each.exec_driver_sql("PRAGMA busy_timeout=50").close())


class Hanging:
    """Hangs up at one statement, or at each."""

    def __init__(self) -> None:
        self.at: Callable[[int], bool] = lambda _: False
        self.at_commit = False
        self.statements = 0

    def before(self, connection: Connection) -> None:
        self.statements += 1
        if self.at(self.statements):
            _hang_up(connection)

    def commit(self, connection: Connection) -> None:
        if self.at_commit:
            _hang_up(connection)


@contextmanager
def _hanging(database: PostgresDatabase) -> Iterator[Hanging]:
    hanging = Hanging()
    event.listen(database._engine.sync_engine, "commit", hanging.commit)
    with before_statements(database, hanging.before):
        yield hanging


def _hang_up(connection: Connection) -> None:
    """End the server's process of a connection, as a server does that goes down."""
    driver: Any = connection.connection.driver_connection
    os.kill(driver.get_server_pid(), signal.SIGTERM)


async def test_the_server_hangs_up_at_every_statement(postgres_url: str) -> None:
    async with open_world(postgres_url) as world:
        assert isinstance(world.database, PostgresDatabase)
        code = await _school(world)
        with _hanging(world.database) as hanging:
            hanging.statements = 0
            assert not (await _joins(world, code, 0)).refused
            number = hanging.statements
            before = await _rows(world)
            for point in range(1, number + 1):
                hanging.statements, hanging.at = 0, lambda each, point=point: each == point  # type: ignore[misc]
                assert not (await _joins(world, code, point)).refused, point
            hanging.at = lambda _: False
            after = await _rows(world)
            assert number > 10
            assert {after[name] - before[name] for name in ("memberships", "persons", "redemptions")} == {
                number
            }
            await whole(world.database)


async def test_the_server_hangs_up_again_and_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_TRIES", 2)
    async with open_world(postgres_url) as world:
        assert isinstance(world.database, PostgresDatabase)
        code = await _school(world)
        with _hanging(world.database) as hanging:
            before = await _rows(world)
            hanging.statements, hanging.at = 0, lambda each: each % 5 == 0
            reply = await _joins(world, code, 0)
            hanging.at = lambda _: False
            await _refused_whole(world, reply, before)
            await _recovers(world, code, 0)


async def test_whoever_cannot_know_says_so(postgres_url: str) -> None:
    async with open_world(postgres_url) as world:
        assert isinstance(world.database, PostgresDatabase)
        code = await _school(world)
        with _hanging(world.database) as hanging:
            before = await _rows(world)
            hanging.at_commit = True
            reply = await _joins(world, code, 0)
            hanging.at_commit = False
            assert "cannot tell" in _title(reply)
            assert reply.refused
            assert (await _rows(world))["memberships"] - before["memberships"] in {0, 1}
            await _joins(world, code, 0)
            assert (await _rows(world))["memberships"] == before["memberships"] + 1

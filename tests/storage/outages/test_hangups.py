"""PostgreSQL disconnects, or people go away, at any point of a change: no partial changes."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, event
from sqlalchemy.util import await_only

from bot.storage import database as databases
from bot.storage import engines
from bot.storage.database import PG_WRITERS, PostgresDatabase
from tests.storage.outages.crowd import (
    CROWD,
    RECOVERS,
    check_reads,
    check_recovery,
    check_refused_unchanged,
    joins,
    row_counts,
    school,
    title,
)
from tests.storage.rounds import check_audit_chains
from tests.storage.sessions import check_connections_returned, rows_held, until_waiting
from tests.storage.statements import before_statements
from tests.world import World, open_world


def _hang_up(connection: Connection) -> None:
    """End the server's process of a connection, as when a server goes down."""
    driver: Any = connection.connection.driver_connection
    os.kill(driver.get_server_pid(), signal.SIGTERM)


class Hanging:
    """Does something to a connection at one statement, or at each; by default the server disconnects."""

    def __init__(self, deed: Callable[[Connection], None]) -> None:
        self.deed = deed
        self.at: Callable[[int], bool] = lambda _: False
        self.at_commit = False
        self.statements = 0

    def before(self, connection: Connection) -> None:
        self.statements += 1
        if self.at(self.statements):
            self.deed(connection)

    def commit(self, connection: Connection) -> None:
        if self.at_commit:
            self.deed(connection)


@contextmanager
def _hanging(database: PostgresDatabase, deed: Callable[[Connection], None] = _hang_up) -> Iterator[Hanging]:
    hanging = Hanging(deed)
    event.listen(database._writers.sync_engine, "commit", hanging.commit)
    with before_statements(database, hanging.before):
        yield hanging


async def test_who_was_silent_too_long_does_it_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "IDLE_LIMIT", 100)
    other = await asyncpg.connect(postgres_url)

    def until_it_is_ended(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        await_only(_ended(other, driver.get_server_pid()))

    async with open_world(postgres_url) as world:
        assert isinstance(world.database, PostgresDatabase)
        code = await school(world)
        with _hanging(world.database, until_it_is_ended) as hanging:
            hanging.at = lambda each: each == 4
            assert not (await joins(world, code, 0)).refused
        await check_audit_chains(world.database)
    await other.close()


async def _ended(other: asyncpg.Connection, session: int) -> None:
    """Wait until a session has ended."""
    async with asyncio.timeout(RECOVERS):
        while await other.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", session):
            pass


async def test_the_server_hangs_up_at_every_statement(postgres_url: str) -> None:
    async with open_world(postgres_url) as world:
        assert isinstance(world.database, PostgresDatabase)
        code = await school(world)
        with _hanging(world.database) as hanging:
            hanging.statements = 0
            assert not (await joins(world, code, 0)).refused
            number = hanging.statements
            before = await row_counts(world)
            for point in range(1, number + 1):
                hanging.statements, hanging.at = 0, lambda each, point=point: each == point  # type: ignore[misc]
                assert not (await joins(world, code, point)).refused, point
            hanging.at = lambda _: False
            after = await row_counts(world)
            assert number > 6
            assert {after[name] - before[name] for name in ("memberships", "persons", "redemptions")} == {
                number
            }
            await check_audit_chains(world.database)


async def test_the_server_hangs_up_again_and_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_TRIES", 2)
    async with open_world(postgres_url) as world:
        assert isinstance(world.database, PostgresDatabase)
        code = await school(world)
        with _hanging(world.database) as hanging:
            before = await row_counts(world)
            hanging.statements, hanging.at = 0, lambda each: each % 5 == 0
            reply = await joins(world, code, 0)
            hanging.at = lambda _: False
            await check_refused_unchanged(world, reply, before)
            await check_recovery(world, code, 0)


async def test_an_unknown_commit_is_told_as_unknown(postgres_url: str) -> None:
    async with open_world(postgres_url) as world:
        assert isinstance(world.database, PostgresDatabase)
        code = await school(world)
        with _hanging(world.database) as hanging:
            before = await row_counts(world)
            hanging.at_commit = True
            reply = await joins(world, code, 0)
            hanging.at_commit = False
            assert "cannot tell" in title(reply)
            assert reply.refused
            assert (await row_counts(world))["memberships"] - before["memberships"] in {0, 1}
            await joins(world, code, 0)
            assert (await row_counts(world))["memberships"] == before["memberships"] + 1


def _go_away(_: Connection) -> None:
    """Cancel the task that runs the unit, as when the caller goes away."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


async def _gone_at_each_statement(
    world: World, url: str, hanging: Hanging, act: Callable[[], Awaitable[object]]
) -> int:
    """Do something, then again for each of its statements, and cancel it there; return their number."""
    assert isinstance(world.database, PostgresDatabase)
    hanging.statements = 0
    await act()
    number, before = hanging.statements, await row_counts(world)
    for point in range(1, number + 1):
        hanging.statements, hanging.at = 0, lambda each, point=point: each == point  # type: ignore[misc]
        with pytest.raises(asyncio.CancelledError):
            await act()
        hanging.at = lambda _: False
        await check_connections_returned(world.database, url)
        assert await row_counts(world) == before, point
    return number


async def test_a_unit_cancelled_at_any_statement_leaves_nothing(postgres_url: str) -> None:
    async with open_world(postgres_url) as world:
        assert isinstance(world.database, PostgresDatabase)
        code, numbers = await school(world), count()
        with _hanging(world.database, _go_away) as hanging:

            async def comes() -> None:
                await check_recovery(world, code, next(numbers))

            assert await _gone_at_each_statement(world, postgres_url, hanging, comes) > 6
            assert (
                await _gone_at_each_statement(world, postgres_url, hanging, partial(check_reads, world)) > 0
            )
            before, hanging.at_commit = await row_counts(world), True
            with pytest.raises(asyncio.CancelledError):
                await comes()
            hanging.at_commit = False
            await check_connections_returned(world.database, postgres_url)
            after = await row_counts(world)
            new = {after[name] - before[name] for name in ("memberships", "persons", "redemptions")}
            assert new in ({0}, {1})
            await comes()
        await check_audit_chains(world.database)


async def test_those_who_go_away_while_they_wait_hold_nothing(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "LOCK_TURN", engines.LOCK_PATIENCE)
    async with open_world(postgres_url) as world:
        assert isinstance(world.database, PostgresDatabase)
        code, before = await school(world), await row_counts(world)
        async with rows_held(postgres_url) as other:
            for _ in range(2):
                crowd = [asyncio.create_task(joins(world, code, number)) for number in range(CROWD)]
                await until_waiting(other, PG_WRITERS)
                for one in crowd:
                    one.cancel()
                gone = await asyncio.gather(*crowd, return_exceptions=True)
                assert {type(one) for one in gone} == {asyncio.CancelledError}
                await until_waiting(other, 0)
            async with asyncio.timeout(RECOVERS):
                assert await world.database.run(lambda uow: uow.arrivals.record("another", uow.now))
        await check_connections_returned(world.database, postgres_url)
        assert await row_counts(world) == {**before, "arrivals": before["arrivals"] + 1}
        crowd = [asyncio.create_task(joins(world, code, number)) for number in range(CROWD)]
        assert not any(reply.refused for reply in await asyncio.gather(*crowd))

"""Locked rows or a silent session in PostgreSQL: only those wait who have to."""

import asyncio
from datetime import timedelta
from functools import partial

import asyncpg
import pytest

from bot.core.ports import UnitOfWork
from bot.storage import engines, migrate
from bot.storage.database import PG_READERS, PG_WRITERS, PostgresDatabase, open_database
from bot.storage.unit_of_work import SqlUnitOfWork
from bot.storage.vault import Vault
from tests.storage.outages.crowd import (
    CROWD,
    HELD,
    RECOVERS,
    check_reads,
    check_recovery,
    check_refused_while_held,
    joins,
    row_counts,
    school,
)
from tests.storage.rounds import check_audit_chains
from tests.storage.sessions import rows_held, until_waiting
from tests.world import KEY, FakeClock, open_world


async def _some_wait(other: asyncpg.Connection) -> None:
    """Wait until many of the connections wait for a lock."""
    async with asyncio.timeout(RECOVERS):
        while await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") < PG_WRITERS // 2:
            pass


async def _others_wait(other: asyncpg.Connection) -> None:
    """Wait until all present waits have ended; new ones may have begun."""
    now = await other.fetchval("SELECT clock_timestamp()")
    async with asyncio.timeout(RECOVERS):
        while await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted AND waitstart < $1", now):
            pass


async def test_another_session_holds_the_rows(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if HELD < 1:
        monkeypatch.setattr(engines, "LOCK_PATIENCE", 50)
    async with open_world(postgres_url) as world:
        code, before = await school(world), await row_counts(world)
        async with rows_held(postgres_url):
            await check_refused_while_held(world, code, before)
        await check_recovery(world, code, 0)


async def test_however_many_wait_for_a_row_no_reader_waits_and_no_lease(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "LOCK_TURN", engines.LOCK_PATIENCE)  # they keep their connections meanwhile
    async with open_world(postgres_url) as world:
        code, before = await school(world), await row_counts(world)
        async with rows_held(postgres_url) as other:
            crowd = [asyncio.create_task(joins(world, code, number)) for number in range(CROWD)]
            await until_waiting(other, PG_WRITERS)
            await check_reads(world)
            assert await world.database.is_current()
            async with asyncio.timeout(RECOVERS):
                assert await world.database.run_apart(_holds_a_lease)
            assert await row_counts(world) == {**before, "leases": before["leases"] + 1}
            here = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> $1"
            assert await other.fetchval(here, other.get_server_pid()) <= PG_WRITERS + PG_READERS + 1
        assert not any(reply.refused for reply in await asyncio.gather(*crowd))


def _holds_a_lease(uow: UnitOfWork) -> bool:
    return uow.leases.hold("shard 0", "this replica", uow.now, until=uow.now + timedelta(seconds=15))


async def test_however_many_wait_for_a_row_changes_elsewhere_go_on(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "LOCK_TURN", 100)
    async with open_world(postgres_url) as world:
        code = await school(world)
        async with rows_held(postgres_url) as other:
            crowd = [asyncio.create_task(joins(world, code, number, 60)) for number in range(CROWD)]
            await _some_wait(other)
            async with asyncio.timeout(RECOVERS):
                for number in range(5):
                    assert await world.database.run(partial(_arrives, key=str(number)))
            assert not any(one.done() for one in crowd)
        assert not any(reply.refused for reply in await asyncio.gather(*crowd))
        await check_audit_chains(world.database)


def _arrives(uow: UnitOfWork, *, key: str) -> bool:
    return uow.arrivals.record(key, uow.now)


async def test_who_is_told_to_stop_waiting_tries_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server does this, too, if its own time limit ends between two waits."""
    monkeypatch.setattr(engines, "LOCK_TURN", 2_000)
    async with open_world(postgres_url) as world:
        code = await school(world)
        async with rows_held(postgres_url) as other:
            crowd = [asyncio.create_task(joins(world, code, number)) for number in range(3)]
            await until_waiting(other, 3)
            stopped = "SELECT count(pg_cancel_backend(pid)) FROM pg_locks WHERE NOT granted"
            assert await other.fetchval(stopped) == 3
            await _others_wait(other)
        assert not any(reply.refused for reply in await asyncio.gather(*crowd))
        await check_audit_chains(world.database)


async def test_who_falls_silent_in_the_middle_keeps_nobody_out(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that is cut off sends nothing, and the server may not notice it for hours."""
    monkeypatch.setattr(engines, "IDLE_LIMIT", 100)
    async with open_world(postgres_url) as world:
        assert isinstance(world.database, PostgresDatabase)
        code = await school(world)
        silent = await world.database._writers.connect()
        await silent.exec_driver_sql("SELECT id FROM schools FOR UPDATE")
        await check_recovery(world, code, 0)
        await silent.invalidate()
        await silent.close()


async def test_readers_who_take_long_do_not_hide_that_it_is_ready(postgres_url: str) -> None:
    def slow(uow: UnitOfWork) -> None:
        assert isinstance(uow, SqlUnitOfWork)
        uow.members.connection.exec_driver_sql("SELECT pg_advisory_xact_lock_shared(1)")

    async with open_world(postgres_url) as world:
        other = await asyncpg.connect(postgres_url)
        await other.execute("SELECT pg_advisory_lock(1)")
        readers = [asyncio.create_task(world.database.read(slow)) for _ in range(PG_READERS + 2)]
        await until_waiting(other, PG_READERS)
        assert await world.database.is_current()
        await other.close()
        await asyncio.gather(*readers)


async def test_whoever_starts_waits_longer_for_one_who_upgrades(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "LOCK_PATIENCE", 50)
    other = await asyncpg.connect(postgres_url)
    await other.execute(f"SELECT pg_advisory_lock({migrate._LOCK})")
    opening = asyncio.create_task(open_database(postgres_url, FakeClock(), Vault(KEY)))
    assert not (await asyncio.wait([opening], timeout=0.3))[0]
    await other.close()
    await (await opening).close()

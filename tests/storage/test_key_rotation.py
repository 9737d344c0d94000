"""The secret key is replaced while people use what the older one has sealed, on both databases."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from bot.core.keys import rotation as key_rotation
from bot.core.keys.ring import KeyRing, name_of
from bot.core.keys.rotation import WrongKey
from bot.core.ports import UnitOfWork
from bot.core.values import replace
from bot.core.workspaces.installation_ports import Installation
from bot.jobs.sweeps import sweep, sweeps
from bot.storage.database import PostgresDatabase, SqliteDatabase, open_database
from bot.storage.tables import invitations, secret_keys, slack_installations
from bot.storage.unit_of_work import SqlUnitOfWork
from bot.storage.vault import Vault
from tests.storage.build import invitation, person, school
from tests.world import KEY, START, FakeClock, open_world, say

Database = SqliteDatabase | PostgresDatabase
OLD, NEW, OTHER = KEY, bytes([2]) * 32, bytes([3]) * 32
(KEYS,) = (one for one in sweeps() if one.name == "secret keys")
PLACE = Installation("T1", "Maple", "B1", "U1", "commands", "xoxb-1", START, "xoxe-1", START)


@asynccontextmanager
async def serving(url: str, clock: FakeClock, *keys: bytes) -> AsyncIterator[Database]:
    """Open a database as `homeroom run` does, with these keys in its settings."""
    database = await open_database(url, clock, Vault(*keys))
    try:
        await database.run(key_rotation.serve)
        yield database
        await database.run(key_rotation.leave)
    finally:
        await database.close()


async def attend(database: Database) -> int:
    return await sweep(database, KEYS)


async def in_use(database: Database) -> str:
    return (await database.read(lambda uow: uow.secret_keys.needed()))[0].name


async def codes(database: Database, number: int = 1) -> list[str]:
    """Make invitations; return their codes."""

    def unit(uow: UnitOfWork) -> list[str]:
        maple = school(uow)
        ada = person(uow)
        made = [invitation(uow, maple, ada) for _ in range(number)]
        return [one.code for one in made]

    return await database.run(unit)


async def known(database: Database, code: str) -> bool:
    return await database.read(lambda uow: uow.invitations.by_code(code)) is not None


def _connection(uow: UnitOfWork) -> SqlUnitOfWork:
    return cast("SqlUnitOfWork", uow)


async def test_people_come_in_by_a_code_from_before_the_key_was_replaced(database_url: str) -> None:
    """Codes that an admin has handed out go on working, whatever the operator does in the meantime."""
    async with open_world(database_url) as world:
        await say(world, "ada", "/school create name:Maple")
        made = await say(world, "ada", "/invite create uses:5")
        (code,) = set(re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}", made))
        assert "is waiting" in await say(world, "ben", f"/join {code}")
    async with open_world(database_url, keys=(NEW, OLD)) as world:
        assert "is waiting" in await say(world, "cleo", f"/join {code}")
        await world.sweep()
        assert "is waiting" in await say(world, "dora", f"/join {code}")
        world.clock.forward(key_rotation.KEPT)
        await world.sweep()
    async with open_world(database_url, keys=(NEW,)) as world:
        assert "is waiting" in await say(world, "emil", f"/join {code}")
        assert code in await say(world, "ada", f"/invite show {code}")


async def test_a_code_from_before_works_while_the_key_is_replaced_and_after(database_url: str) -> None:
    clock = FakeClock()
    async with serving(database_url, clock, OLD) as database:
        (before,) = await codes(database)
        await database.run(lambda uow: uow.installations.save(PLACE))
        stop = await database.read(lambda uow: uow.broadcasts.stop_token("somebody"))

    async with serving(database_url, clock, NEW, OLD) as database:
        assert await in_use(database) == name_of(OLD)
        assert await known(database, before)
        assert await attend(database) == 3  # the key, an invitation, an installation
        assert await in_use(database) == name_of(NEW)
        assert await known(database, before)
        (between,) = await codes(database)
        clock.forward(key_rotation.KEPT)
        assert await attend(database) == 1
        assert await attend(database) == 0

    async with serving(database_url, clock, NEW) as database:
        assert await known(database, before)
        assert await known(database, between)
        assert (await database.read(lambda uow: uow.installations.by_place("T1"))) == PLACE
        assert await database.read(lambda uow: uow.broadcasts.person_of_stop_token(stop)) == "somebody"
        (entries,) = await database.read(
            lambda uow: [[one.entry.action for one in uow.audit.chain("system")]]
        )
        assert entries[-2:] == ["secret_key.replaced", "secret_key.retired"]


async def test_no_replica_is_refused_while_they_are_started_again_one_by_one(database_url: str) -> None:
    clock = FakeClock()
    async with serving(database_url, clock, OLD) as last:
        async with serving(database_url, clock, NEW, OLD) as first:
            assert await attend(first) == await attend(last) == 0
            (made,) = await codes(first)
            assert await known(last, made)
            assert not (await first.read(key_rotation.key_states)).agreed
        assert await attend(last) == 0
    async with (
        serving(database_url, clock, NEW, OLD) as first,
        serving(database_url, clock, NEW, OLD) as second,
    ):
        assert await attend(first) > 0
        (made,) = await codes(second)  # it has not heard of it yet, and seals with the older key
        assert await known(first, made)
        clock.forward(timedelta(seconds=10))
        assert await attend(first) == 1
        clock.forward(key_rotation.KEPT)
        assert await attend(second) == 1
        async with serving(database_url, clock, NEW) as third:
            (made,) = await codes(third)
            assert await known(first, made)
            assert await known(second, made)


async def test_a_replica_that_was_killed_is_waited_for_a_minute(database_url: str) -> None:
    clock = FakeClock()
    killed = await open_database(database_url, clock, Vault(OLD))
    await killed.run(key_rotation.serve)
    await killed.close()
    async with serving(database_url, clock, NEW, OLD) as database:
        assert await attend(database) == 0
        clock.forward(key_rotation.LEASE)
        assert await attend(database) == 1


async def test_what_a_clock_far_ahead_has_noted_is_not_waited_for(database_url: str) -> None:
    clock = FakeClock(START + timedelta(days=3650))
    killed = await open_database(database_url, clock, Vault(OLD))
    await killed.run(key_rotation.serve)
    await killed.close()
    clock.at = START
    async with serving(database_url, clock, NEW, OLD) as database:
        assert await attend(database) == 1


async def test_a_key_that_is_still_needed_is_not_left_out(database_url: str) -> None:
    clock = FakeClock()
    async with serving(database_url, clock, OLD) as database:
        await codes(database)
    async with serving(database_url, clock, NEW, OLD) as database:
        await attend(database)
    with pytest.raises(WrongKey, match=rf"An older secret key \({name_of(OLD)}\) was removed too early"):
        await open_database(database_url, clock, Vault(NEW))
    for keys in ((OLD,), (OTHER,), (OTHER, OLD)):
        with pytest.raises(WrongKey, match="is not the one that this database was made with"):
            await open_database(database_url, clock, Vault(*keys))


async def test_a_replica_that_slept_while_the_key_was_replaced_says_so(database_url: str) -> None:
    clock = FakeClock()
    async with serving(database_url, clock, OLD) as slept:
        clock.forward(key_rotation.LEASE)
        async with serving(database_url, clock, NEW, OLD) as database:
            assert await attend(database) > 0
            clock.forward(key_rotation.KEPT)
            assert await attend(database) == 1
            with pytest.raises(DBAPIError):  # nothing is sealed with what was forgotten
                await codes(slept)
            with pytest.raises(WrongKey):
                await attend(slept)
            assert await database.is_current()
            assert not await slept.is_current()


async def test_nobody_goes_back_and_forth_between_two_keys(database_url: str) -> None:
    clock = FakeClock()
    async with serving(database_url, clock, NEW, OLD) as one, serving(database_url, clock, OLD, NEW) as other:
        for _ in range(3):
            assert await attend(one) == await attend(other) == 0


async def test_the_older_key_can_be_put_first_again(database_url: str) -> None:
    clock = FakeClock()
    async with serving(database_url, clock, OLD) as database:
        (made,) = await codes(database)
    for keys in ((NEW, OLD), (OLD, NEW)):
        async with serving(database_url, clock, *keys) as database:
            clock.forward(timedelta(seconds=1))
            assert await attend(database) == 2
            assert await in_use(database) == name_of(keys[0])
            assert await known(database, made)


async def test_it_goes_on_where_it_was_broken_off(database_url: str) -> None:
    clock = FakeClock()
    async with serving(database_url, clock, OLD) as database:
        made = await codes(database, 450)
    async with serving(database_url, clock, NEW, OLD) as database:
        await sweep(database, replace(KEYS, unit=lambda uow, hand: KEYS.unit(uow, hand) and 0))
        for _ in range(2):
            await sweep(database, replace(KEYS, unit=lambda uow, hand: KEYS.unit(uow, hand) and 0))
        left = await database.read(lambda uow: uow.secret_keys.count_sealed(name_of(OLD)))
        assert left == 50
    async with serving(database_url, clock, NEW, OLD) as database:
        assert await attend(database) == left
        assert await database.read(lambda uow: uow.secret_keys.count_sealed(name_of(NEW))) == len(made)
        assert all([await known(database, one) for one in made])


async def test_every_code_is_found_at_every_moment_while_two_replicas_seal_anew(database_url: str) -> None:
    clock, keys = FakeClock(), (NEW, OLD)
    async with serving(database_url, clock, OLD) as database:
        made = await codes(database, 450)
    async with serving(database_url, clock, *keys) as one, serving(database_url, clock, *keys) as other:
        sealing_anew = asyncio.gather(attend(one), attend(other))
        looked = 0
        while not sealing_anew.done() or looked < len(made):
            assert await known((one, other)[looked % 2], made[looked * 7 % len(made)])
            looked += 1
        await sealing_anew
        assert await one.read(lambda uow: uow.secret_keys.count_sealed(name_of(OLD))) == 0
        assert await other.read(lambda uow: uow.secret_keys.count_sealed(name_of(NEW))) == len(made)


async def test_what_cannot_be_opened_is_named_and_hinders_nothing_else(database_url: str) -> None:
    clock = FakeClock()
    async with serving(database_url, clock, OLD) as database:
        made = await codes(database, 3)
        spoilt = await database.read(lambda uow: uow.invitations.by_code(made[1]))
        assert spoilt is not None
        nonsense = update(invitations).where(invitations.c.id == spoilt.id).values(sealed=b"nonsense" * 5)
        await database.run(lambda uow: _connection(uow).connection.execute(nonsense))
    async with serving(database_url, clock, NEW, OLD) as database:
        assert await attend(database) == 3
        (stuck,) = await database.read(lambda uow: uow.stuck.listed(9))
        assert (str(stuck.item), stuck.error) == (f"sealed:{spoilt.id}", "InvalidTag")
        clock.forward(key_rotation.KEPT)
        await attend(database)
        assert name_of(OLD) in [one.name for one in await database.read(lambda uow: uow.secret_keys.needed())]


async def test_what_was_changed_meanwhile_is_left_as_it_is(database_url: str) -> None:
    clock = FakeClock()
    async with serving(database_url, clock, OLD) as database:
        await codes(database)
        await database.run(lambda uow: uow.installations.save(PLACE))
    async with serving(database_url, clock, NEW, OLD) as database:
        await database.run(lambda uow: uow.secret_keys.replace(uow.now))
        found = await database.read(lambda uow: uow.secret_keys.to_reseal(uow.now, 9))
        assert len(found) == 2
        later = replace(PLACE, token="xoxb-2")
        await database.run(lambda uow: uow.installations.save(later))

        def unit(uow: UnitOfWork) -> None:
            for one in found:
                uow.secret_keys.reseal(one)

        await database.run(unit)
        await database.run(unit)
        assert (await database.read(lambda uow: uow.installations.by_place("T1"))) == replace(
            later, version=2
        )
        assert await database.read(lambda uow: uow.secret_keys.to_reseal(uow.now, 9)) == []


async def test_no_key_is_forgotten_that_something_is_sealed_with(database_url: str) -> None:
    clock = FakeClock()
    async with serving(database_url, clock, OLD) as database:
        await codes(database)
    async with serving(database_url, clock, NEW, OLD) as database:
        await database.run(lambda uow: uow.secret_keys.replace(uow.now))
        with pytest.raises(DBAPIError):
            await database.run(lambda uow: uow.secret_keys.delete(name_of(OLD)))
        for column in (invitations.c.sealed_by, slack_installations.c.sealed_by):
            assert column.foreign_keys
        query = select(func.count()).select_from(secret_keys)
        assert await database.read(lambda uow: _connection(uow).connection.execute(query).scalar_one()) == 2


def test_a_name_of_a_key_tells_keys_apart_and_no_more() -> None:
    ring = KeyRing(NEW, OLD, NEW)
    assert ring.names == (name_of(NEW), name_of(OLD))
    assert ring.in_use == name_of(NEW)
    ring.use(name_of(OLD))
    assert ring.every == (OLD, NEW)
    with pytest.raises(ValueError, match="not in tuple"):
        ring.use(name_of(OTHER))

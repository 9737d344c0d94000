"""All replicas use one clock, that of the database, whatever their machines' clocks show."""

import logging
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest

from bot.app import open_application
from bot.console.database import opened_database
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform
from bot.jobs.clock_sync import ClockSync
from bot.jobs.delivery import Delivery
from bot.settings import load
from bot.storage.clock import SharedClock
from bot.storage.database import open_database
from bot.storage.vault import Vault
from tests.jobs.delivering import MAPLE, Chat, numbered, queue
from tests.world import KEY, FakeClock, deliver_due, open_world, sqlite_url

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SOON = timedelta(seconds=30)


def wrong(by: timedelta) -> FakeClock:
    """A machine's clock that is wrong by a time span."""
    return FakeClock(datetime.now(UTC) + by)


def right(at: datetime) -> bool:
    return abs(at - datetime.now(UTC)) < SOON


async def test_replicas_whose_clocks_differ_do_not_take_messages_from_each_other(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbered(monkeypatch)
    chat, stolen = Chat(), list[int]()
    deliveries: list[Delivery] = []
    async with AsyncExitStack() as stack:
        for ahead in (-2 * MINUTE, 2 * MINUTE):
            clock = SharedClock(wrong(ahead))
            database = await open_database(postgres_url, clock, Vault(KEY))
            stack.push_async_callback(database.close)
            await database.set_clock(clock)
            deliveries.append(Delivery(database, {Platform.SLACK: chat}, clock))
        slow, other = deliveries

        async def meanwhile(place: str) -> None:
            del chat.answers[place]
            stolen.append(await deliver_due(other))

        chat.answers[str(MAPLE)] = meanwhile
        world = await stack.enter_async_context(open_world(postgres_url, upgrade=False))
        world.clock.at = datetime.now(UTC) - 5 * MINUTE
        await queue(world, MAPLE, range(3))
        await deliver_due(slow)
    assert (stolen, chat.shown[str(MAPLE)]) == ([0], [0, 1, 2])


class Machine:
    """A machine's clock, and its uptime in seconds."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ran = 1000.0

    def running(self) -> float:
        return self.ran


def test_a_machines_clock_that_is_put_forward_or_back_is_not_followed() -> None:
    machine = Machine()
    clock = SharedClock(machine.clock, machine.running)
    assert clock.now() == machine.clock.at
    told = machine.clock.at + HOUR
    clock.adopt(told, asked=machine.ran)
    machine.clock.at -= 3 * HOUR
    machine.ran += 7
    assert clock.now() == told + timedelta(seconds=7)
    assert clock.off_by() == 4 * HOUR + timedelta(seconds=7)


@pytest.mark.parametrize(("took", "taken"), [(0.5, True), (1.5, False)])
def test_an_answer_that_took_long_says_the_time_only_where_nothing_is_known(
    took: float, *, taken: bool
) -> None:
    machine = Machine()
    clock = SharedClock(machine.clock, machine.running)
    told, asked = machine.clock.at + HOUR, clock.monotonic()
    machine.ran += 4
    clock.adopt(told, asked)
    assert clock.now() == told + timedelta(seconds=2), "half-way between question and answer"
    machine.ran += took
    clock.adopt(told + HOUR, machine.ran - took)
    later = told + HOUR + timedelta(seconds=took / 2)
    assert clock.now() == (later if taken else told + timedelta(seconds=2 + took))


async def test_a_wrong_clock_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    off = [2 * HOUR, 2 * HOUR, timedelta(), -HOUR]

    async def unreachable() -> None:
        raise ConnectionError

    keeping = ClockSync(unreachable, lambda: off.pop(0))
    with caplog.at_level(logging.WARNING):
        while off:
            await keeping.sync()
    assert [one.getMessage().split(", ")[0] for one in caplog.records] == [
        "This machine's clock is 7200 s behind the database's",
        "This machine's clock is 3600 s ahead of the database's",
    ]


async def test_what_is_run_goes_by_the_databases_clock(postgres_url: str) -> None:
    settings = load(database_url=postgres_url, secret_key=KEY.hex())

    def now(uow: UnitOfWork) -> datetime:
        return uow.now

    with (
        patch("bot.app.SystemClock", partial(wrong, HOUR)),
        patch("bot.console.database.SystemClock", partial(wrong, -HOUR)),
    ):
        async with open_application(settings) as application:
            assert right(await application.database.run(now))
            assert right(application.clock.now())
        async with opened_database(settings) as database:
            assert right(await database.read(now))


async def test_a_file_has_no_clock(tmp_path: Path) -> None:
    machine = Machine()
    clock = SharedClock(machine.clock, machine.running)
    async with open_world(sqlite_url(tmp_path)) as world:
        await world.database.set_clock(clock)
    assert clock.now() == machine.clock.at

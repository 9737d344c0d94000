"""Delivery: in order, again after failures, and nobody waits for somebody else's platform."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bot.chat.notifier import DeliveryFailed
from bot.core.notices.notices import Audience, tell_each_time
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform
from bot.jobs.delivery import (
    FAILING_LANES_PER_TENANT,
    LANES_PER_TENANT,
    NOTICES_PER_LANE,
    PLACES_PER_LOOKUP,
    Delivery,
    Outcome,
)
from tests.jobs.delivering import (
    MAPLE,
    OAK,
    SECOND,
    Chat,
    channel,
    failing,
    queue,
    replica,
    waiting,
)
from tests.world import World, deliver_due


@asynccontextmanager
async def running(*workers: Delivery) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one.run()) for one in workers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_one_place_gets_all_in_order(world: World, chat: Chat) -> None:
    await queue(world, MAPLE, range(3 * NOTICES_PER_LANE))
    assert await deliver_due(replica(world)) == 3 * NOTICES_PER_LANE
    assert chat.shown[str(MAPLE)] == list(range(3 * NOTICES_PER_LANE))
    assert await waiting(world) == 0


async def test_a_slow_tenant_delays_no_other(world: World, chat: Chat) -> None:
    """All calls of one workspace hang, and the clock stands still: others get their messages all the same."""
    never = asyncio.Event()

    async def hangs(_: str) -> None:
        await never.wait()

    # More than are looked up at once: they must not hide the others.
    hanging = [channel("maple", f"c{number}") for number in range(PLACES_PER_LOOKUP + 10)]
    for to in hanging:
        chat.answers[str(to)] = hangs
        await queue(world, to, range(1))
    delivery = replica(world)
    async with running(delivery), AsyncExitStack() as after:
        after.callback(never.set)
        await chat.until(lambda: len(chat.tried) == LANES_PER_TENANT)
        for number in range(100):
            await queue(world, channel(f"w{number}"), range(2))
        delivery.wake()
        await chat.until(lambda: sum(len(some) for some in chat.shown.values()) == 200)
        assert len([place for place in chat.tried if "maple" in place]) == LANES_PER_TENANT, (
            "a bounded number in flight"
        )
        never.set()
        await chat.until(lambda: sum(len(some) for some in chat.shown.values()) == 200 + len(hanging))


async def test_a_failing_tenant_delays_no_other(world: World, chat: Chat) -> None:
    async def fails(_: str) -> None:
        raise DeliveryFailed("down")

    for number in range(PLACES_PER_LOOKUP + 20):
        to = channel("maple", f"c{number}")
        chat.answers[str(to)] = fails
        await queue(world, to, range(2))
    await queue(world, OAK, range(10))
    await deliver_due(replica(world))
    assert chat.shown[str(OAK)] == list(range(10))
    assert len(chat.tried) == PLACES_PER_LOOKUP + 30, "each failing place was tried once"


async def test_messages_that_fail_slowly_again_and_again_delay_nobody_else(world: World, chat: Chat) -> None:
    """A message that is answered with 500 delays only its own recipient, even if tries take long."""
    slow = asyncio.Event()

    async def broken(_: str) -> None:
        if slow.is_set():
            await go_on.wait()
        raise DeliveryFailed("Discord answered 500 (code 0)")

    go_on = asyncio.Event()
    # More than are looked up at once: they must not hide the others.
    failing = [channel("maple", f"c{number}") for number in range(PLACES_PER_LOOKUP + 10)]
    for to in failing:
        chat.answers[str(to)] = broken
        await queue(world, to, range(2))
    delivery = replica(world)
    await deliver_due(delivery)
    assert len(chat.tried) == len(failing)
    world.clock.forward(SECOND)
    slow.set()
    async with running(delivery), AsyncExitStack() as after:
        after.callback(go_on.set)
        await chat.until(lambda: len(chat.tried) == len(failing) + FAILING_LANES_PER_TENANT)
        others = [channel("maple", f"fine{number}") for number in range(20)] + [OAK]
        for to in others:
            await queue(world, to, range(3))
        delivery.wake()
        await chat.until(lambda: all(chat.shown[str(to)] == [0, 1, 2] for to in others))
        assert (
            len([place for place in chat.tried if "/#c" in place])
            == len(failing) + FAILING_LANES_PER_TENANT + 3
        )
    assert not any(chat.shown[str(to)] for to in failing)


async def test_what_is_taken_back_while_it_waits_for_its_turn_is_not_sent(world: World, chat: Chat) -> None:
    def take_back(uow: UnitOfWork) -> None:
        uow.outbox.drop("numbered:1", Audience.OUTCOME)

    async def meanwhile(_: str) -> None:
        await world.database.run(take_back)

    chat.answers[str(MAPLE)] = meanwhile
    await queue(world, MAPLE, range(3))
    delivery = replica(world)
    await deliver_due(delivery)
    assert chat.shown[str(MAPLE)] == [0, 2]


async def test_each_try_is_counted(world: World, chat: Chat) -> None:
    seen = []

    class Counter:
        def tried(self, platform: Platform, outcome: Outcome, seconds: float) -> None:
            assert seconds >= 0
            seen.append((platform, outcome))

    failures = (DeliveryFailed("no", final=True), None, DeliveryFailed("later"))
    chat.answers[str(MAPLE)] = failing(*failures)
    await queue(world, MAPLE, range(3))
    delivery = replica(world)
    delivery.observer = Counter()
    await deliver_due(delivery)
    outcomes = (Outcome.FAILED, Outcome.DELIVERED, Outcome.POSTPONED)
    assert seen == [(Platform.SLACK, one) for one in outcomes]


async def test_what_one_unit_tells_arrives_in_its_order(world: World, chat: Chat) -> None:
    def unit(uow: UnitOfWork) -> None:
        for number in range(50):
            tell_each_time(uow, f"numbered:{number}", Audience.OUTCOME, MAPLE)

    await world.database.run(unit)
    await deliver_due(replica(world))
    assert chat.shown[str(MAPLE)] == list(range(50))

"""Several replicas deliver: none sends what another has claimed, and abandoned claims go on."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.core.ports import UnitOfWork
from bot.jobs.delivery import LEASE
from tests.jobs.delivering import (
    MAPLE,
    SECOND,
    Chat,
    channel,
    queue,
    replica,
)
from tests.patience import PATIENCE
from tests.world import World, deliver_due


async def test_what_a_crashed_replica_held_goes_on_and_nobody_else_delivers_it(
    world: World, chat: Chat
) -> None:
    await queue(world, MAPLE, range(3))

    def crashes(uow: UnitOfWork) -> int:
        until = uow.now + LEASE
        return len(uow.outbox.take(str(MAPLE), uow.now, worker="gone", until=until, limit=2))

    assert await world.database.run(crashes) == 2
    delivery = replica(world)
    assert await deliver_due(delivery) == 0
    world.clock.forward(LEASE)
    assert await deliver_due(delivery) == 3
    assert chat.shown[str(MAPLE)] == [0, 1, 2]


async def test_a_lane_that_takes_long_keeps_its_claims(world: World, chat: Chat) -> None:
    """Each delivery takes 45 seconds, but no other replica gets any of them."""
    other = replica(world)
    stolen = []

    async def slow(_: str) -> None:
        world.clock.forward(45 * SECOND)
        stolen.append(await deliver_due(other))

    chat.answers[str(MAPLE)] = slow
    await queue(world, MAPLE, range(5))
    await deliver_due(replica(world))
    assert stolen == [0] * 5
    assert chat.shown[str(MAPLE)] == [0, 1, 2, 3, 4]


def _stalls(world: World, chat: Chat, meanwhile: Callable[[], Awaitable[object]]) -> None:
    """Make the first message take longer than a claim lasts, and do something in the meantime."""

    async def stalls(_: str) -> None:
        chat.answers.clear()
        world.clock.forward(2 * LEASE)
        await meanwhile()

    chat.answers[str(MAPLE)] = stalls


async def test_whoever_has_lost_its_claim_sends_nothing_more(world: World, chat: Chat) -> None:
    _stalls(world, chat, lambda: deliver_due(replica(world)))
    await queue(world, MAPLE, range(3))
    await deliver_due(replica(world))
    assert chat.shown[str(MAPLE)] == [0, 1, 2, 0], "only what was on its way is there twice"


async def test_a_worker_that_stood_still_does_not_overtake_itself(world: World, chat: Chat) -> None:
    delivery = replica(world)

    _stalls(world, chat, delivery.round)
    await queue(world, MAPLE, range(3))
    await deliver_due(delivery)
    assert chat.shown[str(MAPLE)] == [0, 1, 2]


async def test_two_replicas_keep_the_order(world: World, chat: Chat) -> None:
    places = [channel(f"w{number}") for number in range(5)]
    for to in places:
        await queue(world, to, range(60))
    one, two = replica(world), replica(world)
    await asyncio.gather(deliver_due(one), deliver_due(two))
    await asyncio.gather(deliver_due(one), deliver_due(two))
    assert all(chat.shown[str(to)] == list(range(60)) for to in places)


async def test_what_is_under_way_is_finished_and_the_rest_given_back(world: World, chat: Chat) -> None:
    go_on, begun = asyncio.Event(), asyncio.Event()

    async def slow(_: str) -> None:
        begun.set()
        await go_on.wait()

    chat.answers[str(MAPLE)] = slow
    await queue(world, MAPLE, range(3))
    worker = asyncio.create_task(replica(world).run())
    await asyncio.wait_for(begun.wait(), PATIENCE)
    worker.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait([worker])
    assert chat.shown[str(MAPLE)] == [0]
    assert await deliver_due(replica(world)) == 2, "at once, and not when a claim ends"

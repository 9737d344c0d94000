"""Failed deliveries: how long they wait, what waits with them, and when they are given up."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.chat.notifier import Breadth, DeliveryFailed
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform
from bot.jobs import delivery_results
from bot.jobs.delivery_results import MOST_ATTEMPTS, MOST_BREAKDOWNS
from bot.storage.notices.outbox import SqlOutbox
from bot.storage.tables import outbox
from tests.jobs.delivering import (
    HOUR,
    MAPLE,
    OAK,
    SECOND,
    Chat,
    channel,
    failing,
    person,
    queue,
    replica,
    waiting,
)
from tests.world import World, deliver_due


async def test_after_a_failure_nothing_overtakes_and_the_rest_follows_at_once(
    world: World, chat: Chat
) -> None:
    chat.answers[str(MAPLE)] = failing(None, DeliveryFailed("busy"))
    await queue(world, MAPLE, range(5))
    delivery = replica(world)
    await deliver_due(delivery)
    assert chat.shown[str(MAPLE)] == [0]
    await queue(world, MAPLE, range(5, 6))
    await deliver_due(delivery)
    assert chat.shown[str(MAPLE)] == [0]
    world.clock.forward(SECOND)  # and not until the claim has ended
    await deliver_due(delivery)
    assert chat.shown[str(MAPLE)] == [0, 1, 2, 3, 4, 5]
    first, again, *others = chat.keys[1:]
    assert first == again, "a platform knows the second try of a message by its key"
    assert len({chat.keys[0], again, *others}) == 6


async def test_a_message_that_is_given_up_lets_the_next_go(world: World, chat: Chat) -> None:
    chat.answers[str(MAPLE)] = failing(DeliveryFailed("refused", final=True))
    await queue(world, MAPLE, range(3))
    await deliver_due(replica(world))
    assert chat.shown[str(MAPLE)] == [1, 2]
    (dead,) = await world.database.read(lambda uow: uow.outbox.dead(school_id=None, before=None, limit=9))
    assert (dead.notice.subject, dead.error) == ("numbered:0", "refused")


async def test_a_whole_workspace_that_asks_to_wait_is_left_alone(world: World, chat: Chat) -> None:
    slow_down = DeliveryFailed("ratelimited", retry_after=30, breadth=Breadth.TENANT, ours=True)
    chat.answers[str(MAPLE)] = failing(slow_down)
    await queue(world, MAPLE, range(1))
    delivery = replica(world)
    await deliver_due(delivery)
    beside = channel("maple", "beside")
    await queue(world, beside, range(1))
    await queue(world, OAK, range(1))
    world.clock.forward(29 * SECOND)
    await deliver_due(delivery)
    await deliver_due(replica(world))  # another replica knows it too
    assert chat.tried == [str(MAPLE), str(OAK)]
    world.clock.forward(5 * SECOND)
    await deliver_due(delivery)
    assert chat.shown[str(MAPLE)] == chat.shown[str(beside)] == [0]


async def test_a_whole_platform_that_asks_to_wait_is_left_alone(world: World, chat: Chat) -> None:
    slow_down = DeliveryFailed("global", retry_after=30, breadth=Breadth.PLATFORM, ours=True)
    chat.answers[str(MAPLE)] = failing(slow_down)
    await queue(world, MAPLE, range(1))
    delivery = replica(world)
    await deliver_due(delivery)
    elsewhere = channel("w", platform=Platform.DISCORD)
    await queue(world, OAK, range(1))
    await queue(world, elsewhere, range(1))
    await deliver_due(delivery)
    assert chat.tried == [str(MAPLE), str(elsewhere)]
    world.clock.forward(34 * SECOND)
    await deliver_due(delivery)
    assert await waiting(world) == 0


async def test_a_place_that_asks_to_wait_is_not_asked_before(world: World, chat: Chat) -> None:
    chat.answers[str(MAPLE)] = failing(DeliveryFailed("busy", retry_after=10))
    await queue(world, MAPLE, range(1))
    delivery = replica(world)
    await deliver_due(delivery)
    await queue(world, channel("maple", "beside"), range(1))
    world.clock.forward(timedelta(seconds=9.9))
    await deliver_due(delivery)
    assert chat.tried == [str(MAPLE), "slack/maple/#beside"]
    world.clock.forward(timedelta(seconds=1.2))
    await deliver_due(delivery)
    assert chat.shown[str(MAPLE)] == [0]


async def test_waits_grow_and_differ(world: World, chat: Chat) -> None:
    """Twice as long each time, an hour at most, never all at once."""

    async def fails(_: str) -> None:
        raise DeliveryFailed("down")

    places = [person(f"T/{number}") for number in range(20)]
    for to in places:
        chat.answers[str(to)] = fails
        await queue(world, to, range(1), "slack/T")
    delivery = replica(world)
    for power in (0, 1, 2, 3):
        await deliver_due(delivery)
        waits = await world.database.read(_try_times)
        spans = [(at - world.clock.now()).total_seconds() for at in waits]
        assert all(2**power / 2 <= span <= 2**power for span in spans)
        assert len({round(span, 3) for span in spans}) > 10
        world.clock.forward(timedelta(seconds=2**power))


def _try_times(uow: UnitOfWork) -> list[datetime]:
    assert isinstance(uow.outbox, SqlOutbox)
    return list(uow.outbox.connection.execute(select(outbox.c.try_at)).scalars())


async def test_what_is_not_the_messages_fault_is_tried_for_ever(world: World, chat: Chat) -> None:
    down = DeliveryFailed("unreachable", ours=True)
    chat.answers[str(MAPLE)] = failing(*[down] * (MOST_ATTEMPTS + 4))
    await queue(world, MAPLE, range(2))
    delivery = replica(world)
    for _ in range(MOST_ATTEMPTS + 5):
        await deliver_due(delivery)
        world.clock.forward(HOUR)
    assert chat.shown[str(MAPLE)] == [0, 1]


async def test_what_breaks_on_our_side_is_given_up_soon(world: World, chat: Chat) -> None:
    broken = [ValueError("secret")] * MOST_BREAKDOWNS
    chat.answers[str(MAPLE)] = failing(*broken)
    await queue(world, MAPLE, range(2))
    delivery = replica(world)
    for _ in range(MOST_BREAKDOWNS):
        await deliver_due(delivery)
        world.clock.forward(HOUR)
    assert chat.shown[str(MAPLE)] == [1]
    (dead,) = await world.database.read(lambda uow: uow.outbox.dead(school_id=None, before=None, limit=9))
    assert dead.error == "ValueError"


async def test_a_card_that_is_there_is_not_sent_again_where_what_follows_from_it_breaks(
    world: World, chat: Chat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(delivery_results, "posted", broken)
    await queue(world, MAPLE, range(2))
    delivery = replica(world)
    for _ in range(3):
        await deliver_due(delivery)
        world.clock.forward(HOUR)
    assert chat.shown[str(MAPLE)] == [0, 1]
    assert await waiting(world) == 0
    assert [one.getMessage() for one in caplog.records] == [
        "The result of a delivery could not be stored"
    ] * 4


@pytest.mark.parametrize("asked", ["nan", "inf", "1e18", "9e9", "90000"])
async def test_nobody_makes_a_platform_silent_for_more_than_a_day(
    world: World, chat: Chat, asked: str
) -> None:
    slow_down = DeliveryFailed("global", retry_after=float(asked), breadth=Breadth.PLATFORM, ours=True)
    chat.answers[str(MAPLE)] = failing(slow_down)
    await queue(world, MAPLE, range(2))
    await deliver_due(replica(world))
    world.clock.forward(24 * HOUR)
    assert await deliver_due(replica(world)) == 0
    world.clock.forward(6 * SECOND)
    await deliver_due(replica(world))
    assert chat.shown[str(MAPLE)] == [0, 1]

"""Delivery: in order, again where it failed, and nobody waits for somebody else's platform."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.chat.notifier import Breadth, DeliveryFailed
from bot.core.actors import Platform
from bot.core.notices import Audience, tell_again
from bot.core.ports import UnitOfWork
from bot.jobs import marks
from bot.jobs.delivery import A_LANE, AT_ONCE, LANES, LEASE, WORN, Delivery, Outcome
from bot.jobs.marks import MOST_ATTEMPTS, MOST_BREAKDOWNS
from bot.storage.outbox import SqlOutbox
from bot.storage.tables import outbox
from tests.jobs.delivering import Answer, Chat, channel, numbered, person, queue
from tests.world import World

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
MAPLE, OAK = channel("maple"), channel("oak")


@pytest.fixture
def chat(world: World, monkeypatch: pytest.MonkeyPatch) -> Chat:
    numbered(monkeypatch)
    made = Chat()
    world.notifiers[Platform.SLACK] = made
    world.notifiers[Platform.DISCORD] = made
    return made


def _delivery(world: World) -> Delivery:
    return Delivery(world.database, world.notifiers, world.clock)


@asynccontextmanager
async def running(*workers: Delivery) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one.run()) for one in workers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _waiting(world: World) -> int:
    return await world.database.read(lambda uow: uow.outbox.waiting())


def _failing(*failures: Exception | None) -> Answer:
    """Fail so, one try after the other; then answer."""
    left = list(failures)

    async def answer(_: str) -> None:
        if left and (failure := left.pop(0)) is not None:
            raise failure

    return answer


async def test_one_place_gets_all_in_order(world: World, chat: Chat) -> None:
    await queue(world, MAPLE, range(3 * A_LANE))
    assert await _delivery(world).deliver_due() == 3 * A_LANE
    assert chat.shown[str(MAPLE)] == list(range(3 * A_LANE))
    assert await _waiting(world) == 0


async def test_after_a_failure_nothing_overtakes_and_the_rest_follows_at_once(
    world: World, chat: Chat
) -> None:
    chat.answers[str(MAPLE)] = _failing(None, DeliveryFailed("busy"))
    await queue(world, MAPLE, range(5))
    delivery = _delivery(world)
    await delivery.deliver_due()
    assert chat.shown[str(MAPLE)] == [0]
    await queue(world, MAPLE, range(5, 6))
    await delivery.deliver_due()
    assert chat.shown[str(MAPLE)] == [0]
    world.clock.forward(SECOND)  # and not until the claim has ended
    await delivery.deliver_due()
    assert chat.shown[str(MAPLE)] == [0, 1, 2, 3, 4, 5]


async def test_a_message_that_is_given_up_lets_the_next_go(world: World, chat: Chat) -> None:
    chat.answers[str(MAPLE)] = _failing(DeliveryFailed("refused", final=True))
    await queue(world, MAPLE, range(3))
    await _delivery(world).deliver_due()
    assert chat.shown[str(MAPLE)] == [1, 2]
    (dead,) = await world.database.read(lambda uow: uow.outbox.dead(school_id=None, before=None, limit=9))
    assert (dead.notice.subject, dead.error) == ("numbered:0", "refused")


async def test_a_slow_tenant_delays_no_other(world: World, chat: Chat) -> None:
    """Everything of a workspace hangs, and the clock stands: the others get theirs all the same."""
    never = asyncio.Event()

    async def hangs(_: str) -> None:
        await never.wait()

    # More than are looked up at once: they must not hide the others.
    hanging = [channel("maple", f"c{number}") for number in range(AT_ONCE + 10)]
    for to in hanging:
        chat.answers[str(to)] = hangs
        await queue(world, to, range(1))
    delivery = _delivery(world)
    async with running(delivery), AsyncExitStack() as after:
        after.callback(never.set)
        await chat.until(lambda: len(chat.tried) == LANES)
        for number in range(100):
            await queue(world, channel(f"w{number}"), range(2))
        delivery.wake()
        await chat.until(lambda: sum(len(some) for some in chat.shown.values()) == 200)
        assert len([place for place in chat.tried if "maple" in place]) == LANES, "a bounded number in flight"
        never.set()
        await chat.until(lambda: sum(len(some) for some in chat.shown.values()) == 200 + len(hanging))


async def test_a_failing_tenant_delays_no_other(world: World, chat: Chat) -> None:
    async def fails(_: str) -> None:
        raise DeliveryFailed("down")

    for number in range(AT_ONCE + 20):
        to = channel("maple", f"c{number}")
        chat.answers[str(to)] = fails
        await queue(world, to, range(2))
    await queue(world, OAK, range(10))
    await _delivery(world).deliver_due()
    assert chat.shown[str(OAK)] == list(range(10))
    assert len(chat.tried) == AT_ONCE + 30, "each failing place was tried once"


async def test_messages_that_fail_slowly_again_and_again_delay_nobody_else(world: World, chat: Chat) -> None:
    """What is answered 500 holds up its own recipient alone, while tries take long and the clock stands."""
    slow = asyncio.Event()

    async def broken(_: str) -> None:
        if slow.is_set():
            await go_on.wait()
        raise DeliveryFailed("Discord answered 500 (code 0)")

    go_on = asyncio.Event()
    # More than are looked up at once: they must not hide the others.
    failing = [channel("maple", f"c{number}") for number in range(AT_ONCE + 10)]
    for to in failing:
        chat.answers[str(to)] = broken
        await queue(world, to, range(2))
    delivery = _delivery(world)
    await delivery.deliver_due()
    assert len(chat.tried) == len(failing)
    world.clock.forward(SECOND)
    slow.set()
    async with running(delivery), AsyncExitStack() as after:
        after.callback(go_on.set)
        await chat.until(lambda: len(chat.tried) == len(failing) + WORN)
        others = [channel("maple", f"fine{number}") for number in range(20)] + [OAK]
        for to in others:
            await queue(world, to, range(3))
        delivery.wake()
        await chat.until(lambda: all(chat.shown[str(to)] == [0, 1, 2] for to in others))
        assert len([place for place in chat.tried if "/#c" in place]) == len(failing) + WORN + 3
    assert not any(chat.shown[str(to)] for to in failing)


async def test_a_whole_workspace_that_asks_to_wait_is_left_alone(world: World, chat: Chat) -> None:
    slow_down = DeliveryFailed("ratelimited", retry_after=30, breadth=Breadth.TENANT, ours=True)
    chat.answers[str(MAPLE)] = _failing(slow_down)
    await queue(world, MAPLE, range(1))
    delivery = _delivery(world)
    await delivery.deliver_due()
    beside = channel("maple", "beside")
    await queue(world, beside, range(1))
    await queue(world, OAK, range(1))
    world.clock.forward(29 * SECOND)
    await delivery.deliver_due()
    await _delivery(world).deliver_due()  # another replica knows it too
    assert chat.tried == [str(MAPLE), str(OAK)]
    world.clock.forward(5 * SECOND)
    await delivery.deliver_due()
    assert chat.shown[str(MAPLE)] == chat.shown[str(beside)] == [0]


async def test_a_whole_platform_that_asks_to_wait_is_left_alone(world: World, chat: Chat) -> None:
    slow_down = DeliveryFailed("global", retry_after=30, breadth=Breadth.PLATFORM, ours=True)
    chat.answers[str(MAPLE)] = _failing(slow_down)
    await queue(world, MAPLE, range(1))
    delivery = _delivery(world)
    await delivery.deliver_due()
    elsewhere = channel("w", platform=Platform.DISCORD)
    await queue(world, OAK, range(1))
    await queue(world, elsewhere, range(1))
    await delivery.deliver_due()
    assert chat.tried == [str(MAPLE), str(elsewhere)]
    world.clock.forward(34 * SECOND)
    await delivery.deliver_due()
    assert await _waiting(world) == 0


async def test_a_place_that_asks_to_wait_is_not_asked_before(world: World, chat: Chat) -> None:
    chat.answers[str(MAPLE)] = _failing(DeliveryFailed("busy", retry_after=10))
    await queue(world, MAPLE, range(1))
    delivery = _delivery(world)
    await delivery.deliver_due()
    await queue(world, channel("maple", "beside"), range(1))
    world.clock.forward(timedelta(seconds=9.9))
    await delivery.deliver_due()
    assert chat.tried == [str(MAPLE), "slack/maple/#beside"]
    world.clock.forward(timedelta(seconds=1.2))
    await delivery.deliver_due()
    assert chat.shown[str(MAPLE)] == [0]


async def test_waits_grow_and_differ(world: World, chat: Chat) -> None:
    """Twice as long each time, an hour at most, never all at once."""

    async def fails(_: str) -> None:
        raise DeliveryFailed("down")

    places = [person(f"T/{number}") for number in range(20)]
    for to in places:
        chat.answers[str(to)] = fails
        await queue(world, to, range(1), "slack/T")
    delivery = _delivery(world)
    for power in (0, 1, 2, 3):
        await delivery.deliver_due()
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
    chat.answers[str(MAPLE)] = _failing(*[down] * (MOST_ATTEMPTS + 4))
    await queue(world, MAPLE, range(2))
    delivery = _delivery(world)
    for _ in range(MOST_ATTEMPTS + 5):
        await delivery.deliver_due()
        world.clock.forward(HOUR)
    assert chat.shown[str(MAPLE)] == [0, 1]


async def test_what_breaks_on_our_side_is_given_up_soon(world: World, chat: Chat) -> None:
    broken = [ValueError("secret")] * MOST_BREAKDOWNS
    chat.answers[str(MAPLE)] = _failing(*broken)
    await queue(world, MAPLE, range(2))
    delivery = _delivery(world)
    for _ in range(MOST_BREAKDOWNS):
        await delivery.deliver_due()
        world.clock.forward(HOUR)
    assert chat.shown[str(MAPLE)] == [1]
    (dead,) = await world.database.read(lambda uow: uow.outbox.dead(school_id=None, before=None, limit=9))
    assert dead.error == "ValueError"


async def test_a_card_that_is_there_is_not_sent_again_where_what_follows_from_it_breaks(
    world: World, chat: Chat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(marks, "posted", broken)
    await queue(world, MAPLE, range(2))
    delivery = _delivery(world)
    for _ in range(3):
        await delivery.deliver_due()
        world.clock.forward(HOUR)
    assert chat.shown[str(MAPLE)] == [0, 1]
    assert await _waiting(world) == 0
    assert [one.getMessage() for one in caplog.records] == ["What a delivery changes could not be stored"] * 4


async def test_what_a_crashed_replica_held_goes_on_and_nobody_else_delivers_it(
    world: World, chat: Chat
) -> None:
    await queue(world, MAPLE, range(3))

    def crashes(uow: UnitOfWork) -> int:
        until = uow.now + LEASE
        return len(uow.outbox.take(str(MAPLE), uow.now, worker="gone", until=until, limit=2))

    assert await world.database.run(crashes) == 2
    delivery = _delivery(world)
    assert await delivery.deliver_due() == 0
    world.clock.forward(LEASE)
    assert await delivery.deliver_due() == 3
    assert chat.shown[str(MAPLE)] == [0, 1, 2]


async def test_a_lane_that_takes_long_keeps_its_claims(world: World, chat: Chat) -> None:
    """Each delivery takes 45 seconds: another replica still gets none of it."""
    other = _delivery(world)
    stolen = []

    async def slow(_: str) -> None:
        world.clock.forward(45 * SECOND)
        stolen.append(await other.deliver_due())

    chat.answers[str(MAPLE)] = slow
    await queue(world, MAPLE, range(5))
    await _delivery(world).deliver_due()
    assert stolen == [0] * 5
    assert chat.shown[str(MAPLE)] == [0, 1, 2, 3, 4]


async def test_whoever_has_lost_its_claim_sends_nothing_more(world: World, chat: Chat) -> None:
    other = _delivery(world)

    async def stalls(_: str) -> None:
        chat.answers.clear()
        world.clock.forward(2 * LEASE)
        await other.deliver_due()

    chat.answers[str(MAPLE)] = stalls
    await queue(world, MAPLE, range(3))
    await _delivery(world).deliver_due()
    assert chat.shown[str(MAPLE)] == [0, 1, 2, 0], "only what was on its way is there twice"


async def test_a_worker_that_stood_still_does_not_overtake_itself(world: World, chat: Chat) -> None:
    delivery = _delivery(world)

    async def stalls(_: str) -> None:
        chat.answers.clear()
        world.clock.forward(2 * LEASE)
        await delivery.round()

    chat.answers[str(MAPLE)] = stalls
    await queue(world, MAPLE, range(3))
    await delivery.deliver_due()
    assert chat.shown[str(MAPLE)] == [0, 1, 2]


async def test_two_replicas_keep_the_order(world: World, chat: Chat) -> None:
    places = [channel(f"w{number}") for number in range(5)]
    for to in places:
        await queue(world, to, range(60))
    one, two = _delivery(world), _delivery(world)
    await asyncio.gather(one.deliver_due(), two.deliver_due())
    await asyncio.gather(one.deliver_due(), two.deliver_due())
    assert all(chat.shown[str(to)] == list(range(60)) for to in places)


async def test_what_is_under_way_is_finished_and_the_rest_given_back(world: World, chat: Chat) -> None:
    go_on, begun = asyncio.Event(), asyncio.Event()

    async def slow(_: str) -> None:
        begun.set()
        await go_on.wait()

    chat.answers[str(MAPLE)] = slow
    await queue(world, MAPLE, range(3))
    worker = asyncio.create_task(_delivery(world).run())
    await asyncio.wait_for(begun.wait(), 5)
    worker.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait([worker])
    assert chat.shown[str(MAPLE)] == [0]
    assert await _delivery(world).deliver_due() == 2, "at once, and not when a claim ends"


async def test_what_is_taken_back_while_it_waits_for_its_turn_is_not_sent(world: World, chat: Chat) -> None:
    def take_back(uow: UnitOfWork) -> None:
        uow.outbox.drop("numbered:1", Audience.OUTCOME)

    async def meanwhile(_: str) -> None:
        await world.database.run(take_back)

    chat.answers[str(MAPLE)] = meanwhile
    await queue(world, MAPLE, range(3))
    delivery = _delivery(world)
    await delivery.deliver_due()
    assert chat.shown[str(MAPLE)] == [0, 2]


async def test_each_try_is_counted(world: World, chat: Chat) -> None:
    seen = []

    class Counter:
        def tried(self, platform: Platform, outcome: Outcome, seconds: float) -> None:
            assert seconds >= 0
            seen.append((platform, outcome))

    failures = (DeliveryFailed("no", final=True), None, DeliveryFailed("later"))
    chat.answers[str(MAPLE)] = _failing(*failures)
    await queue(world, MAPLE, range(3))
    await Delivery(world.database, world.notifiers, world.clock, observer=Counter()).deliver_due()
    outcomes = (Outcome.FAILED, Outcome.DELIVERED, Outcome.POSTPONED)
    assert seen == [(Platform.SLACK, one) for one in outcomes]


async def test_what_one_unit_tells_arrives_in_its_order(world: World, chat: Chat) -> None:
    def unit(uow: UnitOfWork) -> None:
        for number in range(50):
            tell_again(uow, f"numbered:{number}", Audience.OUTCOME, MAPLE)

    await world.database.run(unit)
    await _delivery(world).deliver_due()
    assert chat.shown[str(MAPLE)] == list(range(50))

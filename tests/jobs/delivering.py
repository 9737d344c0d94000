"""An outbox full of numbered messages, and platforms that do with them what a test says."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.chat.replies import Card
from bot.chat.text import plain, say
from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.jobs import delivery_results, posting
from bot.jobs.delivery import Delivery
from tests.patience import PATIENCE
from tests.storage import build
from tests.world import World

Answer = Callable[[str], Awaitable[None]]
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@dataclass
class Chat:
    """A platform; `answers` may wait or raise for a place before a card is shown there."""

    shown: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    tried: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, to: Destination, card: Card, key: str = "") -> None:
        place = str(to)
        self.keys.append(key)
        self.tried.append(place)
        self.changed.set()
        if (answer := self.answers.get(place)) is not None:
            await answer(place)
        self.shown[place].append(int(plain(card.title)))
        self.changed.set()

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        raise NotImplementedError

    async def until(self, right: Callable[[], bool]) -> None:
        """Wait until what is shown is right."""
        async with asyncio.timeout(PATIENCE):
            while not right():
                self.changed.clear()
                await self.changed.wait()


def numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each card show the number that its subject has."""

    def draw(_: UnitOfWork, subject: str, *__: object, **___: object) -> Card:
        return Card(say("{n}", n=subject.partition(":")[2]), ())

    monkeypatch.setattr(posting, "draw", draw)
    monkeypatch.setattr(delivery_results, "draw", draw)


def channel(workspace: str, name: str = "c", platform: Platform = Platform.SLACK) -> Destination:
    return Destination.in_channel(WorkspaceKey(platform, workspace), name)


def person(name: str, platform: Platform = Platform.SLACK) -> Destination:
    return Destination.direct(AccountKey(platform.value, name))


MAPLE, OAK = channel("maple"), channel("oak")


async def queue(world: World, to: Destination, numbers: range, tenant: str = "") -> None:
    """Queue numbered messages for a place."""

    def unit(uow: UnitOfWork) -> None:
        shared = tenant or f"{to.platform}/{to.workspace}"
        for number in numbers:
            key = f"{to} {number}"
            uow.outbox.add(
                Notice(
                    build.fresh_id(), key, f"numbered:{number}", Audience.OUTCOME, to, uow.now, tenant=shared
                )
            )

    await world.database.run(unit)


def replica(world: World) -> Delivery:
    return Delivery(world.database, world.notifiers, world.clock)


async def waiting(world: World) -> int:
    return await world.database.read(lambda uow: uow.outbox.count_waiting())


def failing(*failures: Exception | None) -> Answer:
    """Fail so, one try after the other; then answer."""
    left = list(failures)

    async def answer(_: str) -> None:
        if left and (failure := left.pop(0)) is not None:
            raise failure

    return answer

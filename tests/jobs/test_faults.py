"""Thousands of messages through a network that fails in every way, and a mail server that is down for a day.

Nothing is lost, nothing is out of order for one recipient, and a message is there twice only where the
platform's answer was lost on its way to us.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby, pairwise
from pathlib import Path
from random import Random

import pytest

from bot.chat.notifier import Notifier
from bot.chat.replies import Card
from bot.chat.text import plain
from bot.core.notices.mail_addresses import Recipient
from bot.core.notices.notices import Destination
from bot.core.rights.actors import Platform
from bot.jobs.delivery import Delivery
from bot.platforms.mail.message import Sender
from bot.platforms.mail.notifier import MailNotifier
from bot.platforms.mail.smtp import Server, Smtp
from bot.platforms.slack import api
from bot.platforms.slack.installing.clients import OneClient
from bot.platforms.slack.notifier import SlackNotifier
from bot.platforms.slack.rendering.pictures import Pictures
from tests.jobs.delivering import channel, numbered, queue
from tests.matrices import Counts
from tests.servers.faults import Fault, FaultProxy
from tests.servers.mail.server import MailServer, mail_server
from tests.servers.slack.reading import text_of
from tests.servers.slack.server import BOT_TOKEN, SlackServer
from tests.servers.slack.workspace import TEAM
from tests.soak import size
from tests.world import START, World, deliver_due, open_world, sqlite_url

MESSAGES = size(400, 10_000)
PLACES = size(10, 50)
EACH = MESSAGES // PLACES // 2
# Soon after the start the mail server is gone for a day.
DOWN = START + timedelta(minutes=5)
UP = DOWN + timedelta(days=1)
STEP, LONG_STEP = timedelta(seconds=20), timedelta(hours=1)
PATIENCE = 0.3
# How many of a hundred connections meet each fault.
ODDS = {fault: 4 for fault in Fault if fault is not Fault.NONE}


@dataclass
class Weather:
    """Chooses each connection's fate."""

    world: World
    random: Random
    mail: bool = False

    def __call__(self) -> Fault:
        if self.mail and DOWN <= self.world.clock.now() < UP:
            return Fault.REFUSED
        return self.random.choices([Fault.NONE, *ODDS], [100 - sum(ODDS.values()), *ODDS.values()])[0]


@dataclass
class Hears:
    """A notifier that counts how often each message was reported to have arrived."""

    real: Notifier
    heard: Counter[str]

    async def post(self, to: Destination, card: Card, key: str = "") -> tuple[str, str] | None:
        place = await self.real.post(to, card, key)
        self.heard[f"{to} {plain(card.title)}"] += 1
        return place

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        raise NotImplementedError


def _mailbox(number: int) -> Destination:
    return Destination.by_mail(f"person:{number}")


async def _recipient(whom: str) -> Recipient:
    number = int(whom.partition(":")[2])
    return Recipient(f"p{number}@school{number % 5}.example.org")


def _faulty(right: list[int], shown: list[int]) -> tuple[int, int, int]:
    """Count messages that are lost, out of order, or doubled."""
    once = [number for number, _ in groupby(shown)]
    disordered = sum(earlier > later for earlier, later in pairwise(once))
    return len(set(right) - set(shown)), disordered, len(shown) - len(set(shown))


async def test_nothing_is_lost_and_nothing_is_out_of_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counts: Counts
) -> None:
    numbered(monkeypatch)
    monkeypatch.setattr(api, "TIMEOUT", PATIENCE)
    async with open_world(sqlite_url(tmp_path)) as world, SlackServer() as slack, mail_server() as mails:
        sky = FaultProxy(int(slack.origin.rpartition(":")[2]), Weather(world, Random(7)))
        sea = FaultProxy(mails.port, Weather(world, Random(8), mail=True), smtp=True)
        async with sky, sea:
            web = OneClient(api.client(BOT_TOKEN, f"http://127.0.0.1:{sky.address[1]}/api/"))
            smtp = Smtp(
                Server(*sea.address, "none", timeout=PATIENCE, hello="homeroom.example.org"),
                lambda: world.clock.now().timestamp(),
            )
            heard: Counter[str] = Counter()
            world.notifiers[Platform.SLACK] = Hears(SlackNotifier(web, Pictures(web)), heard)
            mailer = MailNotifier(smtp.send, _recipient, Sender("door@example.org"), world.clock)
            world.notifiers[Platform.EMAIL] = Hears(mailer, heard)
            rooms = [slack.workspace.channel(f"c{number}") for number in range(PLACES)]
            late = EACH // 2
            for part in (range(late), range(late, EACH)):
                for number, room in enumerate(rooms):
                    await queue(world, channel(TEAM, room.id), part)
                    await queue(world, _mailbox(number), part, f"email/{number % 5}")
                # The second half comes when mail has been down for hours.
                await _deliver(world, until=lambda: world.clock.now() > DOWN + timedelta(hours=2))
            await _deliver(world, until=lambda: False)
        dead = await world.database.read(lambda uow: uow.outbox.condition(uow.now).dead)
    right = list(range(EACH))
    posted = slack.workspace.messages
    shown = [[_number(text_of(one)) for one in posted if one.channel == room.id] for room in rooms]
    shown += [_mails(mails, number) for number in range(PLACES)]
    found = [_faulty(right, numbers) for numbers in shown]
    lost, disordered, doubled = (sum(one) for one in zip(*found, strict=True))
    counts.add("messages through a failing network", 2 * PLACES * EACH)
    counts.add("messages through a failing network: there twice, the answer being lost", doubled)
    for fault in ODDS:
        counts.add(f"faults met: {fault}", sky.done[fault] + sea.done[fault])
    assert (lost, disordered, dead) == (0, 0, 0)
    assert set(heard.values()) == {1}, "nothing is sent again once we have heard that it arrived"
    assert len(heard) == 2 * PLACES * EACH
    assert doubled
    assert all(sky.done[fault] and sea.done[fault] for fault in ODDS)
    assert world.clock.now() > UP


async def _deliver(world: World, until: Callable[[], bool]) -> None:
    """Let time pass until nothing waits."""
    delivery = Delivery(world.database, world.notifiers, world.clock)
    while await world.database.read(lambda uow: uow.outbox.count_waiting()) and not until():
        await deliver_due(delivery)
        world.clock.forward(LONG_STEP if DOWN <= world.clock.now() < UP else STEP)


def _number(text: str) -> int:
    return int("".join(one for one in text if one.isdigit()))


def _mails(server: MailServer, number: int) -> list[int]:
    to = f"p{number}@school{number % 5}.example.org"
    return [int(mail["Subject"]) for mail in server.taken if mail["To"] == to]

"""The process that does a deed and is killed in the middle of it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection

from bot.chat.actions import Action
from bot.core.messages import gathering as broadcast_gathering
from bot.core.notices import news
from bot.core.rights.actors import Caller, Platform
from bot.platforms.slack import api
from bot.platforms.slack.installing.clients import OneClient
from bot.platforms.slack.notifier import SlackNotifier
from bot.platforms.slack.rendering.pictures import Pictures
from tests.crash.points import Points, Watched, die, watch
from tests.servers.slack.server import BOT_TOKEN
from tests.world import World, delivered, open_world


@dataclass(frozen=True)
class Job:
    """What the process is to do (a person's action, the sweeps, delivery), and where it is to die."""

    url: str
    api_base: str
    at: datetime
    who: Caller
    does: Action | str | None
    kill_at: int = 0
    delay: float = 0.0


def run(job: Job, tell: "Connection[int, int]") -> None:
    """Do a job and send how many points it passed; if `kill_at` is set, die there, or else at the end."""
    # So that the recipients of a broadcast are stored in several units even though they are few.
    broadcast_gathering.FEW, broadcast_gathering.CHUNK = 0, 2
    asyncio.run(_run(job, tell))


async def _run(job: Job, tell: "Connection[int, int]") -> None:
    points = Points(job.kill_at, job.delay)
    client = api.client(BOT_TOKEN, job.api_base)
    client.session = api.session()
    clients = OneClient(client)
    async with client.session, open_world(job.url) as world:
        world.clock.at = job.at
        world.notifiers[Platform.SLACK] = Watched(SlackNotifier(clients, Pictures(clients)), points)
        watch(world.database, points)
        points.armed = True
        await _do(world, job)
        if job.kill_at:
            die()
        tell.send(points.passed)


async def _do(world: World, job: Job) -> None:
    # The platform delivers the same action again after the restart, with the same delivery id.
    match job.does:
        case Action() as action:
            await world.runner.act(action, job.who, delivery="told")
        case str(line):
            await delivered(world.runner, line, job.who, "told")
        case None:
            pass
    await world.sweep()
    await world.deliver()
    world.clock.forward(news.AFTER)  # when people are told what was done to them
    await world.deliver()

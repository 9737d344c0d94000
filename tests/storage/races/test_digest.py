"""Two replicas with different clocks look for due digests at once, on both databases."""

import asyncio
import random
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from bot.core.ports import UnitOfWork
from bot.core.requests import approving, digests
from bot.core.requests.join_requests import JoinRequest
from bot.core.schools.calendar import WEEK
from bot.core.schools.settings import SchoolSettings
from bot.core.stuck import ItemTracker
from bot.storage.database import open_database
from bot.storage.tables import dated_jobs
from bot.storage.unit_of_work import SqlUnitOfWork
from bot.storage.vault import Vault
from tests.chains import flaws
from tests.core.door import door_of, maple
from tests.storage import build
from tests.storage.rounds import ROUNDS, times
from tests.world import KEY, START, FakeClock, World, open_world

DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)


async def _someone_asks(world: World, school_id: str) -> None:
    def unit(uow: UnitOfWork) -> JoinRequest:
        school = uow.schools.by_id(school_id)
        assert school is not None
        return build.join_request(uow, school, build.person(uow))

    await world.database.run(unit)


async def test_two_replicas_send_each_digest_once(database_url: str) -> None:
    """The other replica's clock is up to a minute and a half ahead or behind."""
    dice, behind = random.Random(5), FakeClock()
    async with open_world(database_url) as world:
        door = door_of(world)
        await maple(door, 'approval:"by request"', invite=None)
        school = await door.school()
        await world.database.run(lambda uow: uow.settings.save(school.id, SchoolSettings(digest_days=WEEK)))
        other = await open_database(database_url, behind, Vault(KEY))
        for number in range(1, ROUNDS + 1):
            await _someone_asks(world, school.id)
            world.clock.at = START + number * DAY + 30 * SECOND
            behind.at = world.clock.at + dice.randint(-90, 90) * SECOND
            jobs = [
                one.run(partial(digests.send_due, tracker=ItemTracker())) for one in (world.database, other)
            ]
            dice.shuffle(jobs)
            await asyncio.gather(*jobs)
            last = await world.database.read(lambda uow: uow.digests.last(school.id))
            if last is None or last.day != world.clock.at.date():
                # Whose clock is behind has looked too early, and the other has found the school taken.
                world.clock.at += MINUTE
                await world.database.run(partial(digests.send_due, tracker=ItemTracker()))
        await other.close()
        assert (await door.audited()).count("digest.sent") == ROUNDS

        def unit(uow: UnitOfWork) -> int:
            assert isinstance(uow, SqlUnitOfWork)
            days = uow.members.connection.execute(select(dated_jobs.c.local_date)).scalars().all()
            assert len(set(days)) == len(days)
            return len(days)

        assert await world.database.read(unit) == ROUNDS
        assert await world.database.read(flaws) == {None}


async def test_approving_all_shown_twice_at_once_lets_everybody_in_once(world: World) -> None:
    door, dice = door_of(world), random.Random(7)
    await maple(door, 'approval:"by request"')
    school, code = await door.school(), await door.code()
    before, rounds = await door.audited(), times(20)
    for number in range(rounds):
        people = [f"p{number}x{which}" for which in range(5)]
        for person in people:
            await door.says(person, f"/join {code}")
        shown = await door.requests()
        all_shown = {"school": school.id, "shown": approving.pack(shown)}
        alone = dice.choice(shown)
        await asyncio.gather(
            door.clicks("ada", "request admit_all", **all_shown),
            door.clicks("omar", "request reject", request=alone.id),
            door.clicks("omar", "request admit_all", **all_shown),
        )
        assert await door.requests() == []
    # Each of five asked once, and was decided about once.
    assert len(await door.audited()) == len(before) + rounds * (5 + 5)

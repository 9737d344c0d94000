"""Two replicas read one district's folder, each with its own connections, on both databases."""

import asyncio
from datetime import timedelta
from itertools import chain, cycle, islice
from pathlib import Path

from bot.core.ids import new_id
from bot.core.oneroster.model import Count, RunState
from bot.core.schools.districts import District
from bot.storage.database import open_database
from bot.storage.vault import Vault
from tests.chains import flaws
from tests.core.oneroster.town import ALL, TEACH, Town, user
from tests.storage.rounds import times
from tests.world import KEY, START, FakeClock

DAY = timedelta(days=1)
# An odd number: on the last of them everybody is there.
NIGHTS = times(5) | 1


async def test_two_replicas_take_each_night_in_once(database_url: str, tmp_path: Path) -> None:
    clock = FakeClock()
    one, other = [await open_database(database_url, clock, Vault(KEY)) for _ in range(2)]
    town = Town(one, clock, tmp_path, District(new_id(START), "North", START))
    await town.open("2:30")
    twin = Town(other, clock, tmp_path, town.district, town.schools)
    without = (user("nia", enabled="false"), *ALL[1:])
    folders = [(ALL, TEACH), (ALL, TEACH[1:]), (without, TEACH[1:])]
    others = cycle([(without, TEACH[1:-1]), (without, TEACH[1:])])
    nights = []
    for users, roles in islice(chain(folders, others), NIGHTS):
        town.write(users, roles)
        clock.forward(DAY)
        await asyncio.gather(town.run_night(), twin.run_night(), town.run_night(), twin.run_night())
        nights.append((await town.runs())[0])
    assert len({run.id for run in nights}) == NIGHTS
    assert {run.state for run in nights} == {RunState.DONE}
    expected = [{Count.ADDED: 6}, {Count.REMOVED: 1, Count.SAME: 5}, {Count.SAME: 5}]
    again = cycle([{Count.REMOVED: 1, Count.SAME: 4}, {Count.ADDED: 1, Count.SAME: 4}])
    assert [run.outcome.counts for run in nights] == list(islice(chain(expected, again), NIGHTS))
    assert len(await town.people()) == 5
    assert await one.read(flaws) == {None}
    await one.close()
    await other.close()

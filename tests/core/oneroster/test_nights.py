"""Nightly runs happen once per local date, whatever clocks do, on any number of replicas."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.oneroster.model import Count, RunState, Trouble
from bot.storage.database import SqliteDatabase
from tests.core.oneroster.town import ALL, TEACH, Town, role, user
from tests.outbox import deliver_all
from tests.soak import size

HOUR = timedelta(hours=1)


async def _told(town: Town) -> int:
    """Return the number of cards that are due now."""
    return len(await town.run(deliver_all))


async def test_the_night_applies_by_itself(unopened: Town) -> None:
    town = unopened
    await town.open("2:30")
    town.write(ALL, TEACH)
    assert await town.run_night() == []
    town.clock.forward(24 * HOUR)
    (run,) = await town.run_night()
    assert (run.state, run.day) == (RunState.DONE, date(2026, 9, 2))
    assert len(await town.people()) == 6
    assert len(await town.run_night()) == 1


@pytest.mark.parametrize(("begins", "hours"), [("2026-10-24T12:00", 48), ("2026-03-28T12:00", 48)])
async def test_a_change_of_the_clocks_makes_no_second_night_and_leaves_none_out(
    unopened: Town, begins: str, hours: int
) -> None:
    town = unopened
    town.clock.at = datetime.fromisoformat(begins).replace(tzinfo=UTC)
    await town.open("2:30")
    town.write(ALL, TEACH)
    for _ in range(hours * 2):
        town.clock.forward(HOUR / 2)
        await town.run_night()
    days = [one.day for one in await town.runs() if one.day]
    assert len(days) == len(set(days)) == 2


async def test_a_clock_that_is_put_back_repeats_no_night(unopened: Town) -> None:
    town = unopened
    await town.open("2:30")
    town.write(ALL, TEACH)
    town.clock.forward(24 * HOUR)
    await town.run_night()
    town.clock.forward(-12 * HOUR)
    await town.run_night()
    town.clock.forward(12 * HOUR)
    assert len(await town.run_night()) == 1


async def test_trouble_is_told_once_and_told_again_when_it_is_another(unopened: Town) -> None:
    town = unopened
    await town.open("2:30")
    told = []
    for night in range(5):
        if night == 2:
            town.folder.mkdir()
        if night == 4:
            town.write(ALL, TEACH)
        town.clock.forward(24 * HOUR)
        (run, *_) = await town.run_night()
        told.append((run.state, run.outcome.trouble, await _told(town)))
    left = RunState.LEFT
    assert told == [
        (left, Trouble.NO_FOLDER, 1),
        (left, Trouble.NO_FOLDER, 0),
        (left, Trouble.NO_MANIFEST, 1),
        (left, Trouble.NO_MANIFEST, 0),
        (RunState.DONE, None, 1),
    ]


async def test_a_mass_removal_at_night_waits_for_an_admin(unopened: Town) -> None:
    town = unopened
    await town.open("2:30")
    town.write(ALL, TEACH)
    await town.sync()
    town.write(ALL[:1], TEACH[:1])
    town.clock.forward(24 * HOUR)
    (run, *_) = await town.run_night()
    assert (run.state, run.outcome.losing_access) == (RunState.GUARDED, 5)
    assert len(await town.people()) == 6
    done = await town.agree(run, 5)
    assert done.state is RunState.DONE
    assert len(await town.people()) == 1


async def test_two_replicas_do_a_night_once(unopened: Town) -> None:
    town = unopened
    await town.open("2:30")
    town.write(ALL, TEACH)
    town.clock.forward(24 * HOUR)
    await asyncio.gather(*(town.run_night() for _ in range(4)))
    (run,) = await town.runs()
    assert run.state is RunState.DONE
    found = await town.database.read(
        lambda uow: [one.entry.action for name in uow.audit.chains() for one in uow.audit.chain(name)]
    )
    assert found.count("oneroster.synced") == 1


async def test_a_whole_district_is_taken_in_and_stays(town: Town) -> None:
    """20,000 people with `make soak`, 1,000 of them in a usual run."""
    if not isinstance(town.database, SqliteDatabase):
        pytest.skip("the fakes are not made for so many")
    many = size(1_000, 20_000)
    names = [f"p{number}" for number in range(many)]
    town.write([user(one) for one in names], [role(one, "student") for one in names])
    first = await town.sync()
    assert (first.state, first.outcome.counts) == (RunState.DONE, {Count.ADDED: many})
    again = await town.sync()
    assert again.outcome.counts == {Count.SAME: many}

"""A front that fails is started again, after longer and longer waits, and its failures are counted."""

import asyncio

import pytest

from bot.jobs import supervising
from bot.jobs.supervising import Supervisor
from tests.patience import PATIENCE

TIMES = 1_100  # as in a day without a network; a wait of 2 to this power would overflow


async def test_failures_are_counted_until_it_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    supervisor, seen = Supervisor(), asyncio.Queue[int]()

    async def at_once(seconds: float) -> None:
        waits.append(seconds)

    async def front() -> None:
        seen.put_nowait(supervisor.failures["slack"])
        if seen.qsize() <= TIMES:
            raise OSError("no network")
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio, "sleep", at_once)
    monkeypatch.setattr(supervising, "_STEADY", 0.05)
    keeping = asyncio.create_task(supervisor.keep("slack", front))
    async with asyncio.timeout(PATIENCE):
        while supervisor.failures.get("slack") != 0 or seen.qsize() <= TIMES:
            await asyncio.wait({keeping}, timeout=0.01)
    assert [seen.get_nowait() for _ in range(TIMES + 1)] == list(range(TIMES + 1))
    assert waits == [1, 2, 4, 8, 16, 32, *[60] * (TIMES - 6)]
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping

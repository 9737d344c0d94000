"""The loop of the background workers."""

import asyncio
from typing import Any

import pytest

from bot.jobs.worker import Worker
from tests.patience import PATIENCE


class Failing(Worker):
    """A worker whose round waits, and then fails."""

    poll_seconds = 60.0

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.rounds = 0

    async def round(self) -> bool:
        self.rounds += 1
        self.begun.set()
        await self.go_on.wait()
        raise OSError("no connection")


async def test_a_round_that_fails_while_the_worker_is_stopped_still_lets_it_stop() -> None:
    worker = Failing()
    running = asyncio.create_task(worker.run())
    await worker.begun.wait()
    running.cancel()
    worker.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, PATIENCE)
    assert worker.rounds == 1


class Begins(Failing):
    """A worker whose round starts something that continues after it."""

    def __init__(self) -> None:
        super().__init__()
        self.begins: list[asyncio.Task[Any]] = []

    def under_way(self) -> list[asyncio.Task[Any]]:
        return self.begins

    async def round(self) -> bool:
        self.begun.set()
        self.begins = [asyncio.create_task(self.go_on.wait())]
        return False


async def test_a_worker_that_rests_is_told_to_stop_and_ends_after_what_it_began() -> None:
    worker = Begins()
    running = asyncio.create_task(worker.run())
    await worker.begun.wait()
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=0.05)
    assert not done
    assert worker.stopping
    worker.go_on.set()
    await asyncio.wait([running], timeout=PATIENCE)
    assert running.cancelled()


async def test_a_failed_round_does_not_end_the_worker() -> None:
    worker = Failing()
    worker.go_on.set()
    running = asyncio.create_task(worker.run())
    await worker.begun.wait()
    worker.begun.clear()
    worker.wake()
    await asyncio.wait_for(worker.begun.wait(), PATIENCE)
    running.cancel()
    await asyncio.wait([running])
    assert worker.rounds >= 2

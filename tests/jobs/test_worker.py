"""The loop of the background workers."""

import asyncio

import pytest

from bot.jobs.worker import Worker


class Failing(Worker):
    """A worker whose round fails when it is let go on."""

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
        await asyncio.wait_for(running, 5)
    assert worker.rounds == 1


async def test_a_failed_round_does_not_end_the_worker() -> None:
    worker = Failing()
    worker.go_on.set()
    running = asyncio.create_task(worker.run())
    await worker.begun.wait()
    worker.begun.clear()
    worker.wake()
    await asyncio.wait_for(worker.begun.wait(), 5)
    running.cancel()
    await asyncio.wait([running])
    assert worker.rounds >= 2

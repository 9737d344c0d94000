"""Work that goes on after Slack has its acknowledgement, and must be finished before the process ends."""

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from bot.chat import calls

T = TypeVar("T")
_log = logging.getLogger(__name__)


class InFlight:
    """Keeps hold of tasks until they are done; a task without a holder may vanish half-way."""

    def __init__(self) -> None:
        """Start with nothing to do."""
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start some work, which is one call with all that it starts; its failure is logged."""
        task = asyncio.create_task(work, context=calls.begun())
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def held(self, work: Awaitable[T]) -> T:
        """Wait for some work in the task that asks for it: until it is done, that task is ours too."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("Work is waited for in a task")
        calls.begin()
        self._tasks.add(task)
        try:
            return await work
        finally:
            self._tasks.discard(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("Work for Slack failed", exc_info=error)

    async def idle(self) -> None:
        """Wait until nothing is left to do."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def finish(self, seconds: float) -> None:
        """Wait until nothing is left to do, but no longer than that; what is left is cancelled."""
        try:
            async with asyncio.timeout(seconds):
                await self.idle()
        except TimeoutError:
            left = set(self._tasks)
            _log.warning("Slack: %d pieces of work were not finished in time", len(left))
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

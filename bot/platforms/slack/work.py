"""Work that goes on after Slack has its acknowledgement, and must be finished before the process ends."""

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from bot.chat import call_reference

T = TypeVar("T")
_log = logging.getLogger(__name__)


class InFlight:
    """Keeps hold of tasks until they are done; a task without a holder may vanish half-way."""

    def __init__(self) -> None:
        """Start with nothing to do."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._aside: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start some work, which is one call with all that it starts; its failure is logged."""
        return self._begin(work, self._tasks)

    def aside(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start some work that nobody loses by: it is not finished before the process ends."""
        return self._begin(work, self._aside)

    def _begin(self, work: Coroutine[Any, Any, T], among: set[asyncio.Task[Any]]) -> asyncio.Task[T]:
        task = asyncio.create_task(work, context=call_reference.task_context())
        among.add(task)
        task.add_done_callback(among.discard)
        task.add_done_callback(_report)
        return task

    async def held(self, work: Awaitable[T]) -> T:
        """Wait for some work in the task that asks for it: until it is done, that task is ours too."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("Work is waited for in a task")
        call_reference.begin()
        self._tasks.add(task)
        try:
            return await work
        finally:
            self._tasks.discard(task)

    async def idle(self) -> None:
        """Wait until nothing is left to do."""
        while left := self._tasks | self._aside:
            await asyncio.wait(left)

    async def finish(self, seconds: float) -> None:
        """Wait until nothing is left to finish, but no longer than that; what is left is cancelled."""
        try:
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(set(self._tasks))
        except TimeoutError:
            _log.warning("Slack: %d pieces of work were not finished in time", len(self._tasks))
            await _cancel(self._tasks)
        await _cancel(self._aside)


def _report(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("Work for Slack failed", exc_info=error)


async def _cancel(tasks: set[asyncio.Task[Any]]) -> None:
    left = set(tasks)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)

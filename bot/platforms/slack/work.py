"""Work that continues after Slack has its acknowledgement, and must finish before the process ends."""

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from bot.chat import call_reference

T = TypeVar("T")
_log = logging.getLogger(__name__)


class InFlight:
    """Holds references to running tasks, because asyncio may drop a task that nothing else refers to."""

    def __init__(self) -> None:
        """Start with no work."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._aside: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task for one call and everything that it starts; a failure is logged."""
        return self._begin(work, self._tasks)

    def spawn_disposable(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task that may be cancelled when the process ends."""
        return self._begin(work, self._aside)

    def _begin(self, work: Coroutine[Any, Any, T], among: set[asyncio.Task[Any]]) -> asyncio.Task[T]:
        task = asyncio.create_task(work, context=call_reference.task_context())
        among.add(task)
        task.add_done_callback(among.discard)
        task.add_done_callback(_report)
        return task

    async def tracked(self, work: Awaitable[T]) -> T:
        """Await some work in the current task, which counts as work under way until it is done."""
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
        """Wait until no work is left."""
        while left := self._tasks | self._aside:
            await asyncio.wait(left)

    async def finish(self, seconds: float) -> None:
        """Wait for all work but disposable work, for at most `seconds`; then cancel what is left."""
        try:
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(set(self._tasks))
        except TimeoutError:
            _log.warning("%d pieces of work for Slack were not finished in time", len(self._tasks))
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

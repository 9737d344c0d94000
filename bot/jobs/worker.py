"""The loop of every background worker: work while there is any, then rest until woken or time to poll."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any

from bot.jobs.failure_log import FailureLog

_log = logging.getLogger(__name__)


class Worker(ABC):
    """A background worker, which works in rounds; any number of replicas may run one."""

    # How often to look for work that was postponed or that other replicas queued; our own wakes the loop.
    poll_seconds: float

    def __init__(self) -> None:
        """Set up the state of the loop."""
        self._woken = asyncio.Event()
        self._failures = FailureLog(f"A round of {type(self).__name__}", _log)
        self.stopping = False

    def wake(self) -> None:
        """Make the worker look for work now."""
        self._woken.set()

    @abstractmethod
    async def round(self) -> bool:
        """Do some work; tell whether there was any."""

    def under_way(self) -> Collection[asyncio.Task[Any]]:
        """Return the tasks, besides a round, that must finish before the worker ends."""
        return ()

    async def run(self) -> None:
        """Work until cancelled; then set `stopping`, and wait for the round and tasks under way."""
        self.stopping = False
        a_round: asyncio.Task[bool] | None = None
        try:
            while True:
                self._woken.clear()
                a_round = asyncio.create_task(self.round())
                if not await self._went(a_round):
                    await self._rest()
        finally:
            self.stopping = True
            # The round first: it may still start tasks that must then be waited for.
            if a_round is not None:
                await asyncio.wait([a_round])
            if left := self.under_way():
                await asyncio.wait(left)

    async def _went(self, a_round: asyncio.Task[bool]) -> bool:
        try:
            found = await asyncio.shield(a_round)
        except Exception as broken:  # noqa: BLE001 - the loop must go on
            self._failures.failed(broken)
            return False
        self._failures.went_well()
        return found

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self.poll_seconds):
                await self._woken.wait()
        except TimeoutError:
            return

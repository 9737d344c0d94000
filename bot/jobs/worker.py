"""The loop that every background worker runs: work while there is some, rest, wake at once for own work."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any

from bot.jobs.failure_log import FailureLog

_log = logging.getLogger(__name__)


class Worker(ABC):
    """Something that does its work in rounds; any number of replicas may run one."""

    # How often other replicas' and postponed work is looked for; own work wakes the loop at once.
    poll_seconds: float

    def __init__(self) -> None:
        """Begin awake."""
        self._woken = asyncio.Event()
        self._failures = FailureLog(f"A round of {type(self).__name__}", _log)
        self.stopping = False

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    @abstractmethod
    async def round(self) -> bool:
        """Do some work; tell whether there was any."""

    def under_way(self) -> Collection[asyncio.Task[Any]]:
        """List what must be finished before the worker ends, besides a round."""
        return ()

    async def run(self) -> None:
        """Work until cancelled; what is under way is finished first, and `stopping` tells it so."""
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
            # However it ends, we are told to stop. A round may begin what is then under way.
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

"""The loop that every background worker runs: work while there is some, rest, wake at once for own work."""

import asyncio
import logging
from abc import ABC, abstractmethod

_log = logging.getLogger(__name__)


class Worker(ABC):
    """Something that does its work in rounds; any number of replicas may run one."""

    # How often other replicas' and postponed work is looked for; own work wakes the loop at once.
    poll_seconds: float

    def __init__(self) -> None:
        """Begin awake."""
        self._woken = asyncio.Event()
        self.stopping = False

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    @abstractmethod
    async def round(self) -> bool:
        """Do some work; tell whether there was any."""

    async def run(self) -> None:
        """Work until cancelled; a round under way is finished first, and `stopping` tells it so."""
        self.stopping = False
        while True:
            self._woken.clear()
            if not await self._one_round():
                await self._rest()

    async def _one_round(self) -> bool:
        under_way = asyncio.ensure_future(self.round())
        try:
            return await asyncio.shield(under_way)
        except asyncio.CancelledError:
            self.stopping = True
            await asyncio.wait([under_way])  # however it ends, we are told to stop
            raise
        except Exception:  # noqa: BLE001 - the loop must go on
            _log.exception("A round of %s failed", type(self).__name__)
            return False

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self.poll_seconds):
                await self._woken.wait()
        except TimeoutError:
            return

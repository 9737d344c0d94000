"""Restarts fronts that fail, and counts the failures of each."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

_log = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT, _DOUBLINGS = 1.0, 60.0, 6
# After running for this many seconds, a front is no longer regarded as failing.
_STEADY = 60.0


class Supervisor:
    """Runs fronts: one that fails is logged and restarted after a while, and the others go on."""

    def __init__(self) -> None:
        """Start without any front."""
        self.failures: dict[str, int] = {}

    async def keep(self, name: str, front: Callable[[], Awaitable[None]]) -> None:
        """Keep a front running; `failures` counts how often it has failed in a row."""
        loop = asyncio.get_running_loop()
        self.failures[name] = 0
        while True:
            steady = loop.call_later(_STEADY, self.failures.__setitem__, name, 0)
            try:
                await front()
                _log.warning("The front %s ended", name)
            except Exception as failure:  # noqa: BLE001 - whatever went wrong, the other fronts go on
                _log.error("The front %s failed: %s: %s", name, type(failure).__name__, failure)
            finally:
                steady.cancel()
            wait = min(_FIRST_WAIT * 2 ** min(self.failures[name], _DOUBLINGS), _LONGEST_WAIT)
            self.failures[name] += 1
            _log.info("The front %s is restarted in %.0f s", name, wait)
            await asyncio.sleep(wait)

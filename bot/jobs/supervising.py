"""Keeps fronts running, and counts how often each has failed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

_log = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT, _DOUBLINGS = 1.0, 60.0, 6
# Whatever has run for so long is not failing any more.
_STEADY = 60.0


class Supervisor:
    """A front that fails is reported and tried again, and stops nobody else."""

    def __init__(self) -> None:
        """Begin with no front."""
        self.failures: dict[str, int] = {}

    async def keep(self, name: str, front: Callable[[], Awaitable[None]]) -> None:
        """Keep a front running; `failures` has how often it has failed since it last ran on."""
        loop = asyncio.get_running_loop()
        self.failures[name] = 0
        while True:
            steady = loop.call_later(_STEADY, self.failures.__setitem__, name, 0)
            try:
                await front()
                _log.warning("The front %s ended", name)
            except Exception as failure:  # noqa: BLE001 - whatever it is, the other fronts go on
                _log.error("The front %s failed: %s: %s", name, type(failure).__name__, failure)
            finally:
                steady.cancel()
            wait = min(_FIRST_WAIT * 2 ** min(self.failures[name], _DOUBLINGS), _LONGEST_WAIT)
            self.failures[name] += 1
            _log.info("The front %s is tried again in %.0f s", name, wait)
            await asyncio.sleep(wait)

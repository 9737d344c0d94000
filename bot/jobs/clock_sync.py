"""Synchronizes this replica's clock with the database's, so that the clocks of all replicas agree."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

_log = logging.getLogger(__name__)
# How often the database is asked for the time, and how long its answer is waited for.
EVERY_SECONDS, _WITHIN_SECONDS = 10.0, 5.0
# A larger difference is logged: signatures of platforms and providers are checked by the machine's own clock.
_MOST = timedelta(seconds=5)


class ClockSync:
    """Asks the database for the time, and logs once that this machine's clock is wrong."""

    def __init__(self, ask: Callable[[], Awaitable[None]], off_by: Callable[[], timedelta]) -> None:
        """Take `ask`, which sets the shared clock, and `off_by`: how far it is ahead of the machine's."""
        self._ask = ask
        self._off_by = off_by
        self._wrong = False

    async def run(self) -> None:
        """Synchronize the clock regularly until cancelled."""
        while True:
            await self.sync()
            await asyncio.sleep(EVERY_SECONDS)

    async def sync(self) -> None:
        """Synchronize the clock; if the database does not answer, it runs on with its last correction."""
        try:
            async with asyncio.timeout(_WITHIN_SECONDS):
                await self._ask()
        except Exception as broken:  # noqa: BLE001 - whatever needs the database reports that it is away
            _log.debug("The database did not tell the time: %s", type(broken).__name__)
        off = self._off_by()
        wrong = abs(off) > _MOST
        if wrong and not self._wrong:
            side = "behind" if off > timedelta() else "ahead of"
            told = "This machine's clock is %.0f s %s the database's, which Homeroom uses"
            _log.warning(told, abs(off).total_seconds(), side)
        self._wrong = wrong

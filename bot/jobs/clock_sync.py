"""Keeps the clock of this replica by the database's, so that no two differ by more than a moment."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

_log = logging.getLogger(__name__)
# How often the database is asked for the time, and for how long.
EVERY_SECONDS, _WITHIN_SECONDS = 10.0, 5.0
# What platforms and providers sign goes by this machine's clock.
_MOST = timedelta(seconds=5)


class ClockSync:
    """Asks the database for the time; says once that this machine's clock is wrong."""

    def __init__(self, ask: Callable[[], Awaitable[None]], off_by: Callable[[], timedelta]) -> None:
        """`ask` sets the clock by the database's; `off_by` tells how far that is ahead of this machine's."""
        self._ask = ask
        self._off_by = off_by
        self._wrong = False

    async def run(self) -> None:
        """Keep the clock until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Ask once. While the database does not answer, the clock runs on by itself."""
        try:
            async with asyncio.timeout(_WITHIN_SECONDS):
                await self._ask()
        except Exception as broken:  # noqa: BLE001 - what needs the database tells of it
            _log.debug("The database did not say the time: %s", type(broken).__name__)
        off = self._off_by()
        wrong = abs(off) > _MOST
        if wrong and not self._wrong:
            side = "behind" if off > timedelta() else "ahead of"
            told = "This machine's clock is %.0f s %s the database's, which Homeroom goes by"
            _log.warning(told, abs(off).total_seconds(), side)
        self._wrong = wrong

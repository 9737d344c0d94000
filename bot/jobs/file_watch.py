"""Watches the file of an SQLite database: SQLite itself does not notice that it was deleted or replaced."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

_log = logging.getLogger(__name__)
EVERY_SECONDS = 5.0
# After so many looks it is told again.
_TELL_EVERY = 12


class FileWatch:
    """Looks at the database's file every few seconds; if it is lost, says so and saves what it held."""

    def __init__(self, look: Callable[[], str], rescue: Callable[[], Awaitable[Path | None]]) -> None:
        """Take `look`, which returns what happened to the file, empty if nothing did, and `rescue`.

        `rescue` copies the open database to a new file; it returns None if that is not whole any more.
        """
        self._look = look
        self._rescue = rescue
        # How often the file was found lost, and what to do about it.
        self._times, self._advice = 0, ""

    async def run(self) -> None:
        """Look at the file regularly until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Look at the file; if it is lost, log it, and again every minute, among all that fails then."""
        loss = await asyncio.to_thread(self._look)
        if not loss:
            if self._times:
                _log.warning("The database's file is back, and is written to again")
            self._times = 0
            return
        if not self._times:
            self._advice = await self._saved()
        if not self._times % _TELL_EVERY:
            told = "The database was lost while Homeroom runs: %s. Nothing is written any more. %s"
            _log.critical(told, loss, self._advice)
        self._times += 1

    async def _saved(self) -> str:
        """Save what the database held, and return what to do."""
        try:
            saved = await self._rescue()
        except Exception as broken:  # noqa: BLE001 - whatever went wrong, the operator must know
            return f"What it held is only in this process now, and could not be saved: {broken}"
        if saved is None:
            return "Stop Homeroom, and type: homeroom restore BACKUP --force"
        return (
            f"What it held is saved in {saved}. Stop Homeroom. Then put the file back, or type: homeroom "
            f"restore {saved} (with --force if there is another file in its place)"
        )

"""Watches the file of an SQLite database: SQLite itself does not notice that it was deleted or replaced."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

_log = logging.getLogger(__name__)
EVERY_SECONDS = 5.0


class FileWatch:
    """Looks at the database's file every few seconds; if it is lost, says so and saves what it held."""

    def __init__(self, look: Callable[[], str], rescue: Callable[[], Awaitable[Path | None]]) -> None:
        """Take `look`, which returns what happened to the file, empty if nothing did, and `rescue`.

        `rescue` copies the open database to a new file; it returns None if that is not whole any more.
        """
        self._look = look
        self._rescue = rescue
        self._lost = False

    async def run(self) -> None:
        """Look at the file regularly until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Look at the file; log it once if it is lost, and once if it is back."""
        loss = await asyncio.to_thread(self._look)
        if loss and not self._lost:
            _log.critical("The database was lost while Homeroom runs: %s. Nothing is written any more", loss)
            await self._save()
        elif self._lost and not loss:
            _log.warning("The database's file is back, and is written to again")
        self._lost = bool(loss)

    async def _save(self) -> None:
        try:
            saved = await self._rescue()
        except Exception as broken:  # noqa: BLE001 - whatever went wrong, the operator must know
            _log.critical(
                "What the database held is only in this process now, and could not be saved: %s", broken
            )
            return
        if saved is None:
            _log.critical("Stop Homeroom, and type: homeroom restore BACKUP --force")
            return
        _log.critical(
            "What the database held is saved in %s. Stop Homeroom. Then put the file back, or type: homeroom "
            "restore %s (with --force if there is another file in its place)",
            saved,
            saved,
        )

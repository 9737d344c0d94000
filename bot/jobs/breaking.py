"""Puts off an item that failed in a sweep or worker, so that it does not hold up the others."""

import logging
from functools import partial

from bot.chat.ports import Database
from bot.core import stuck
from bot.core.stuck import TrackedItem

_log = logging.getLogger(__name__)


async def put_off(database: Database, item: TrackedItem, broken: Exception) -> None:
    """Put off an item that failed, and log the failure."""
    how = await database.run(partial(stuck.put_off, item=item, error=type(broken).__name__))
    told = {"thing": str(item), "tries": how.tries, "try_at": how.try_at.isoformat()}
    _log.error("A piece of work failed, and is retried later", exc_info=broken, extra=told)

"""The sweep that adds newcomers to the index of name parts, many at a time.

Until it has, searches read newcomers one by one, so they are found from the start. Indexing each of them at
once would cost about as much as everything else that is stored of them.
"""

from bot.core.ports import UnitOfWork
from bot.core.stuck import ItemTracker

_AT_ONCE = 500


def index_newcomers(uow: UnitOfWork, _: ItemTracker) -> int:
    """Add a batch of newcomers to the index; return how many were added."""
    return uow.name_parts.index_newcomers(_AT_ONCE)

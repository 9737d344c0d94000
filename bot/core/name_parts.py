"""Who came lately is taken into the index of parts of names a little later, many at a time.

Until then a search reads newcomers one by one, so it finds them at once. To take each in as they come would
cost about as much as all else that is stored of them.
"""

from bot.core.ports import UnitOfWork
from bot.core.stuck import ItemTracker

_AT_ONCE = 500


def take_in(uow: UnitOfWork, _: ItemTracker) -> int:
    """Take newcomers into the index; return how many there were."""
    return uow.name_parts.take_in(_AT_ONCE)

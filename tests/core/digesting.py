"""A school whose mornings bring digests, for tests: time passes, the sweep looks, what is queued is read."""

from datetime import datetime, timedelta
from functools import partial

from bot.core import digests
from bot.core.notices import Notice
from bot.core.stuck import ItemTracker
from tests.core.door import Door, maple
from tests.outbox import deliver_all

BY_REQUEST = 'approval:"by request"'
# Half a minute after the time, as a sweep may be.
LATE = timedelta(seconds=30)


async def look(door: Door) -> int:
    """Let the sweep do all that is due; tell how many schools it looked at."""
    looked = 0
    while fresh := await door.database.run(partial(digests.send_due, tracker=ItemTracker())):
        looked += fresh
    return looked


async def school_with_channel(door: Door, *people: str) -> None:
    """Make a school with an approvals channel, where people wait."""
    await maple(door, BY_REQUEST)
    await door.says("ada", "/school approvals channel:approvals")
    await ask(door, *people)


async def ask(door: Door, *people: str) -> None:
    """Let people ask to join."""
    code = await door.code()
    for person in people:
        await door.says(person, f"/join {code}")


async def queued(door: Door) -> list[Notice]:
    """Take all that is to be told now."""

    return await door.database.run(deliver_all)


async def digests_queued(door: Door) -> list[str]:
    """Look, and take all that is queued; return where digests go."""
    await look(door)
    taken = await queued(door)
    return sorted(str(one.to) for one in taken if one.subject.startswith("digest:") and not one.copy_id)


def set_clock(door: Door, at: datetime) -> None:
    """Set the clock shortly after a moment."""
    door.clock.at = at + LATE

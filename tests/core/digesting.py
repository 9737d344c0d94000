"""Helpers for tests of digests: set the clock, run the sweep, and read what it has queued."""

from datetime import datetime, timedelta
from functools import partial

from bot.core.notices.notices import Notice
from bot.core.requests import digests
from bot.core.stuck import ItemTracker
from tests.core.door import Door, maple
from tests.outbox import deliver_all

BY_REQUEST = 'approval:"by request"'
# The sweep may be as late as half a minute.
LATE = timedelta(seconds=30)


async def look(door: Door) -> int:
    """Run the sweep until nothing is due; return how many schools it has checked."""
    looked = 0
    while fresh := await door.database.run(partial(digests.send_due, tracker=ItemTracker())):
        looked += fresh
    return looked


async def school_with_channel(door: Door, *people: str) -> None:
    """Make a school with an approvals channel, and let people ask to join."""
    await maple(door, BY_REQUEST)
    await door.says("ada", "/school approvals channel:approvals")
    await ask(door, *people)


async def ask(door: Door, *people: str) -> None:
    """Let people ask to join by the newest code."""
    code = await door.code()
    for person in people:
        await door.says(person, f"/join {code}")


async def queued(door: Door) -> list[Notice]:
    """Take all notices that are due, as delivered."""

    return await door.database.run(deliver_all)


async def digests_queued(door: Door) -> list[str]:
    """Run the sweep, and take all that is queued; return the places to which digests go."""
    await look(door)
    taken = await queued(door)
    return sorted(str(one.to) for one in taken if one.subject.startswith("digest:") and not one.copy_id)


def set_clock(door: Door, at: datetime) -> None:
    """Set the clock to half a minute after a moment."""
    door.clock.at = at + LATE

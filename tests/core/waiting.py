"""Join requests in tests, and the notices about them."""

from datetime import timedelta

from bot.core.notices.notices import Audience, Notice
from bot.core.requests import clock as request_clock
from bot.core.requests import join_requests
from bot.jobs.sweeps import Sweep, sweep
from tests.core.door import Door, heard, maple
from tests.outbox import deliver_all

WAITING = Sweep("waiting requests", 60, request_clock.sweep, kind=join_requests.KIND)
BY_REQUEST = 'approval:"by request"'


async def asked(door: Door, *people: str, settings: str = "") -> list[str]:
    """Make a school, and let people ask to join by a code; return the ids of their requests."""
    await maple(door, BY_REQUEST, *([settings] if settings else []))
    code = await door.code()
    for person in people:
        assert "is waiting" in heard(await door.says(person, f"/join {code}"))
    return [request.id for request in await door.requests()]


async def queued(door: Door) -> list[Notice]:
    """Take all notices that are due, as delivered."""

    return await door.database.run(deliver_all)


async def lapse(door: Door, days: int = 31) -> None:
    """Let so many days pass, then those until the reminder, if it is a weekend, and those after it."""
    for span in (days, 2, 2):
        door.clock.forward(timedelta(days=span))
        await sweep(door.database, WAITING)


def whom(notices: list[Notice]) -> list[tuple[Audience, str]]:
    return sorted((notice.audience, str(notice.to)) for notice in notices)

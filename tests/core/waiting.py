"""People who ask to join, in tests, and who is told of it."""

from bot.core.notices import Audience, Notice
from tests.core.door import Door, heard, maple
from tests.outbox import deliver_all

BY_REQUEST = 'approval:"by request"'


async def asked(door: Door, *people: str, settings: str = "") -> list[str]:
    """Let people ask by a code; return their requests' ids."""
    await maple(door, BY_REQUEST, *([settings] if settings else []))
    code = await door.code()
    for person in people:
        assert "is waiting" in heard(await door.says(person, f"/join {code}"))
    return [request.id for request in await door.requests()]


async def queued(door: Door) -> list[Notice]:
    """Take all that is to be told now."""

    return await door.database.run(deliver_all)


def whom(notices: list[Notice]) -> list[tuple[Audience, str]]:
    return sorted((notice.audience, str(notice.to)) for notice in notices)

"""Views of an invitation page: counted once, not for strangers, and at a limited rate."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from bot.core.errors import NotFound
from bot.core.ids import new_token
from bot.core.invitations import page_views
from bot.core.invitations.invitations import Invitation
from bot.core.joining_errors import TooManyMisses
from tests.core.door import Door, maple

FIRST, SECOND = "a" * 32, "b" * 32
HERE = "203.0.113.9"


async def tell(door: Door, token: str, opening: str = FIRST, address: str = HERE) -> bool:
    unit = partial(page_views.record, token=token, opening=opening, address=address)
    return await door.database.run(unit)


async def _made(door: Door, line: str = "/invite create") -> Invitation:
    await maple(door, invite=None)
    await door.says("ada", line)
    return (await door.invitations())[0]


async def _opened(door: Door) -> tuple[datetime | None, int]:
    found = (await door.invitations())[0]
    return found.opened_at, found.openings


async def test_an_opening_counts_once_however_often_it_is_told(door: Door) -> None:
    made = await _made(door)
    at = door.clock.now()
    assert await tell(door, made.token)
    door.clock.forward(timedelta(hours=1))
    assert not await tell(door, made.token)
    assert await _opened(door) == (at, 1)
    assert await tell(door, made.token, SECOND)
    assert await _opened(door) == (at, 2)


async def test_the_same_number_on_another_page_is_another_opening(door: Door) -> None:
    made = await _made(door)
    await door.says("ada", "/invite create")
    assert await tell(door, made.token)
    assert await tell(door, (await door.invitations())[0].token)


async def test_an_invitation_for_one_person_is_opened_by_whoever_has_its_link(door: Door) -> None:
    made = await _made(door, "/invite person to:nia@example.org roles:Viewer")
    assert await tell(door, made.token)
    assert (await _opened(door))[1] == 1


async def test_what_leads_to_nothing_is_not_opened(door: Door) -> None:
    made = await _made(door)
    await door.clicks("ada", "invite revoke", invitation=made.id)
    before = await door.tables()
    for token in (made.token, new_token()):
        with pytest.raises(NotFound):
            await tell(door, token)
    assert await door.tables() == before


async def test_an_address_tells_of_so_many_a_minute(door: Door) -> None:
    made = await _made(door)
    for number in range(page_views.PACE.misses):
        assert await tell(door, made.token, f"{number:032x}")
    with pytest.raises(TooManyMisses):
        await tell(door, made.token, SECOND)
    assert (await _opened(door))[1] == page_views.PACE.misses
    assert await tell(door, made.token, SECOND, address="203.0.113.10")
    door.clock.forward(timedelta(minutes=1))
    assert await tell(door, made.token, "c" * 32)


async def test_openings_are_no_misses(door: Door) -> None:
    """People who open many pages may still type a code, and do not trigger the brake on guessing."""
    made = await _made(door)
    for number in range(30):
        await tell(door, made.token, f"{number:032x}")
    counted = await door.database.read(
        lambda uow: uow.misses.nth_newest({f"address {HERE}": 1, "everyone": 1})
    )
    assert counted == {}


async def test_an_opening_is_no_deed(door: Door) -> None:
    made = await _made(door)
    before = await door.audited()
    await tell(door, made.token)
    assert await door.audited() == before

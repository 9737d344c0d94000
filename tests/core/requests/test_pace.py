"""Nobody fills the chats of those who decide by asking and withdrawing, again and again."""

import pytest

from bot.core.notices.notices import Audience
from bot.core.requests import pace
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA
from tests.outbox import deliver_all

JOIN = '/join school:"Maple Grove"'


async def _asks(door: Door) -> str:
    """Let Eve ask, and withdraw if that was possible; return the first line of the answer."""
    said = heard(await door.says("eve", JOIN))
    for one in await door.requests():
        await door.clicks("eve", "request withdraw", request=one.id)
    return said.split("\n")[0]


async def _told(door: Door) -> int:
    told = await door.database.run(deliver_all)
    return sum(one.audience is Audience.APPROVER and one.copy_id is None for one in told)


@pytest.mark.parametrize("erases", [False, True], ids=["and stays", "and becomes a stranger"])
async def test_after_some_requests_in_a_row_the_next_one_waits(door: Door, erases: bool) -> None:
    await maple(door, 'access:public approval:"by request"')
    await _told(door)
    for _ in range(pace.MOST.misses):
        assert "is waiting" in await _asks(door)
        if erases:
            assert not (await door.says("eve", "/account erase sure:yes")).refused
    told = await _told(door)
    assert "too often" in await _asks(door)
    assert (told > 0, await _told(door)) == (True, 0)
    assert "is waiting" in heard(await door.says("nia", JOIN)), "others are not stopped"
    door.clock.forward(pace.MOST.within)
    assert "is waiting" in await _asks(door)


async def test_each_school_is_asked_for_itself(door: Door) -> None:
    await maple(door, 'access:public approval:"by request"')
    for _ in range(pace.MOST.misses):
        await _asks(door)
    await door.says(ADA, '/school create "Oak Hill" access:public approval:"by request"')
    said = [heard(await door.says("eve", f'/join school:"{one}"')) for one in ("Maple Grove", "Oak Hill")]
    assert ("too often" in said[0], "is waiting" in said[1]) == (True, True)

"""Taking back a rejection."""

import pytest

from tests.core.door import Door, heard, maple
from tests.world import caller

ADA = caller("ada", administers=True)


async def _turned_away(door: Door) -> None:
    await maple(door)
    await door.says(ADA, '/school edit approval:"by request"')
    await door.says("nia", f"/join {await door.code()}")
    await door.says(ADA, "/request reject nia reason:Full")


async def test_who_waits_again_can_be_decided_about_once_more(door: Door) -> None:
    await _turned_away(door)
    before = await door.audited()
    assert not (await door.says("omar", "/request reopen nia")).refused
    assert await door.audited() == [*before, "join_request.reopened"]
    assert "Nothing was changed" in heard(await door.says(ADA, "/request reopen nia"))
    (waiting,) = await door.requests()
    assert waiting.reason == ""
    await door.says(ADA, "/request approve nia")
    assert (await door.members())["Nia"] == "active"
    assert "Nothing was changed" in heard(await door.says(ADA, "/request reopen nia"))


@pytest.mark.parametrize("verb", ["suspend", "archive"])
async def test_who_is_kept_out_besides_waits_for_nothing(door: Door, verb: str) -> None:
    await _turned_away(door)
    await door.says(ADA, f"/member {verb} nia")
    before = await door.tables()
    assert "approving the request would not let them in" in heard(await door.says(ADA, "/request reopen nia"))
    assert await door.tables() == before


async def test_nobody_takes_back_what_they_were_told_themselves(door: Door) -> None:
    await _turned_away(door)
    before = await door.tables()
    (request,) = await door.requests(None)
    assert (await door.clicks("nia", "request reopen", request=request.id)).refused
    assert await door.tables() == before

"""Taking back a rejection."""

import pytest

from bot.core.people import members
from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.values import replace
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
async def test_a_rejected_request_of_a_barred_member_cannot_be_reopened(door: Door, verb: str) -> None:
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


async def test_not_even_an_admin_of_the_district_reopens_their_own_request(door: Door) -> None:
    await _turned_away(door)
    await door.says("root", "/district create North")
    await door.says("root", '/district grant person:nia role:"District Admin" district:North')
    await door.says("root", '/school move school:"Maple Grove" district:North')
    (request,) = await door.requests(None)
    before = await door.tables()
    said = await door.clicks("nia", "request reopen", request=request.id)
    assert "own request" in heard(said)
    assert await door.tables() == before


async def test_a_rejection_that_somebody_else_has_just_ended_is_not_reopened(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _turned_away(door)
    usual = members.await_approval

    def too_late(uow: UnitOfWork, school_id: str, person_id: str, former: Membership) -> bool:
        assert uow.members.change_standing(
            replace(former, standing=Standing.PENDING), expected=former.standing
        )
        return usual(uow, school_id, person_id, former)

    before = await door.tables()
    monkeypatch.setattr(members, "await_approval", too_late)
    assert (await door.says(ADA, "/request reopen nia")).refused
    assert await door.tables() == before

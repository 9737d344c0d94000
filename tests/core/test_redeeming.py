"""A code whose last use is taken in the very moment in which it is redeemed."""

import pytest

from bot.storage.invitations import SqlInvitations
from tests.core.door import Door, heard, maple
from tests.fakes.door import FakeInvitations


async def test_whoever_is_never_fast_enough_is_refused_and_nothing_happens(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others lock and unlock it, or take and free its uses, as often as it is looked at."""
    await maple(door)
    code = await door.code()
    looks = 0

    def too_late(*_: object) -> bool:
        nonlocal looks
        looks += 1
        return False

    for kind in (SqlInvitations, FakeInvitations):
        monkeypatch.setattr(kind, "take_use", too_late)
    before = await door.known()
    told = heard(await door.says("nia", f"/join {code}"))
    assert told.startswith("That invitation cannot be used.")
    assert 1 < looks < 10
    assert await door.known() == before


async def test_a_code_that_is_used_up_meanwhile_is_looked_at_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple(door, invite=None)
    assert not (await door.says("ada", "/school joining late_codes:yes")).refused
    await door.says("ada", "/invite create uses:1")
    code = await door.code()

    for kind in (SqlInvitations, FakeInvitations):
        real = kind.take_use

        def late(self, invitation_id, now, real=real):
            real(self, invitation_id, now)
            return False

        monkeypatch.setattr(kind, "take_use", late)
    told = heard(await door.says("nia", f"/join {code}"))
    assert "is waiting" in told, "a request instead, since it came too late"
    (request,) = await door.requests()
    assert request.late == "used up"

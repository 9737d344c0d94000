"""An invitation follows a corrected address only if whoever corrects it could have made the invitation."""

from datetime import timedelta

import pytest

from tests.core.door import Door, heard, maple
from tests.core.invited import ADA

CLERK = '/role create name:Clerk permissions:"member.read, member.edit, invitation.create, role.grant"'


async def _addresses(door: Door) -> list[str]:
    return [one.to.email for one in await door.invitations() if one.to]


@pytest.mark.parametrize(("role", "follows"), [("Clerk", True), ("School Admin", False)])
async def test_it_follows_within_the_grant_ceiling(door: Door, role: str, *, follows: bool) -> None:
    await maple(door, invite=None)
    await door.says(ADA, CLERK)
    await door.says(ADA, "/invite create role:Clerk")
    await door.says("nora", f"/join {await door.code()}")
    made = await door.says(ADA, f'/invite person to:nia@exampel.org name:Nia roles:"{role}"')
    assert not made.refused
    told = await door.says("nora", "/member edit person:nia@exampel.org email:nia@example.org")
    assert not told.refused, heard(told)
    assert await _addresses(door) == ["nia@example.org" if follows else "nia@exampel.org"]


async def test_whoever_was_invited_and_did_not_come_is_not_added_a_second_time(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person to:rosa@example.org name:Rosa expires:3d")
    line = "/member create email:rosa@example.org first_name:Rosa last_name:Diaz"
    assert "already have an invitation waiting" in heard(await door.says(ADA, line))
    door.clock.forward(timedelta(days=4))
    assert "Somebody already has that e-mail address" in heard(await door.says(ADA, line))

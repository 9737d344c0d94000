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


async def test_it_does_not_follow_whoever_may_only_edit_people(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, '/role create name:Editor permissions:"member.read, member.edit"')
    await door.says(ADA, "/invite create role:Editor")
    await door.says("nora", f"/join {await door.code()}")
    assert not (await door.says(ADA, "/invite person to:nia@exampel.org name:Nia")).refused
    told = await door.says("nora", "/member edit person:nia@exampel.org email:nia@example.org")
    assert not told.refused, heard(told)
    assert await _addresses(door) == ["nia@exampel.org"]


async def test_whoever_was_invited_and_did_not_come_is_not_added_a_second_time(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person to:rosa@example.org name:Rosa expires:3d")
    line = "/member create email:rosa@example.org first_name:Rosa last_name:Diaz"
    assert "already have an invitation waiting" in heard(await door.says(ADA, line))
    door.clock.forward(timedelta(days=4))
    assert "Somebody already has that e-mail address" in heard(await door.says(ADA, line))


@pytest.mark.parametrize("known", [True, False])
async def test_an_address_that_is_taken_away_is_not_kept_by_an_invitation(door: Door, *, known: bool) -> None:
    """Whether the person was added with it, or only their invitation knows it."""
    await maple(door, invite=None)
    if known:
        line = "/member create email:nia@exampel.org first_name:Nia last_name:Okafor invite:later"
    else:
        line = '/invite person to:nia@exampel.org name:"Nia Okafor"'
    assert not (await door.says(ADA, line)).refused
    told = await door.says(ADA, '/member edit person:"Nia Okafor" email:none')
    assert not told.refused, heard(told)
    assert "nia@exampel.org" not in heard(told) + heard(await door.says(ADA, "/member list"))
    assert await _addresses(door) == [""]
    assert (await door.audited()).count("invitation.cleared") == 1
    assert "Nothing was changed" in heard(await door.says(ADA, '/member edit person:"Nia Okafor" email:none'))
    assert not (await door.says(ADA, "/invite person to:nia@example.org name:Nia")).refused


async def test_an_address_that_is_taken_away_leaves_invitations_that_have_ended_too(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, '/invite person to:nia@exampel.org name:"Nia Okafor"')
    await door.clicks(ADA, "invite clear", invitation=(await door.invitations())[0].code)
    assert not (await door.says(ADA, '/member edit person:"Nia Okafor" email:none')).refused
    assert await _addresses(door) == [""]
    assert (await door.audited())[-2:].count("invitation.readdressed") == 1
    assert (await door.audited()).count("invitation.cleared") == 1


async def test_taking_an_address_away_ends_only_what_one_may_revoke(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, '/role create name:Clerk permissions:"member.read, member.edit"')
    await door.says(ADA, "/invite create role:Clerk")
    await door.says("nora", f"/join {await door.code()}")
    await door.says(ADA, "/member create email:nia@example.org first_name:Nia last_name:Okafor invite:later")
    told = await door.says("nora", '/member edit person:"Nia Okafor" email:none')
    assert told.refused
    assert await _addresses(door) == ["nia@example.org"]


async def test_the_same_address_again_leaves_what_was_sent_to_it(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person to:nia@example.org name:Nia")
    await door.clicks(ADA, "invite send", invitation=(await door.invitations())[0].code)
    before = (await door.invitations())[0]
    told = await door.says(
        ADA, "/member edit person:Nia email:Nia@example.org first_name:Nia last_name:Okafor"
    )
    assert not told.refused
    after = (await door.invitations())[0]
    assert after == before

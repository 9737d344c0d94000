"""Archiving and restoring members, with a choice of the standing and the access that they have then."""

import pytest

from tests.core.door import Door, heard, maple
from tests.world import caller

ADA = caller("ada", administers=True)


async def _clerk(door: Door) -> None:
    """Give Leo the right to archive people, but not to suspend them or to decide requests."""
    await maple(door)
    await door.says("leo", f"/join {await door.code()}")
    made = await door.says(ADA, '/role create name:Clerk permissions:"member.read, member.archive"')
    assert not made.refused
    assert "Clerk" in heard(await door.says(ADA, "/member roles leo roles:Clerk"))


@pytest.mark.parametrize(
    ("line", "lacks"),
    [
        ("/member archive nia suspended:yes", "You may not suspend and reinstate members"),
        ("/member archive nia standing:rejected", "You may not approve and reject join requests"),
        ("/member archive nia standing:active", "You may not approve and reject join requests"),
    ],
)
async def test_each_choice_needs_its_own_right_and_else_nothing_happens(door: Door, line: str, lacks: str):
    await _clerk(door)
    await door.says(ADA, '/school edit approval:"by request"')
    await door.says("nia", f"/join {await door.code()}")
    before = await door.tables()
    assert lacks in heard(await door.says("leo", line))
    assert await door.tables() == before
    assert "Pending, archived" in heard(await door.says("leo", "/member archive nia suspended:no"))


@pytest.mark.parametrize("standing", ["active", "pending"])
async def test_restoring_to_active_or_pending_needs_the_right_to_decide(door: Door, standing: str):
    await _clerk(door)
    await door.says(ADA, '/school edit approval:"by request"')
    await door.says("nia", f"/join {await door.code()}")
    await door.says(ADA, "/member archive nia standing:rejected")
    before = await door.tables()
    said = heard(await door.says("leo", f"/member restore nia standing:{standing}"))
    assert "You may not approve and reject join requests" in said
    assert await door.tables() == before
    assert standing.capitalize() in heard(await door.says(ADA, f"/member restore nia standing:{standing}"))


async def test_what_is_so_already_is_no_change(door: Door):
    """A form is filled with the current state, and submits it again."""
    await _clerk(door)
    await door.says("nia", f"/join {await door.code()}")
    before = await door.audited()
    await door.says("leo", "/member archive nia standing:active suspended:no")
    await door.says("leo", "/member restore nia standing:active suspended:no")
    assert await door.audited() == [*before, "member.archived", "member.restored"]


async def test_an_admin_restored_as_suspended_does_not_become_primary(door: Door):
    await door.says("root", "/district create North")
    await door.says("root", "/school create Oak district:North access:public approval:automatic")
    await door.says("nia", "/join school:Oak")
    await door.says("root", "/member archive nia")
    await door.says("root", '/member roles nia roles:"School Admin"')
    assert "Suspended" in heard(await door.says("root", "/member restore nia suspended:yes"))
    assert (await door.school()).primary_admin_id is None


async def test_who_is_deactivated_is_not_suspended_as_well(door: Door):
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await door.says(ADA, "/member deactivate nia")
    assert "Nothing was changed" in heard(await door.says(ADA, "/member archive nia suspended:yes"))
    assert "Deactivated, archived" in heard(await door.says(ADA, "/member archive nia suspended:no"))

"""What one deed leaves to the next: of two admins, of two schools, of an undoing that comes late."""

from collections.abc import Mapping

import pytest

from bot.core.invitations import InvitationState
from bot.core.ports import UnitOfWork
from tests.core.door import Door, heard
from tests.world import caller

ADA, OLA = caller("ada", administers=True), caller("ola", administers=True)


@pytest.fixture
async def both(door: Door) -> Door:
    """Ada heads Maple and Ola heads Oak; Pia is an admin of both. Whoever has a code comes in."""
    for who, name in ((ADA, "Maple"), (OLA, "Oak")):
        await door.says(who, f"/school create {name} approval:automatic")
        await door.says(who, f'/invite create role:"School Admin" uses:1 school:{name}')
        await door.says("pia", f"/join {(await door.invitations_of(name))[0].code}")
    return door


async def stands(door: Door, name: str) -> Mapping[str, str]:
    """Tell in which schools there is somebody of a name, and how they stand there."""

    def unit(uow: UnitOfWork) -> dict[str, str]:
        person = uow.people.by_account(caller(name).account)
        assert ADA.workspace is not None
        there = {one.name: one.id for one in uow.schools.linked_to(ADA.workspace)}
        found = {place: uow.members.of(at, person.id) if person else None for place, at in there.items()}
        return {place: one.barred_as or one.status for place, one in found.items() if one}

    return await door.database.read(unit)


INVITE = "/invite person to:nia roles:Staff school:Maple schools:Oak"


async def test_a_school_that_removes_somebody_is_not_theirs_by_an_invitation_of_another(both: Door) -> None:
    await both.says("pia", INVITE)
    (made, *_) = await both.invitations_of("Maple")
    assert not (await both.says(OLA, "/member remove nia school:Oak")).refused
    shown = heard(await both.says("pia", f"/invite show {made.code}"))
    assert "Maple" in shown
    assert "Oak" not in shown
    assert "Welcome to Maple\n" in heard(await both.says("nia", f"/invite accept {made.code}"))
    assert await stands(both, "nia") == {"Maple": "active"}


async def test_what_another_school_offers_outlives_a_removal_here(both: Door) -> None:
    await both.says("pia", INVITE)
    (made, *_) = await both.invitations_of("Maple")
    await both.says(ADA, "/member remove nia school:Maple")
    assert "Welcome to Oak\n" in heard(await both.says("nia", f"/invite accept {made.code}"))
    assert await stands(both, "nia") == {"Oak": "active"}


async def test_an_invitation_that_every_school_took_back_is_cleared_and_can_be_made_anew(both: Door) -> None:
    await both.says("pia", INVITE)
    for who, name in ((OLA, "Oak"), (ADA, "Maple")):
        await both.says(who, f"/member remove nia school:{name}")
    (made, *_) = await both.invitations_of("Maple")
    assert made.state(both.clock.now()) is InvitationState.CLEARED
    assert not (await both.says("pia", f"/invite reissue {made.code}")).refused
    (fresh, *_) = await both.invitations_of("Maple")
    assert "Welcome to Maple\n" in heard(await both.says("nia", f"/invite accept {fresh.code}"))

"""An invitation does not hand over what its addressee has gained since it was made."""

from bot.core.invitations.addressees import Way
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA, link, newest, roles
from tests.storage import build

WRONG = "This invitation is for another account."


async def _zoe(door: Door, *gained: str) -> str:
    """Invite Zoe, who has no account, as the clerk Omar, and give her more roles; return the link."""
    await maple(door, invite=None)
    await door.says(ADA, "/role create name:Clerk permissions:invitation.create,role.grant,member.read")
    await door.says(ADA, "/member roles person:Omar roles:Clerk")
    school = await door.school()

    def known(uow: UnitOfWork) -> str:
        zoe = Person(build.fresh_id(), "Zoe")
        uow.people.add_unlinked(zoe)
        build.membership(uow, school, zoe)
        uow.members.assign(zoe.id, "Viewer", school.id, by=None, at=uow.now)
        return zoe.id

    zoe_id = await door.database.run(known)
    assert heard(await door.says("omar", "/invite person to:Zoe roles:Staff")).startswith("Preview")
    made = await newest(door)
    assert made.to is not None
    assert (made.to.person_id, made.to.way) == (zoe_id, Way.HAND)

    def gains(uow: UnitOfWork) -> None:
        for name in gained:
            uow.members.assign(zoe_id, name, school.id, by=None, at=uow.now)

    await door.database.run(gains)
    return link(made)


async def test_an_inviter_does_not_hand_over_rights_beyond_their_own(door: Door) -> None:
    """Who uses the link becomes Zoe: a friend of Omar's would get her rights over the school."""
    address = await _zoe(door, "School Admin")
    before = await door.known()
    assert heard(await door.clicks("mal", "invite accept", invitation=address)).startswith(WRONG)
    assert heard(await door.clicks("mal", "invite decline", invitation=address)).startswith(WRONG)
    assert await door.known() == before


async def test_rights_that_the_inviter_has_too_are_no_hindrance(door: Door) -> None:
    address = await _zoe(door, "Staff")
    assert heard(await door.clicks("mal", "invite accept", invitation=address)).startswith("Welcome")
    assert await roles(door, "Zoe") == ("Staff", "Viewer")

"""Whom an addressed invitation may be for: members, barred people, people above, people invited already."""

import pytest

from bot.core.people.people_filter import PeopleFilter
from bot.core.rights.actors import Platform
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA, INVITE, addressee, newest
from tests.world import caller

# They are the rules' own; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


ACCOUNT = "to:<@u9|zoe> name:Zoe"


async def person_id(door: Door, name: str) -> str:
    """Return the id of the one member of that name."""
    school = await door.school()
    wanted = PeopleFilter(school.id, text=name)
    (one,) = await door.database.read(lambda uow: uow.members.listed(wanted, after=None, limit=2))
    return one.membership.person_id


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (["/member suspend nia"], "Nia is already suspended here."),
        (["/member deactivate nia"], "Nia is already deactivated here."),
        (["/member archive nia"], "Nia is already archived here."),
        ([], "Nia is already active here."),
        (["/member roles person:nia roles:Staff"], ""),
    ],
)
async def test_members_are_not_invited_to_roles_that_they_have(
    door: Door, before: list[str], told: str
) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    for line in before:
        assert not (await door.says(ADA, line)).refused
    stored = await door.known()
    reply = await door.says(ADA, "/invite person to:<@nia|nia> roles:Viewer")
    assert heard(reply).startswith(told)
    assert reply.refused is bool(told)
    assert (await door.known() == stored) is bool(told)


async def test_listed_people_without_an_account_are_invited_to_their_roles(door: Door) -> None:
    """They are listed but cannot join yet; a role that they do not have is given in addition."""
    await maple(door, invite=None)
    await door.says(ADA, "/member create email:nia@example.org first_name:Nia last_name:Moss roles:Staff")
    for roles in ("Staff", "Observer"):
        assert not (await door.says(ADA, f"{INVITE} roles:{roles}")).refused
        to = await addressee(door)
        assert to.person_id == await person_id(door, "Nia Moss")
        await door.clicks(ADA, "invite clear", invitation=(await newest(door)).id)


@pytest.mark.parametrize("to", [ACCOUNT, "to:nia@example.org name:Nia"])
async def test_one_account_or_address_has_one_waiting_invitation(door: Door, to: str) -> None:
    await maple(door, invite=None)
    assert not (await door.says(ADA, f"/invite person {to}")).refused
    assert "They already have an invitation waiting" in heard(await door.says(ADA, f"/invite person {to}"))


async def test_a_member_is_meant_by_their_account_and_nobody_new_is_made(door: Door) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await door.says(ADA, "/invite person to:<@nia|nia> name:Somebody roles:Staff")
    assert (await addressee(door)).person_id == await person_id(door, "Nia")
    assert set(await door.members()) == {"Ada", "Omar", "Nia"}


async def test_nobody_invites_whoever_is_above_them(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/role create name:Clerk permissions:invitation.create,role.grant,member.read")
    await door.says(ADA, "/member roles person:Omar roles:Clerk")
    told = heard(await door.says("omar", "/invite person to:<@ada|ada> roles:Viewer"))
    assert "somebody who has rights that you do not have" in told
    assert "You cannot change your own" in heard(
        await door.says("omar", "/invite person to:<@omar|omar> roles:Viewer")
    )


async def test_a_name_that_nobody_has_is_answered_with_what_to_write(door: Door) -> None:
    ada = caller("ada", platform=Platform.DISCORD, administers=True)
    await door.says(ada, '/school create name:"Oak Hill"')
    told = heard(await door.says(ada, "/invite person to:rosa"))
    assert "write an e-mail address, or @ and choose the person" in told


async def test_in_each_school_they_are_invited_to_what_they_have_there(door: Door) -> None:
    """At a school that does not know them, they get its default role."""
    await maple(door, invite=None)
    await door.says(ADA, '/school create name:"Oak Hill"')
    create = "/member create email:nia@example.org first_name:Nia last_name:Moss roles:Staff,Observer"
    await door.says(ADA, f'{create} school:"Maple Grove"')
    told = heard(await door.says(ADA, f'{INVITE} school:"Maple Grove" schools:"Oak Hill"'))
    assert "Maple Grove\nObserver, Staff\nOak Hill\nViewer" in told

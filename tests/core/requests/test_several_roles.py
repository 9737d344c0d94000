"""Requests by an invitation with several roles: cards show, and approvals give, exactly these."""

from bot.core.requests.join_requests import JoinRequest
from tests.core.door import Door, actions_in, heard, maple
from tests.core.invited import ADA, link, newest, roles, signed_in
from tests.core.waiting import lapse

NIA = signed_in("nia", "nia@example.org")
INVITE = "/invite person to:nia@example.org name:Nia roles:"


async def _asks(door: Door) -> JoinRequest:
    """Let Nia accept the newest invitation; return her request."""
    await door.clicks(NIA, "invite accept", invitation=link(await newest(door)))
    (request,) = await door.requests()
    return request


async def test_cards_name_all_roles_and_approving_gives_them(door: Door) -> None:
    await maple(door, 'approval:"by request"', invite=None)
    await door.says(ADA, f'{INVITE}"Teacher, Staff"')
    request = await _asks(door)
    digest = heard(await door.says("omar", "/request digest"))
    assert "Nia · Staff, Teacher · waiting" in digest, "whoever approves there sees what that gives"
    shown = await door.says("omar", f"/request show {request.id}")
    approve = actions_in(shown)["Approve as Staff, Teacher"]
    told = heard(await door.clicks("omar", approve.command, **approve.values))
    assert "Role\nStaff, Teacher" in told
    assert "Approved as Staff, Teacher by Omar" in told
    assert await roles(door, "Nia") == ("Staff", "Teacher")


async def test_another_role_takes_the_place_of_all(door: Door) -> None:
    await maple(door, 'approval:"by request"', invite=None)
    await door.says(ADA, f'{INVITE}"Teacher, Staff"')
    request = await _asks(door)
    told = heard(await door.clicks("omar", "request approve", request=request.id, role="Viewer"))
    assert "Role\nViewer\n" in told
    assert "Approved as Viewer by Omar" in told
    assert await roles(door, "Nia") == ("Viewer",)


async def test_what_was_left_out_is_not_given_by_an_approval(door: Door) -> None:
    """The inviter could give it when they invited, and no more when it was accepted."""
    await maple(door, 'approval:"by request"', invite=None)
    await door.says("omar", f'{INVITE}"School Admin, Staff"')
    made = await newest(door)
    clerk = '/role create name:Clerk permissions:"invitation.create, role.grant, member.read"'
    await door.says(ADA, clerk)
    await door.says(ADA, "/member roles person:omar roles:Clerk")
    told = heard(await door.clicks(NIA, "invite accept", invitation=link(made)))
    assert "Not School Admin in Maple Grove" in told
    (request,) = await door.requests()
    approve = actions_in(await door.says(ADA, f"/request show {request.id}"))["Approve as Staff"]
    await door.clicks(ADA, approve.command, **approve.values)
    assert await roles(door, "Nia") == ("Staff",)


async def test_a_role_that_a_request_brings_besides_is_renamed_and_not_deleted(door: Door) -> None:
    await maple(door, 'approval:"by request"', invite=None)
    for name in ("Desk", "Desk Two"):
        await door.says(ADA, f'/role create name:"{name}" permissions:member.read')
    await door.says(ADA, f'{INVITE}"Desk, Desk Two, Staff"')
    request = await _asks(door)
    assert request.roles == ("Desk", "Desk Two", "Staff")
    assert "is in use" in heard(await door.says(ADA, '/role delete role:"Desk Two"'))
    await door.says(ADA, '/role edit role:"Desk Two" name:"Back 100%_"')
    await door.says(ADA, '/role edit role:Desk name:"Front"')
    await door.clicks("omar", "request approve", request=request.id)
    assert await roles(door, "Nia") == ("Back 100%_", "Front", "Staff")


async def test_asking_once_more_is_for_the_same_roles(door: Door) -> None:
    await maple(door, 'approval:"by request"', invite=None)
    await door.says(ADA, f'{INVITE}"Teacher, Staff"')
    request = await _asks(door)
    await lapse(door)
    assert not (await door.clicks(NIA, "request again", request=request.id)).refused
    (again,) = await door.requests()
    assert again.roles == ("Staff", "Teacher")

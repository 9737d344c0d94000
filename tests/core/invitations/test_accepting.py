"""Who may answer an addressed invitation, and what an answer leads to."""

from datetime import timedelta

import pytest

from bot.core.invitations.invitations import InvitationState
from bot.core.rights.actors import AccountKey
from bot.core.values import replace
from tests.core.door import Door, actions_in, heard, maple
from tests.core.invited import (
    ADA,
    NIA,
    WRONG,
    becomes_the_invited,
    invites,
    known_by,
    link,
    newest,
    owner,
    roles,
    signed_in,
    state,
)
from tests.world import caller

UNUSABLE = "That invitation cannot be used."


async def test_a_verified_address_opens_the_invitation_and_nothing_else_does(door: Door) -> None:
    await maple(door, invite=None)
    address = await invites(door, "roles:Staff,Observer")
    before = await door.known()
    for other in (
        signed_in("eve"),
        signed_in("eve", "eve@example.org"),
        signed_in("eve", "nia@example.com"),
        caller("eve"),
    ):
        told = heard(await door.clicks(other, "invite accept", invitation=address))
        assert told.startswith(WRONG)
        assert "n•••@example.org" in told
        assert "nia@example.org" not in told
        assert heard(await door.clicks(other, "invite decline", invitation=address)) == told
    assert await door.known() == before, "nothing was consumed"
    told = heard(await door.clicks(NIA, "invite accept", invitation=address))
    assert told.startswith("Welcome to Maple Grove")
    assert await roles(door, "Nia") == ("Observer", "Staff")
    assert await state(door, await newest(door)) is InvitationState.ACCEPTED
    assert (await door.audited())[-1] == "invitation.accepted"


async def test_the_id_of_an_invitation_does_not_tell_its_address(door: Door) -> None:
    await maple(door, invite=None)
    await invites(door)
    made = await newest(door)
    told = heard(await door.clicks("eve", "invite accept", invitation=made.id))
    assert told.startswith(WRONG)
    assert "example.org" not in told
    assert heard(await door.clicks("eve", "invite accept", invitation="no-such-thing")).startswith(UNUSABLE)


async def test_an_answer_is_given_once(door: Door) -> None:
    await maple(door, invite=None)
    address = await invites(door)
    await door.clicks(NIA, "invite accept", invitation=address)
    before = await door.known()
    assert "Your invitation is accepted" in heard(await door.clicks(NIA, "invite accept", invitation=address))
    assert "Your invitation is accepted" in heard(
        await door.clicks(NIA, "invite decline", invitation=address)
    )
    assert heard(await door.clicks("eve", "invite accept", invitation=address)).startswith(UNUSABLE)
    assert await door.known() == before


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("/invite revoke {code}", "Your invitation is revoked"),
        ("/invite clear {code}", "Your invitation is cleared"),
        ("", "Your invitation is expired"),
    ],
)
async def test_why_it_is_over_is_told_to_the_addressee_alone(door: Door, ending: str, told: str) -> None:
    await maple(door, invite=None)
    address = await invites(door, "expires:2d")
    if ending:
        await door.says(ADA, ending.format(code=await door.code()))
    else:
        door.clock.forward(timedelta(days=3))
    for command in ("invite accept", "invite decline"):
        assert told in heard(await door.clicks(NIA, command, invitation=address))
        assert heard(await door.clicks("eve", command, invitation=address)).startswith(UNUSABLE)
    assert await door.members() == {"Ada": "active", "Omar": "active", "Nia": "pending"}


async def test_declining_makes_nobody_of_anyone(door: Door) -> None:
    await maple(door, invite=None)
    address = await invites(door)
    assert "You have declined" in heard(await door.clicks(NIA, "invite decline", invitation=address))
    assert await owner(door, NIA) is None
    assert await state(door, await newest(door)) is InvitationState.DECLINED
    assert "Your invitation is declined" in heard(await door.clicks(NIA, "invite accept", invitation=address))
    assert (await door.audited())[-1] == "invitation.declined"
    assert "declined" in heard(await door.says(ADA, '/invite list state:"declined"')).casefold()


async def test_a_link_that_is_handed_over_is_for_whoever_comes_first(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person name:Nia")
    made = await newest(door)
    told = heard(await door.clicks(ADA, "invite send", invitation=made.id))
    assert link(made) in told
    assert heard(await door.clicks("eve", "invite accept", invitation=made.id)).startswith(WRONG)
    assert "Welcome to Maple Grove" in heard(await door.says("nia", f"/join {made.code}"))
    assert await door.members() == {"Ada": "active", "Omar": "active", "Nia": "active"}
    assert heard(await door.says("eve", f"/join {made.code}")).startswith(UNUSABLE)


async def test_nobody_accepts_their_own_invitation(door: Door) -> None:
    await maple(door, invite=None)
    for to in ("ada", "ada@example.org"):
        await known_by(door, "ada", "ada@example.org")
        assert "You cannot change your own" in heard(await door.says(ADA, f"/invite person to:{to}"))
    await door.says(ADA, "/invite person to:other@example.org roles:Staff")
    address = link(await newest(door))
    told = heard(
        await door.clicks(
            replace(ADA, verified_email="other@example.org"), "invite accept", invitation=address
        )
    )
    assert "This invitation no longer gives anything" in told
    assert await state(door, await newest(door)) is InvitationState.NOT_SENT


async def test_in_a_chat_an_account_is_told_to_open_the_link(door: Door) -> None:
    await maple(door, invite=None)
    await invites(door)
    told = heard(await door.says("nia", f"/join {await door.code()}"))
    assert "Open its link and sign in as n•••@example.org" in told


async def test_an_account_of_a_chat_answers_by_the_button_of_its_message(door: Door) -> None:
    await maple(door, invite=None)
    await invites(door, to="nia")
    made = await newest(door)
    assert made.to is not None
    assert made.to.account == AccountKey("web", "nia")
    assert heard(await door.clicks("eve", "invite accept", invitation=made.id)).startswith(WRONG)
    assert "Welcome to Maple Grove" in heard(await door.clicks("nia", "invite accept", invitation=made.id))
    assert (await door.members())["Nia"] == "active"


async def test_whoever_waits_at_several_schools_is_told_of_all(door: Door) -> None:
    await maple(door, 'approval:"by request"', invite=None)
    await door.says(ADA, "/school create name:Oak")
    line = '/invite person to:nia@example.org name:Nia school:"Maple Grove" schools:Oak'
    sends = actions_in(await door.says(ADA, line))["Send now"]
    told = heard(await door.clicks(NIA, "invite accept", **sends.values))
    assert " and " in told.split("\n")[0]
    assert told.startswith("Your requests to join ")


async def test_approval_by_hand_asks_unless_invitations_skip_it(door: Door) -> None:
    await maple(door, 'approval:"by request"', invite=None)
    address = await invites(door, "roles:Staff,Observer")
    told = heard(await door.clicks(NIA, "invite accept", invitation=address))
    assert told.startswith("Your request to join Maple Grove is waiting")
    (request,) = await door.requests()
    assert request.invitation_id == (await newest(door)).id
    assert "Observer, Staff" in heard(await door.says("omar", f"/request show {request.id}"))
    await door.clicks("omar", "request approve", request=request.id)
    assert await roles(door, "Nia") == ("Observer", "Staff")
    await door.says(ADA, "/school edit invitation_skips_approval:yes")
    bob = signed_in("bob", "bob@example.org")
    await door.says(ADA, "/invite person to:bob@example.org name:Bob")
    assert "Welcome" in heard(await door.clicks(bob, "invite accept", invitation=link(await newest(door))))


async def test_an_approver_can_choose_another_role_than_the_invited_ones(door: Door) -> None:
    await maple(door, 'approval:"by request"', invite=None)
    address = await invites(door, "roles:Staff,Observer")
    await door.clicks(NIA, "invite accept", invitation=address)
    (request,) = await door.requests()
    await door.clicks("omar", "request approve", request=request.id, role="Viewer")
    assert await roles(door, "Nia") == ("Viewer",)


async def test_an_invitation_takes_the_place_of_an_own_request(door: Door) -> None:
    await maple(door, 'approval:"by request"', "access:public", invite=None)
    await door.says("nia", '/join school:"Maple Grove"')
    (asked,) = await door.requests()
    await invites(door, "roles:Staff", to="nia")
    await door.clicks("nia", "invite accept", invitation=(await newest(door)).id)
    (request,) = await door.requests()
    assert request.id != asked.id
    assert request.role == "Staff"


async def test_a_request_that_waits_is_over_once_an_invitation_lets_them_in(door: Door) -> None:
    await maple(door, 'approval:"by request"', "access:public", "invitation_skips_approval:yes", invite=None)
    await door.says("nia", '/join school:"Maple Grove"')
    assert len(await door.requests()) == 1
    await invites(door, "roles:Staff", to="nia")
    told = heard(await door.clicks("nia", "invite accept", invitation=(await newest(door)).id))
    assert "Welcome to Maple Grove" in told
    assert await door.requests() == []
    assert await roles(door, "Nia") == ("Staff",)


async def test_an_invited_person_who_redeems_an_open_code_is_let_in_and_keeps_the_invitation(
    door: Door,
) -> None:
    await maple(door)
    open_code = await door.code()
    await door.says("zoe", "/me")
    await invites(door, "roles:Staff", to="nia")
    made = await newest(door)
    await becomes_the_invited(door, "nia", made)
    assert "Welcome" in heard(await door.says("nia", f"/join {open_code}"))
    assert await roles(door, "Nia") == ("Viewer",)
    assert "Welcome" in heard(await door.clicks("nia", "invite accept", invitation=made.id))
    assert await roles(door, "Nia") == ("Staff", "Viewer")
    assert len(await door.members()) == 3


@pytest.mark.parametrize("verb", ["suspend", "deactivate", "archive"])
async def test_barred_members_stay_out_and_take_no_use(door: Door, verb: str) -> None:
    await maple(door)
    code = await door.code()
    await door.says("nia", f"/join {code}")
    await known_by(door, "nia", "nia@example.org")
    await invites(door, "roles:Staff")
    made = await newest(door)
    await door.says(ADA, f"/member {verb} Nia")
    before = await door.known()
    told = heard(await door.clicks("nia", "invite accept", invitation=made.id))
    assert told.startswith("Your membership in Maple Grove is")
    assert await door.known() == before
    again = heard(await door.says(ADA, "/invite person to:nia@example.org roles:Observer"))
    assert "already have an invitation waiting" in again


async def test_an_inviter_who_may_not_any_more_gives_nothing(door: Door) -> None:
    await maple(door, invite=None)
    await door.says("omar", "/invite person to:nia@example.org name:Nia roles:Staff")
    made = await newest(door)
    await door.says(ADA, "/member roles Omar roles:Viewer")
    told = heard(await door.clicks(NIA, "invite accept", invitation=link(made)))
    assert "This invitation no longer gives anything" in told
    assert await state(door, made) is InvitationState.NOT_SENT
    assert await owner(door, NIA) is None


async def test_a_suspended_inviters_invitations_are_revoked(door: Door) -> None:
    await maple(door, invite=None)
    await door.says("omar", "/invite person to:nia@example.org name:Nia")
    made = await newest(door)
    await door.says(ADA, "/member suspend Omar")
    assert await state(door, made) is InvitationState.REVOKED
    assert "revoked" in heard(await door.clicks(NIA, "invite accept", invitation=link(made)))


async def test_the_preview_offers_to_send_now_later_or_to_clear(door: Door) -> None:
    await maple(door, invite=None)
    shown = await door.says(ADA, "/invite person to:nia@example.org name:Nia roles:Staff note:Hello")
    assert {"Send now", "Send later", "Clear"} <= set(actions_in(shown))
    assert "Ada invited you to Maple Grove" in heard(shown)
    assert "Hello" in heard(shown)

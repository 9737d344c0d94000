"""Who may answer an invitation that is for one person, and what an answer leads to."""

from datetime import timedelta

import pytest

from bot.core import passwords
from bot.core.actors import AccountKey
from bot.core.invitations import InvitationFilter, InvitationState
from bot.core.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.values import replace
from tests.core.door import Door, actions_in, heard, maple
from tests.core.invited import ADA, BEA, link, newest, owner, roles, signed_in, state
from tests.core.test_accounts import linking_code
from tests.storage import build
from tests.world import caller

WRONG = "This invitation is for another account."
UNUSABLE = "That invitation cannot be used."
NIA = signed_in("nia", "nia@example.org")


async def _invited(door: Door, *settings: str, to: str = "nia@example.org") -> str:
    """Let Ada invite someone to Maple Grove, and return the link."""
    said = heard(await door.says(ADA, f"/invite person to:{to} name:Nia {' '.join(settings)}"))
    assert said.startswith("Preview"), said
    return link(await newest(door))


async def test_a_verified_address_opens_the_invitation_and_nothing_else_does(door: Door) -> None:
    await maple(door, invite=None)
    address = await _invited(door, "roles:Staff,Observer")
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


async def test_whoever_has_only_its_id_learns_nothing_of_the_address(door: Door) -> None:
    await maple(door, invite=None)
    await _invited(door)
    made = await newest(door)
    told = heard(await door.clicks("eve", "invite accept", invitation=made.id))
    assert told.startswith(WRONG)
    assert "example.org" not in told
    assert heard(await door.clicks("eve", "invite accept", invitation="no-such-thing")).startswith(UNUSABLE)


async def test_an_answer_is_given_once(door: Door) -> None:
    await maple(door, invite=None)
    address = await _invited(door)
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
    address = await _invited(door, "expires:2d")
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
    address = await _invited(door)
    assert "You have declined" in heard(await door.clicks(NIA, "invite decline", invitation=address))
    assert await owner(door, NIA) is None
    assert await state(door, await newest(door)) is InvitationState.DECLINED
    assert "Your invitation is declined" in heard(await door.clicks(NIA, "invite accept", invitation=address))
    assert (await door.audited())[-1] == "invitation.declined"
    assert "declined" in heard(await door.says(ADA, '/invite list state:"declined"')).casefold()


async def test_an_account_that_is_somebody_becomes_the_addressee(door: Door) -> None:
    """Eve is a member elsewhere and proves the address: the invited one and she are one person."""
    await maple(door, invite=None)
    await door.says(BEA, '/school create "Oak" approval:automatic')
    nia = replace(NIA, account=AccountKey("discord", "7"))
    await door.says(BEA, "/invite create role:Observer")
    (school,) = await door.database.read(lambda uow: uow.schools.linked_to(BEA.workspace))  # type: ignore[arg-type]
    code = await door.database.read(
        lambda uow: uow.invitations.listed(school.id, InvitationFilter(), limit=1)[0].code
    )
    await door.says(nia, f"/join {code}")
    before = await owner(door, nia)
    address = await _invited(door, "roles:Staff")
    assert "Welcome to Maple Grove" in heard(await door.clicks(nia, "invite accept", invitation=address))
    assert await owner(door, nia) == before
    me = heard(await door.says(nia, "/me"))
    assert "Maple Grove" in me
    assert "Oak" in me
    assert "Staff" in me
    members = await door.members()
    assert len(members) == 3, "the invited one and they are one"


async def test_another_members_account_is_not_taken_over(door: Door) -> None:
    """The school knows Omar by the address, and Omar has an account: he says which others are his."""
    await maple(door)
    await door.says("zoe", f"/join {await door.code()}")
    await _known_by(door, "omar", "omar@example.org")
    await door.says(ADA, "/invite person to:omar@example.org roles:Observer")
    address = link(await newest(door))
    zoe = replace(caller("zoe"), verified_email="omar@example.org")
    new = signed_in("omar", "omar@example.org")
    before = await door.known()
    for other in (zoe, new):
        told = heard(await door.clicks(other, "invite accept", invitation=address))
        assert told.startswith(WRONG)
        assert "known here by another" in told
        assert await door.known() == before
    code = await linking_code(door, "omar")
    assert "linked" in heard(await door.says(new, f"/account link {code}"))
    assert "Welcome" in heard(await door.clicks(new, "invite accept", invitation=address))
    assert await owner(door, new) == await owner(door, caller("omar"))
    assert "Observer" in (await roles(door, "Omar") or ())


async def test_who_has_only_a_password_gets_another_account_by_their_address(door: Door) -> None:
    """Where people sign in by a provider from now on, who had a password comes by their address."""
    await maple(door, invite=None)
    await door.says(ADA, "/member create email:nia@example.org first_name:Nia last_name:Okafor")

    def with_password(uow: UnitOfWork) -> None:
        nia = uow.people.by_email("nia@example.org")
        assert nia is not None
        passwords.store(uow, passwords.Invited(nia, "nia@example.org"), "hash")

    await door.database.run(with_password)
    await door.says(ADA, "/invite person to:nia@example.org roles:Observer")
    new = signed_in("nia", "nia@example.org")
    assert "Welcome" in heard(await door.clicks(new, "invite accept", invitation=link(await newest(door))))
    assert "Observer" in (await roles(door, "Nia Okafor") or ())


async def _known_by(door: Door, name: str, email: str) -> None:
    def unit(uow: UnitOfWork) -> None:
        person = uow.people.by_account(caller(name).account)
        assert person is not None
        assert uow.people.save_details(person.id, PersonDetails(email=email))

    await door.database.run(unit)


@pytest.mark.parametrize("role", ["Staff", None])
async def test_one_school_cannot_hand_over_who_somebody_is_in_another(door: Door, role: str | None) -> None:
    """The address was changed after the invitation was made: it opens the invitation's schools alone.

    Also where they have no role there, but are a member.
    """
    await maple(door, invite=None)
    await door.says(ADA, "/member create email:mal@example.org first_name:Nia last_name:Okafor")
    await door.says(ADA, "/invite person to:mal@example.org")
    address = link(await newest(door))

    def elsewhere(uow: UnitOfWork) -> None:
        person = uow.people.by_email("mal@example.org")
        assert person is not None
        oak = build.school(uow, "Oak")
        build.membership(uow, oak, person)
        if role is not None:
            uow.members.assign(person.id, role, oak.id, by=None, at=uow.now)
        assert uow.people.save_details(person.id, PersonDetails("Nia", "Okafor", email="nia@example.org"))

    await door.database.run(elsewhere)
    mal = signed_in("mal", "mal@example.org")
    assert heard(await door.clicks(mal, "invite accept", invitation=address)).startswith(WRONG)
    assert await owner(door, mal) is None


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
        await _known_by(door, "ada", "ada@example.org")
        assert "Nobody changes their own" in heard(await door.says(ADA, f"/invite person to:{to}"))
    await door.says(ADA, "/invite person to:other@example.org roles:Staff")
    address = link(await newest(door))
    told = heard(
        await door.clicks(
            replace(ADA, verified_email="other@example.org"), "invite accept", invitation=address
        )
    )
    assert "Nothing of this invitation can be given" in told
    assert await state(door, await newest(door)) is InvitationState.NOT_SENT


async def test_in_a_chat_an_account_is_told_to_open_the_link(door: Door) -> None:
    await maple(door, invite=None)
    await _invited(door)
    told = heard(await door.says("nia", f"/join {await door.code()}"))
    assert "Open its link and sign in as n•••@example.org" in told


async def test_an_account_of_a_chat_answers_by_the_button_of_its_message(door: Door) -> None:
    await maple(door, invite=None)
    await _invited(door, to="nia")
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
    address = await _invited(door, "roles:Staff,Observer")
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
    address = await _invited(door, "roles:Staff,Observer")
    await door.clicks(NIA, "invite accept", invitation=address)
    (request,) = await door.requests()
    await door.clicks("omar", "request approve", request=request.id, role="Viewer")
    assert await roles(door, "Nia") == ("Viewer",)


async def test_an_invitation_takes_the_place_of_an_own_request(door: Door) -> None:
    await maple(door, 'approval:"by request"', "access:public", invite=None)
    await door.says("nia", '/join school:"Maple Grove"')
    (asked,) = await door.requests()
    await _invited(door, "roles:Staff", to="nia")
    await door.clicks("nia", "invite accept", invitation=(await newest(door)).id)
    (request,) = await door.requests()
    assert request.id != asked.id
    assert request.role == "Staff"


async def test_a_request_that_waits_is_over_once_an_invitation_lets_them_in(door: Door) -> None:
    await maple(door, 'approval:"by request"', "access:public", "invitation_skips_approval:yes", invite=None)
    await door.says("nia", '/join school:"Maple Grove"')
    assert len(await door.requests()) == 1
    await _invited(door, "roles:Staff", to="nia")
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
    await _invited(door, "roles:Staff", to="nia")
    made = await newest(door)

    def claims_the_name(uow: UnitOfWork) -> None:
        assert made.to is not None
        assert uow.accounts.link(caller("nia").account, made.to.person_id, uow.now)

    await door.database.run(claims_the_name)
    assert "Welcome" in heard(await door.says("nia", f"/join {open_code}"))
    assert await roles(door, "Nia") == ("Viewer",)
    assert "Welcome" in heard(await door.clicks("nia", "invite accept", invitation=made.id))
    assert await roles(door, "Nia") == ("Staff", "Viewer")
    assert len(await door.members()) == 3


@pytest.mark.parametrize("verb", ["suspend", "deactivate", "archive"])
async def test_whoever_is_kept_out_stays_out_and_consumes_nothing(door: Door, verb: str) -> None:
    await maple(door)
    code = await door.code()
    await door.says("nia", f"/join {code}")
    await _known_by(door, "nia", "nia@example.org")
    await _invited(door, "roles:Staff")
    made = await newest(door)
    await door.says(ADA, f"/member {verb} Nia")
    before = await door.known()
    told = heard(await door.clicks("nia", "invite accept", invitation=made.id))
    assert told.startswith("Your membership in Maple Grove is")
    assert await door.known() == before
    again = heard(await door.says(ADA, "/invite person to:nia@example.org roles:Observer"))
    assert "waits for them already" in again


async def test_an_inviter_who_may_not_any_more_gives_nothing(door: Door) -> None:
    await maple(door, invite=None)
    await door.says("omar", "/invite person to:nia@example.org name:Nia roles:Staff")
    made = await newest(door)
    await door.says(ADA, "/member roles Omar roles:Viewer")
    told = heard(await door.clicks(NIA, "invite accept", invitation=link(made)))
    assert "Nothing of this invitation can be given" in told
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

"""Invitations, as people use them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.core.ids import grouped
from bot.core.invitations.invitations import InvitationState
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Caller
from tests.core.door import Door, actions_in, heard, maple
from tests.world import caller

UNKNOWN = "ABCD-EFGH-JKMNP"


async def test_a_newcomer_redeems_a_code(door: Door) -> None:
    await maple(door, invite='/invite create role:Staff uses:2 note:"Welcome all"')
    code = await door.code()
    said = heard(await door.says("nora", f"/join {code}"))
    assert said.startswith("Welcome to Maple Grove")
    assert "as Staff" in said
    assert (await door.members())["Nora"] == "active"
    invitation = (await door.invitations())[0]
    assert (invitation.uses_taken, invitation.uses_allowed, invitation.note) == (1, 2, "Welcome all")
    assert "Nora" in heard(await door.says("ada", f"/invite show {code}"))


@pytest.mark.parametrize(
    "shape",
    [
        "/join {code}", "/join {grouped}", "/join {lower}", "/join code:{grouped}", '/join code:"{spaced}"',
        "/join {spaced}", "/join https://door.example.org/i/{token}", "/join <https://x.example.org/i/{token}>",
        "/join https://door.example.org/i/{token}?from=mail", "/join https://door.example.org/i/{token}.",
        "/join (https://door.example.org/i/{token})",
    ],
)  # fmt: skip
async def test_ways_to_type_a_code_or_a_link(door: Door, shape: str) -> None:
    await maple(door)
    invitation = (await door.invitations())[0]
    shown = grouped(invitation.code)
    line = shape.format(
        code=invitation.code,
        grouped=shown,
        lower=shown.lower(),
        spaced=shown.replace("-", " "),
        token=invitation.token,
    )
    assert "Welcome" in heard(await door.says("nora", line))


async def test_without_a_role_it_grants_the_schools_default_role_of_that_day(door: Door) -> None:
    await maple(door)
    code = await door.code()
    assert "as Viewer" in heard(await door.says("nora", f"/join {code}"))
    await door.says("ada", "/school edit default_role:Teacher")
    assert "as Teacher" in heard(await door.says("theo", f"/join {code}"))


async def test_an_active_member_takes_no_use(door: Door) -> None:
    await maple(door, invite="/invite create uses:1")
    code, before = await door.code(), await door.tables()
    said = heard(await door.says("omar", f"/join {code}"))
    assert "You are already a member of Maple Grove." in said
    assert await door.tables() == before
    assert "Welcome" in heard(await door.says("nora", f"/join {code}"))


async def _expired(door: Door) -> str:
    await door.says("ada", "/invite create expires:1h")
    door.clock.forward(timedelta(hours=1))
    return await door.code()


async def _used_up(door: Door) -> str:
    await door.says("ada", "/invite create uses:1")
    code = await door.code()
    assert "Welcome" in heard(await door.says("first", f"/join {code}"))
    return code


async def _revoked(door: Door) -> str:
    await door.says("ada", "/invite create")
    code = await door.code()
    await door.says("ada", f"/invite revoke {code}")
    return code


async def _of_someone_who_lost_their_rights(door: Door) -> str:
    await door.says("omar", "/invite create")
    invitation = (await door.invitations())[0]
    school = await door.school()
    taken = await door.database.run(
        lambda uow: uow.members.unassign(invitation.created_by, "School Admin", school.id)
    )
    assert taken
    return invitation.code


async def _above_its_makers_ceiling(door: Door) -> str:
    """Made by someone who may still invite, but could not give that role any more."""
    await door.says("omar", '/invite create role:"School Admin"')
    invitation = (await door.invitations())[0]
    school = await door.school()

    def demote(uow: UnitOfWork) -> None:
        uow.members.unassign(invitation.created_by, "School Admin", school.id)
        uow.members.assign(invitation.created_by, "Staff", school.id, by=None, at=uow.now)

    await door.database.run(demote)
    return invitation.code


async def _unknown(_: Door) -> str:
    return UNKNOWN


async def _nonsense(_: Door) -> str:
    return "open sesame"


async def _unknown_link(_: Door) -> str:
    return "https://door.example.org/i/aaaaaaaaaaaaaaaaaaaaaa"


DEAD = [
    _expired,
    _used_up,
    _revoked,
    _of_someone_who_lost_their_rights,
    _above_its_makers_ceiling,
    _unknown,
    _nonsense,
    _unknown_link,
]


async def test_strangers_get_one_answer_for_every_code_that_does_not_work(door: Door) -> None:
    await maple(door)
    answers = set()
    for number, make in enumerate(DEAD):
        code = await make(door)
        before = await door.known()
        answers.add(repr(await door.says(f"stranger{number}", f"/join {code}")).encode())
        assert await door.known() == before, make.__name__
    assert len(answers) == 1
    assert b"That invitation cannot be used." in answers.pop()


@pytest.mark.parametrize(
    ("make", "told"),
    [(_expired, "is expired"), (_used_up, "is used up"), (_revoked, "is revoked")],
)
async def test_who_may_see_invitations_is_told_why(
    door: Door, make: Callable[[Door], Awaitable[str]], told: str
) -> None:
    await maple(door)
    code = await make(door)
    before = await door.tables()
    reply = await door.says("root", f"/join {code}")
    assert told in heard(reply)
    assert actions_in(reply)["Details"].command == "invite show"
    assert await door.tables() == before


async def test_a_revoked_invitation_stays_revoked_and_its_members_stay(door: Door) -> None:
    await maple(door)
    code = await door.code()
    await door.says("nora", f"/join {code}")
    assert "Invitation revoked" in heard(await door.says("ada", f"/invite revoke {code}"))
    before = await door.tables()
    assert "It was already revoked" in heard(await door.says("omar", f"/invite revoke {code}"))
    assert await door.tables() == before
    assert (await door.members())["Nora"] == "active"
    shown = heard(await door.says("ada", f"/invite show {code}"))
    assert "by Ada" in shown


async def test_only_those_with_the_right_touch_invitations(door: Door) -> None:
    await maple(door)
    code = await door.code()
    await door.says("nora", f"/join {code}")
    before = await door.tables()
    for who in ("nora", "stranger"):
        for line in ("/invite create", "/invite list"):
            assert "You may not" in heard(await door.says(who, line)), line
        for line in (f"/invite show {code}", f"/invite revoke {code}"):
            assert "cannot find that invitation" in heard(await door.says(who, line)), line
    assert await door.tables() == before


async def test_people_of_another_workspace_know_of_no_invitation(door: Door) -> None:
    await maple(door)
    code = await door.code()
    elsewhere = caller("eve", administers=True, workspace="elsewhere")
    await door.says(elsewhere, '/school create "Other School"')
    before = await door.tables()
    for line in (f"/invite show {code}", f"/invite revoke {code}"):
        assert "I cannot find that invitation here." in heard(await door.says(elsewhere, line))
    assert await door.tables() == before


@pytest.mark.parametrize(
    ("role", "told"),
    [
        *(
            (one, f"You may not give the role {one} here.")
            for one in ("System Administrator", "District Admin")
        ),
        *((one, f"There is no role {one} here.") for one in ("Observer Chief", "owner", "**", "30")),
    ],
)
async def test_nobody_invites_above_their_ceiling(door: Door, role: str, told: str) -> None:
    await maple(door)
    before = await door.tables()
    said = heard(await door.says("ada", f'/invite create role:"{role}"'))
    assert told in said
    assert "You may give: School Admin, Staff, Viewer" in said
    assert await door.tables() == before


async def test_an_invitation_of_a_system_administrator_works(door: Door) -> None:
    """Named in the settings, in a school where they are no member."""
    await maple(door)
    assert "Invitation to Maple Grove" in heard(await door.says("root", "/invite create role:Staff"))
    assert "Welcome" in heard(await door.says("nora", f"/join {await door.code()}"))


@pytest.mark.parametrize(
    "state",
    [
        InvitationState.OPEN,
        InvitationState.REVOKED,
        InvitationState.EXHAUSTED,
        InvitationState.EXPIRED,
    ],
)
async def test_lists_by_state(door: Door, state: InvitationState) -> None:
    await maple(door, invite=None)
    codes = {
        InvitationState.REVOKED: await _revoked(door),
        InvitationState.EXHAUSTED: await _used_up(door),
        InvitationState.EXPIRED: await _expired(door),
    }
    await door.says("ada", "/invite create")
    codes[InvitationState.OPEN] = await door.code()
    listed = heard(await door.says("ada", f'/invite list state:"{state.value}"'))
    assert [one for one, code in codes.items() if grouped(code) in listed] == [state]


@pytest.mark.parametrize(
    "line", ["expires:never uses:unlimited", 'expires:None uses:"no limit"', "uses:never"]
)
async def test_that_an_invitation_has_no_end_may_be_said(door: Door, line: str) -> None:
    await maple(door, invite=f"/invite create {line}")
    made = (await door.invitations())[0]
    assert (made.expires_at, made.uses_allowed) == (None, None)


async def test_that_something_never_happens_may_be_said(door: Door) -> None:
    await maple(door)
    said = heard(await door.says("ada", "/school reminders lapse_days:never remind_hours:24"))
    assert "Requests lapse after\nNever" in said
    before = await door.tables()
    for wrong in ("/school joining ask_again_days:never", f"/invite send {await door.code()} at:never"):
        assert (await door.says("ada", wrong)).refused, "what happens at once is not asked for by never"
    assert await door.tables() == before


async def test_a_caller_without_a_workspace_is_no_admin(door: Door) -> None:
    await maple(door)
    alone: Caller = caller("ada", administers=True, workspace=None)
    assert "Invitation to Maple Grove" in heard(await door.says(alone, "/invite create")), "their only school"
    stranger = caller("eve", administers=True, workspace=None)
    assert "Only an owner or administrator" in heard(await door.says(stranger, '/school create "Mine"'))


async def test_why_a_code_lets_nobody_in_is_told_to_admins(door: Door) -> None:
    """Whoever made it may not give its role any more: nobody has ended it, and nobody can use it."""
    await maple(door, invite=None)
    await door.says("omar", "/invite create role:Staff")
    await door.says("omar", "/invite person to:nia@example.org name:Nia roles:Staff")
    to_nia, to_all, *_ = await door.invitations()
    await door.says("ada", "/member roles person:omar roles:Teacher")
    why = "Lets nobody in: Omar may no longer give what it gives"
    for one in (to_nia, to_all):
        assert f"Status\n{why}\n" in heard(await door.says("ada", f"/invite show {one.id}"))
    told = heard(await door.says("ada", f"/invite post {to_all.code} sure:yes"))
    assert "This invitation no longer gives anything" in told
    again = actions_in(await door.says("ada", f"/invite show {to_all.id}"))["Make a new one"]
    await door.clicks("ada", again.command, **again.values)
    assert "Welcome" in heard(await door.says("zoe", f"/join {await door.code()}"))
    assert why not in heard(await door.says("ada", f"/invite show {await door.code()}"))
    assert "Status\nRevoked" in heard(await door.says("ada", f"/invite show {to_all.id}"))


async def test_an_archived_schools_codes_are_said_to_let_nobody_in(door: Door) -> None:
    await maple(door)
    (made, *_) = await door.invitations()
    await door.says("root", '/school archive school:"Maple Grove"')
    told = heard(await door.says("root", f"/invite show {made.code}"))
    assert "Status\nLets nobody in: the school is archived" in told

"""Invitations that let people in who should not get in."""

import re
from datetime import timedelta

import pytest

from bot.chat.replies import Card, File, Reply
from bot.chat.text import plain
from bot.core.ids import grouped
from bot.core.invitations.invitations import Invitation
from bot.core.rights.actors import Caller, Platform, WorkspaceKey
from bot.core.scim.model import Account
from tests.core.door import Door, actions_in, heard, maple, table_in
from tests.core.invited import ADA, BEA, newest, owner, signed_in
from tests.platforms.web.sign_in.conftest import OUTSIDE
from tests.world import START, World, caller

NIA = signed_in("nia", "nia@example.org")
BY_REQUEST = 'approval:"by request"'
UNUSABLE = "cannot be used"
CODE = r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}\b"


def link(invitation: Invitation) -> str:
    return f"{OUTSIDE}/i/{invitation.token}"


async def _invite_nia(door: Door) -> Invitation:
    await door.says(ADA, "/invite person to:nia@example.org name:Nia")
    made = await newest(door)
    assert not (await door.clicks(ADA, "invite send", invitation=made.id)).refused
    return made


async def test_an_invitation_used_in_a_foreign_tenant(door: Door) -> None:
    await maple(door)
    await door.says(BEA, "/school create Oak approval:automatic")
    made, before = await newest(door), await door.known()
    for command in ("invite show", "invite revoke", "invite lock", "invite reissue", "invite came"):
        assert (await door.clicks(BEA, command, invitation=made.id)).refused
    assert await door.known() == before
    eve = caller("eve", workspace="oak")
    await door.says(eve, f"/join {made.code}")
    assert (await door.members())["Eve"] == "active"
    eves = await owner(door, eve)
    assert eves is not None
    (oak,) = await door.database.read(lambda uow: uow.schools.linked_to(WorkspaceKey(Platform.WEB, "oak")))
    assert await door.database.read(lambda uow: uow.members.of(oak.id, eves)) is None
    assert (await door.says(eve, "/member list school:Oak")).refused


async def test_a_recipient_that_does_not_match(door: Door) -> None:
    await maple(door, invite=None)
    made = await _invite_nia(door)
    before = await door.known()
    for other in (signed_in("mal", "mal@example.org"), signed_in("nia", "", "discord"), caller("nia")):
        assert (await door.clicks(other, "invite accept", invitation=link(made))).refused
        assert (await door.clicks(other, "invite accept", invitation=made.id)).refused
        assert (await door.says(other, f"/join {made.code}")).refused
        assert await door.known() == before
    assert "Welcome" in heard(await door.clicks(NIA, "invite accept", invitation=link(made)))


async def test_a_used_token_again(door: Door) -> None:
    await maple(door, invite="/invite create uses:1")
    made = await newest(door)
    assert "Welcome" in heard(await door.says("nora", f"/join {made.code}"))
    before = await door.known()
    for who in ("theo", "nora"):
        for line in (f"/join {made.code}", f"/join {link(made)}"):
            assert "Welcome" not in heard(await door.says(who, line))
    assert await door.known() == before
    assert (await newest(door)).uses_taken == 1


class _Post:
    """A platform that counts what is sent."""

    def __init__(self) -> None:
        self.posted = 0

    async def post(self, *_: object) -> tuple[str, str]:
        self.posted += 1
        return "mail", str(self.posted)

    async def redraw(self, *_: object) -> None:
        """Do nothing."""


async def test_revoke_all_pending_that_did_not(world: World, door: Door) -> None:
    await maple(door, invite=None)
    for number in range(3):
        await door.says(
            ADA, f"/member create email:p{number}@example.org first_name:P{number} last_name:Many"
        )
    plan = await door.says(ADA, "/bulk plan act:invite search:many")
    done = await door.runner.act(actions_in(plan)["Apply"], ADA)
    made = [one for one in await door.invitations() if one.to is not None]
    assert len(made) == 3
    assert all(one.state(door.clock.now()).alive for one in made)
    undone = await door.runner.act(actions_in(done)["Undo"], ADA)
    assert "3" in heard(undone)
    for one in await door.invitations():
        if one.to is not None:
            assert not one.state(door.clock.now()).alive
            addressee = signed_in(one.to.name, one.to.email)
            assert (await door.clicks(addressee, "invite accept", invitation=link(one))).refused
    post = _Post()
    world.notifiers[Platform.EMAIL] = post
    await world.deliver()
    assert post.posted == 0


async def test_approval_skipped_by_an_invitation(door: Door) -> None:
    await maple(door, BY_REQUEST)
    assert "is waiting" in heard(await door.says("nora", f"/join {await door.code()}"))
    made = await _invite_nia(door)
    assert "is waiting" in heard(await door.clicks(NIA, "invite accept", invitation=link(made)))
    members = await door.members()
    assert (members["Nora"], members["Nia"]) == ("pending", "pending")
    await door.says(ADA, "/school edit invitation_skips_approval:yes")
    await door.says(ADA, "/invite create")
    assert "Welcome" in heard(await door.says("theo", f"/join {await door.code()}"))


@pytest.mark.parametrize("verb", ["suspend", "deactivate", "archive", "remove"])
async def test_a_suspended_inviters_links(door: Door, verb: str) -> None:
    await maple(door, invite=None)
    await door.says("omar", "/invite create")
    code = await door.code()
    await door.says("omar", "/invite person to:nia@example.org name:Nia")
    letter = await newest(door)
    await door.clicks("omar", "invite send", invitation=letter.id)
    assert not (await door.says(ADA, f"/member {verb} omar")).refused
    assert UNUSABLE in heard(await door.says("theo", f"/join {code}"))
    assert (await door.clicks(NIA, "invite accept", invitation=link(letter))).refused
    if verb == "suspend":
        await door.says(ADA, "/member reinstate omar")
        assert UNUSABLE in heard(await door.says("theo", f"/join {code}"))


async def test_a_secret_shown_without_permission(door: Door) -> None:
    await maple(door)
    await door.says(ADA, "/role create name:Clerk permissions:invitation.read,member.read,audit.read")
    await door.says(ADA, "/invite create role:Clerk uses:1")
    await door.says("cleo", f"/join {await door.code()}")
    for made in await door.invitations():
        secrets = {made.code, grouped(made.code), made.token}
        for who in ("cleo", "omar", "ada"):
            said = [
                heard(await door.says(who, line))
                for line in ("/invite list", f"/invite show {made.id}", "/audit list", "/member list")
            ]
            shown = any(secret in one for secret in secrets for one in said)
            assert shown == (who != "cleo"), f"{who}: {said}"


async def test_an_invitation_that_is_over_sent_again_by_whoever_could_not_give_it(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, '/role create name:Office permissions:"invitation.create, role.grant, member.read"')
    await door.says(ADA, "/invite create role:Office uses:1")
    await door.says("cleo", f"/join {await door.code()}")
    for role, again in (("School Admin", False), ("Staff", True)):
        await door.says(ADA, f'/invite person to:nia@example.org name:Nia roles:"{role}" expires:1d')
        made = await newest(door)
        await door.clicks(ADA, "invite send", invitation=made.id)
        for _ in range(2):
            assert (await door.clicks("cleo", "invite resend", invitation=made.id)).refused is not again
            door.clock.forward(timedelta(days=3))
        assert (await door.clicks(NIA, "invite accept", invitation=made.id)).refused
    assert (await door.members())["Nia"] == "pending"


async def test_a_locked_code_that_gives_more_unlocked_by_whoever_may_only_revoke(door: Door) -> None:
    """Who it leaked to may be a friend of theirs."""
    await maple(door)
    await door.says(ADA, '/role create name:Office permissions:"invitation.*, member.read"')
    await door.says(ADA, "/invite create role:Office uses:1")
    await door.says("cleo", f"/join {await door.code()}")
    for role, theirs in (("School Admin", False), ("Viewer", True)):
        await door.says(ADA, f'/invite create role:"{role}"')
        leaked = await newest(door)
        assert not (await door.clicks("cleo", "invite lock", invitation=leaked.id)).refused
        assert (await door.clicks("cleo", "invite unlock", invitation=leaked.id)).refused is not theirs
        assert (await door.says("nora", f"/join {leaked.code}")).refused is not theirs
        assert (await door.clicks(ADA, "invite unlock", invitation=leaked.id)).refused is theirs


async def test_a_code_read_that_gives_more_than_its_reader_has(door: Door) -> None:
    """Whoever reads codes can come by them as somebody else: so they read none that is above them."""
    await maple(door)
    await door.says(ADA, '/role create name:Office permissions:"invitation.*, member.read"')
    await door.says(ADA, "/invite create role:Office uses:1")
    await door.says("cleo", f"/join {await door.code()}")
    await door.says(ADA, '/invite create role:"School Admin" label:heads')
    await door.says(ADA, '/invite batch count:2 role:"School Admin" label:pack')
    await door.says(ADA, '/invite person name:Nia roles:"Viewer, School Admin"')
    above = [one for one in await door.invitations() if one.role == "School Admin" or one.to is not None]
    (packed,) = await door.database.read(
        lambda uow: uow.batches.listed(above[0].school_id, after=None, limit=2)
    )
    above += await door.database.read(lambda uow: uow.batches.invitations(packed.id))
    assert len(above) == 5
    lines = [f"/invite show {one.id}" for one in above]
    lines += ["/invite list", "/invite list heads", *(f"/invite list {one.code[:6]}" for one in above)]
    clicks = [("invite pack", packed.id), ("invite codes", packed.id), ("invite sheet", packed.id)]

    async def read(who: str) -> set[str]:
        said = [await door.says(who, line) for line in lines]
        said += [await door.clicks(who, command, batch=of) for command, of in clicks]
        said += [await door.clicks(who, "invite post", invitation=one.id, sure="yes") for one in above]
        found = await door.runner.suggest("invite show", "invitation", "", caller(who))
        told = [*map(heard, said), *(plain(one.label) for one in found)]
        told += [table for one in said for table in map(str, _rows(one))]
        return {
            one.code
            for one in above
            for text in told
            if one.code in text.replace("-", "") or one.token in text
        }

    assert await read("omar") == {one.code for one in above}
    before = await door.known()
    assert await read("cleo") == set()
    assert await door.known() == before
    # No part of it is confirmed either, and what lies within their reach is theirs to hand on.
    for one in above[:2]:
        assert "heads" not in heard(await door.says("cleo", f"/invite list {one.code[2:8]}"))
    await door.says(ADA, "/invite create role:Viewer label:class")
    assert grouped(await door.code()) in heard(await door.says("cleo", "/invite list"))


def _rows(reply: Reply) -> list[dict[str, str]]:
    """Return the tables in a reply's files."""
    card = reply.answer or reply.redraw
    files = [one for one in card.blocks if isinstance(one, File)] if isinstance(card, Card) else []
    return table_in(Reply(card)) if files and files[0].name.endswith(("csv", "xlsx")) else []


@pytest.mark.parametrize("verb", ["suspend", "deactivate", "archive", "reject"])
async def test_banned_people_let_back_in_by_a_token(door: Door, verb: str) -> None:
    await maple(door, BY_REQUEST if verb == "reject" else "approval:automatic")
    code = await door.code()
    await door.says("nora", f"/join {code}")
    if verb == "reject":
        (request,) = await door.requests()
        await door.clicks(ADA, "request reject", request=request.id)
        await door.says(ADA, "/school edit approval:automatic")
    else:
        assert not (await door.says(ADA, f"/member {verb} nora")).refused
    await door.says(ADA, "/invite create")
    before = await door.known()
    for known in (code, await door.code()):
        assert (await door.says("nora", f"/join {known}")).refused
    assert await door.known() == before


async def test_banned_people_let_back_in_by_a_token_of_another_account(door: Door) -> None:
    """People banned on the platform wait for an admin, whatever account and code they use."""
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    linking = heard(await door.says("nora", "/account link"))
    second = signed_in("nora2")
    (code,) = re.findall(CODE, linking)[:1]
    assert "linked" in heard(await door.says(second, f"/account link code:{code}"))
    await door.says(ADA, "/member remove nora")
    place = WorkspaceKey(Platform.WEB, "playground")
    assert await door.database.run(lambda uow: uow.bans.add(place, "nora", uow.now))
    await door.says(ADA, "/invite create")
    assert "is waiting" in heard(await door.says(second, f"/join {await door.code()}"))
    assert (await door.members())["Nora"] == "pending"


SHED = ["/account erase sure:yes", "/account unlink google"]


async def _with_two_accounts(door: Door) -> Caller:
    """Link another account to Nora, with which she comes later."""
    (code,) = re.findall(CODE, heard(await door.says("nora", "/account link")))[:1]
    second = signed_in("nora2")
    assert "linked" in heard(await door.says(second, f"/account link code:{code}"))
    return second


@pytest.mark.parametrize("shed", SHED)
async def test_rejected_people_who_ask_again_and_become_strangers(door: Door, shed: str) -> None:
    """Asking again does not lift a rejection: otherwise an account unlinked in between would get in."""
    await maple(door, BY_REQUEST, "access:public")
    await door.says("nora", f"/join {await door.code()}")
    second = await _with_two_accounts(door)
    (request,) = await door.requests()
    await door.clicks(ADA, "request reject", request=request.id)
    door.clock.forward(timedelta(days=40))
    assert "is waiting" in heard(await door.says("nora", '/join school:"Maple Grove"'))
    assert (await door.says("nora", shed)).refused
    await door.says(ADA, "/school edit approval:automatic")
    await door.says(ADA, "/invite create")
    for who in ("nora", second):
        assert (await door.says(who, f"/join {await door.code()}")).refused
    assert (await door.members())["Nora"] == "pending"


@pytest.mark.parametrize("shed", SHED)
async def test_banned_people_who_become_strangers(door: Door, shed: str) -> None:
    """Only through the banned account are the others known to be theirs."""
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    second = await _with_two_accounts(door)
    await door.says(ADA, "/member remove nora")
    place = WorkspaceKey(Platform.WEB, "playground")
    assert await door.database.run(lambda uow: uow.bans.add(place, "nora", uow.now))
    assert (await door.says(second, shed)).refused
    assert "is waiting" in heard(await door.says(second, f"/join {await door.code()}"))


async def _switched_off(door: Door) -> tuple[str, Caller]:
    """Make a school whose district has switched Nora off; return its code, and another account of hers."""
    root = caller("root", administers=True)
    await door.says(root, "/district create North")
    await door.says(root, "/school create Oak district:North approval:automatic")
    await door.says(root, "/invite create")
    code = await door.code()
    await door.says("nora", f"/join {code}")
    second = await _with_two_accounts(door)
    school, nora = await door.school(), await owner(door, second)
    assert school.district_id is not None
    assert nora is not None
    off = Account(nora, school.district_id, nora, "nora", START, START, active=False)
    assert await door.database.run(lambda uow: uow.scim_users.add(off))
    assert not (await door.says(root, "/member remove nora")).refused
    return code, second


@pytest.mark.parametrize("shed", SHED)
async def test_people_switched_off_by_their_district_who_become_strangers(door: Door, shed: str) -> None:
    """They are barred even if they were also removed, and so are members of no school."""
    code, second = await _switched_off(door)
    assert (await door.says(second, shed)).refused
    for who in ("nora", second):
        assert (await door.says(who, f"/join {code}")).refused


MAL = caller("mal", administers=True, workspace="elsewhere")


async def _erased_by_an_accomplice(door: Door) -> Reply:
    """Nora joins a school that Mal has made in a server of his own, and Mal erases her."""
    assert not (await door.says(MAL, "/school create Trap approval:automatic")).refused
    told = heard(await door.says(MAL, "/invite create"))
    (code,) = re.findall(CODE, told)[:1]
    assert not (await door.says("nora", f"/join {code}")).refused
    return await door.says(MAL, "/member erase Nora sure:yes")


async def test_banned_people_erased_by_an_admin_of_another_school(door: Door) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    second = await _with_two_accounts(door)
    await door.says(ADA, "/member remove nora")
    place = WorkspaceKey(Platform.WEB, "playground")
    assert await door.database.run(lambda uow: uow.bans.add(place, "nora", uow.now))
    assert (await _erased_by_an_accomplice(door)).refused
    assert "is waiting" in heard(await door.says(second, f"/join {await door.code()}"))


async def test_people_switched_off_by_their_district_erased_by_an_admin_of_another_school(door: Door) -> None:
    code, second = await _switched_off(door)
    assert (await _erased_by_an_accomplice(door)).refused
    assert not (await door.says(MAL, "/member remove Nora")).refused
    assert (await door.says(MAL, "/member erase Nora sure:yes")).refused
    for who in ("nora", second):
        assert (await door.says(who, f"/join {code}")).refused


async def test_people_switched_off_by_their_district_can_be_erased_by_its_own_admins(door: Door) -> None:
    """They decide whether somebody comes back, so they may lift it."""
    root = caller("root", administers=True)
    await _switched_off(door)
    assert not (await door.says(root, "/member erase Nora sure:yes")).refused

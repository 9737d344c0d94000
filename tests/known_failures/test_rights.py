"""Rights of people who should not have them."""

from bot.core.ids import new_id
from bot.core.invitations.guessing import Limits
from bot.core.notices import destinations
from bot.core.notices.notices import Audience
from bot.core.people import passwords
from bot.core.people.passwords import SignInWays
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.rosters.imports import Faulty
from bot.core.rosters.rows import Problem
from bot.core.scim.model import Group
from bot.core.values import replace
from tests.core.door import Door, actions_in, heard, maple
from tests.core.invited import ADA, owner, signed_in
from tests.core.rostering import Office
from tests.world import START, caller

ROOT = caller("root", administers=True)
HERE = WorkspaceKey(Platform.WEB, "playground")
ABOVE = ("District Admin", "System Administrator", "District User")


async def test_registration_off_but_reachable(door: Door) -> None:
    await maple(door, invite=None)
    school = (await door.school()).id
    before = await door.known()
    stranger = caller("stranger", workspace="oak")
    for who in (stranger, caller("stranger", workspace=None)):
        for line in ('/join school:"Maple Grove"', f"/join school:{school}", "/school find maple"):
            assert "Maple" not in heard(await door.says(who, line)).replace("“Maple Grove”", "")
        for command in ("join", "school further", "request again"):
            for name in ("school", "request"):
                assert (await door.clicks(who, command, **{name: school})).refused
    assert await door.known() == before


async def test_grants_above_the_ceiling_by_role(door: Door) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    before = await door.known()
    for role in ABOVE:
        for line in (
            f'/member roles person:nora roles:"{role}"',
            f'/invite create role:"{role}"',
            f'/invite person to:nia@example.org name:Nia roles:"{role}"',
            f'/member create email:nia@example.org first_name:Nia last_name:O roles:"{role}"',
            f'/school edit default_role:"{role}"',
        ):
            assert (await door.says(ADA, line)).refused, line
    for more in ("permissions:system.manage", "permissions:member.read grants:district.manage"):
        assert (await door.says(ADA, f"/role create name:Key {more}")).refused
    assert (await door.says(ADA, '/member roles person:ada roles:"School Admin, Evaluator"')).refused
    assert await door.known() == before


async def test_grants_above_the_ceiling_by_group(door: Door) -> None:
    await door.says(ROOT, "/district create North")
    await door.says(ROOT, "/school create Oak district:North approval:automatic")
    await door.says(ROOT, "/scim connect district:North")
    await door.says(ROOT, '/invite create role:"School Admin"')
    await door.says("omar", f"/join {await door.code()}")
    (school,) = await door.database.read(lambda uow: uow.schools.linked_to(HERE))
    assert school.district_id is not None
    teachers = Group(new_id(START), school.district_id, "Teachers", START, START)
    await door.database.run(lambda uow: uow.scim_groups.add(teachers))
    before = await door.known()
    for who in ("omar", "stranger"):
        for line in (
            "/scim rotate district:North",
            "/scim show district:North",
            "/scim groups district:North",
        ):
            assert (await door.says(who, line)).refused
    given = {"group": "Teachers", "school": "Oak", "district": "North"}
    for role in ABOVE:
        for giver in (ROOT, caller("omar")):
            assert (await door.clicks(giver, "scim link", role=role, **given)).refused
    assert await door.known() == before
    assert not (await door.clicks(ROOT, "scim link", role="Viewer", **given)).refused


async def test_grants_above_the_ceiling_by_import(door: Door) -> None:
    await door.says(ADA, "/school create Maple")
    clerk = "roster.import,member.create,role.grant,member.read,member.edit"
    await door.says(ADA, f"/role create name:Clerk permissions:{clerk}")
    await door.says(ADA, "/invite create role:Clerk")
    await door.says(ADA, "/school edit approval:automatic")
    await door.says("cleo", f"/join {await door.code()}")
    office = Office(door, "cleo")
    for role in ("School Admin", "Teacher", *ABOVE):
        found = await office.plan([("new@example.org", "New", "One", "", role)])
        assert isinstance(found, Faulty), role
        assert {one.problem for one in found.errors} <= {Problem.ABOVE_CEILING, Problem.UNKNOWN_ROLE}, role


async def test_a_session_that_outlives_demotion(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    await door.says("nora", f"/join {await door.code()}")
    (request,) = await door.requests()
    shown = actions_in(await door.says("omar", f"/request show {request.id}"))
    button = shown["Approve as Viewer"]
    await door.says(ADA, "/member roles person:omar roles:Viewer")
    before = await door.known()
    assert (await door.runner.act(button, caller("omar"))).refused
    for line in (
        "/member list status:pending",
        "/request list",
        "/invite create",
        f"/request reject {request.id}",
    ):
        assert (await door.says("omar", line)).refused, line
    assert await door.known() == before


async def test_deleting_an_account_that_promotes_the_wrong_one(door: Door) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    await door.says(ADA, '/invite create role:"School Admin"')
    await door.says("pia", f"/join {await door.code()}")
    primary = (await door.school()).primary_admin_id
    await door.says(ADA, "/member suspend pia")
    # Nobody becomes Primary Admin because somebody goes, and the Primary Admin does not go.
    assert (await door.says(ADA, "/account erase sure:yes")).refused
    assert (await door.says("omar", "/member erase ada sure:yes")).refused
    assert (await door.school()).primary_admin_id == primary
    assert not (await door.says("omar", "/account erase sure:yes")).refused
    assert (await door.school()).primary_admin_id == primary
    # It passes to whom it was given, and to no one who is at rest or no admin.
    for other in ("pia", "nora"):
        assert (await door.says(ADA, f"/member primary {other}")).refused
    await door.says(ADA, "/member reinstate pia")
    assert not (await door.says(ADA, "/member primary pia sure:yes")).refused
    pias = (await door.school()).primary_admin_id
    assert pias not in {None, primary}
    assert not (await door.says(ADA, "/account erase sure:yes")).refused
    assert (await door.school()).primary_admin_id == pias
    assert "Pia" in heard(await door.says("pia", "/school show"))


async def test_an_address_that_somebody_only_calls_themselves(door: Door) -> None:
    """A typed e-mail address means its owner, not a person who uses it as a name."""
    await maple(door, 'approval:"by request"')
    await door.says(ROOT, "/district create North")
    await door.says(ROOT, "/school move district:North")
    posing = caller("head@school.example")
    await door.says(posing, f"/join {await door.code()}")
    before = await door.known()
    assert (await door.says(ADA, "/request approve head@school.example")).refused
    assert await door.known() == before
    assert not (await door.clicks(ADA, "request approve", request=(await door.requests())[0].id)).refused
    before = await door.known()
    for who, line in (
        (ADA, '/member roles person:head@school.example roles:"School Admin"'),
        (ADA, '/member roles person:@head@school.example roles:"School Admin"'),
        (ADA, "/member suspend head@school.example"),
        (ROOT, '/district grant person:head@school.example role:"District Admin"'),
    ):
        assert (await door.says(who, line)).refused, line
    assert await door.known() == before
    # Whoever has the address is found by it, whatever others are called.
    await door.says(ADA, "/member create email:head@school.example first_name:Nia last_name:Okafor")
    await door.says(ADA, "/member suspend head@school.example")
    assert "Suspended" in heard(await door.says(ADA, '/member show "Nia Okafor"'))


async def test_requests_are_not_shown_in_a_channel_chosen_by_a_reader(door: Door) -> None:
    """People who choose the approvals channel may choose one of their own."""
    await maple(door, 'approval:"by request"', invite=None)
    await door.says(ADA, "/role create name:Clerk permissions:school.edit")
    await door.says(ADA, "/invite person to:@cleo roles:Clerk")
    await door.says("cleo", f"/join {await door.code()}")
    await door.clicks(ADA, "request approve", request=(await door.requests())[0].id)
    assert not (await door.says("cleo", "/school edit direct_messages:no")).refused
    before = await door.known()
    for line in ("/school approvals", "/school approvals channel:cleos-own"):
        assert "request.read" in heard(await door.says("cleo", line))
    assert await door.known() == before
    assert not (await door.says(ADA, "/school approvals")).refused


async def test_an_admin_who_makes_themselves_somebody_elses_account(door: Door) -> None:
    """An address that an admin has entered merges nobody with the owner of an account, now or later."""
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    posing = signed_in("mal", "mal@example.org")
    for line in (
        "/member edit person:nora first_name:Nora last_name:Lee email:mal@example.org",
        "/invite person to:mal@example.org roles:Observer",
    ):
        assert not (await door.says(ADA, line)).refused, line
    made = (await door.invitations())[0]
    await door.clicks(ADA, "invite send", invitation=made.id)
    assert (await door.clicks(posing, "invite accept", invitation=made.id)).refused
    assert (await door.clicks(posing, "invite accept", invitation=made.token)).refused
    assert (await door.says(posing, f"/join {made.code}")).refused
    assert await owner(door, posing) is None
    # Nor does a password that is mailed there.
    door.runner = replace(door.runner, ways=SignInWays(passwords=True, mails=True))
    assert "ask for the link themselves" in heard(await door.says(ADA, '/member password "Nora Lee"'))

    def forgotten(uow: UnitOfWork) -> list[bool]:
        passwords.ask(uow, "mal@example.org", "192.0.2.1", Limits())
        nora = uow.people.by_email("mal@example.org")
        assert nora is not None
        waiting = uow.outbox.waiting_at(destinations.mailbox(nora.id))
        return [passwords.wanted(uow, one) for one in waiting if one.audience is Audience.FORGOTTEN]

    assert await door.database.run(forgotten) == [False]


async def test_an_invitation_of_ones_own_that_gives_more_than_one_has(door: Door) -> None:
    """A district's admin can give a school's people rights that they do not have themselves."""
    await door.says(ROOT, "/district create North")
    await door.says(ROOT, "/school create Oak district:North approval:automatic")
    await door.says(ROOT, "/invite create")
    await door.says("dora", f"/join {await door.code()}")
    assert not (await door.says(ROOT, '/district grant person:dora role:"District Admin"')).refused
    await door.says(ROOT, "/member remove dora")
    await door.says("dora", "/invite create role:Evaluator")
    before = await door.known()
    assert (await door.says("dora", f"/join {await door.code()}")).refused
    assert await door.known() == before
    assert "Welcome" in heard(await door.says("theo", f"/join {await door.code()}"))
    await door.says("dora", '/invite create role:"School Admin"')
    assert "Welcome" in heard(await door.says("dora", f"/join {await door.code()}"))


async def test_what_is_held_of_an_admin_handed_over_to_a_clerk(door: Door) -> None:
    await maple(door)
    await door.says(ADA, '/role create name:Clerk permissions:"member.edit, member.read"')
    await door.says(ADA, "/invite create role:Clerk uses:1")
    await door.says("cleo", f"/join {await door.code()}")
    await door.says(ADA, "/invite create role:Viewer uses:1")
    await door.says("nora", f"/join {await door.code()}")
    before = await door.known()
    assert "rights that you do not have" in heard(await door.says("cleo", "/member export omar"))
    assert await door.known() == before
    for who, of in (("cleo", "nora"), ("cleo", "cleo"), ("omar", "cleo"), ("omar", "ada")):
        assert not (await door.says(who, f"/member export {of}")).refused


async def test_a_name_that_differs_in_an_accent_taken_for_whoever_was_meant(door: Door) -> None:
    """In chats people choose what they are called; who types it without its accents may mean either."""
    await maple(door)
    for name in ("Núñez", "Nunez", "O\u2019Brien", "O'Brien"):
        await door.says(caller(name), f"/join {await door.code()}")
    before = await door.known()
    for typed in ("Nunez", "NUNEZ", "O'Brien", "O\u2019Brien", "OBrien"):
        assert (await door.says(ADA, f'/member roles person:"{typed}" roles:Teacher')).refused, typed
    assert await door.known() == before
    assert heard(await door.says(ADA, '/member roles person:"Núñez" roles:Teacher')).startswith("Núñez")
    await door.says(ROOT, "/district create North")
    await door.says(ROOT, "/school move district:North")
    grant = '/district grant person:"{}" role:"District Admin"'
    assert (await door.says(ROOT, grant.format("Nunez"))).refused
    assert "Núñez" in heard(await door.says(ROOT, grant.format("Núñez")))


async def test_without_the_right_to_see_members_only_name_and_status_are_shown(door: Door) -> None:
    await maple(door)
    await door.says(ADA, "/role create name:Clerk permissions:member.suspend")
    await door.says(ADA, "/invite create role:Clerk uses:1")
    await door.says("cleo", f"/join {await door.code()}")
    await door.says(ADA, "/member create email:pat@example.org first_name:Pat last_name:Lee roles:Viewer")
    assert (await door.says("cleo", '/member show "Pat Lee"')).refused
    for line in ('/member suspend "Pat Lee"', '/member suspend "Pat Lee"', '/member reinstate "Pat Lee"'):
        said = heard(await door.says("cleo", line))
        assert "Pat Lee" in said
        assert "Status" in said
        assert not any(known in said for known in ("pat@example.org", "Viewer", "Joined", "Accounts"))
    assert "pat@example.org" in heard(await door.says(ADA, '/member suspend "Pat Lee"'))


async def test_without_the_right_to_see_members_inviting_them_tells_nothing_of_them(door: Door) -> None:
    await maple(door)
    await door.says(
        ADA, "/role create name:Greeter permissions:invitation.create,role.grant,observation.receive"
    )
    await door.says(ADA, "/invite create role:Greeter uses:1")
    await door.says("gus", f"/join {await door.code()}")
    await door.says(ADA, "/member create email:pat@example.org first_name:Pat last_name:Lee roles:Viewer")
    for to, shown in (('"Pat Lee"', "pat@example.org"), ("pat@example.org", "Pat Lee")):
        said = heard(await door.says("gus", f"/invite person to:{to} roles:Observable"))
        assert ("Preview" in said, shown in said) == (True, False), to

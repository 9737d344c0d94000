"""Schools and their workspaces, as people set them up."""

from datetime import timedelta

import pytest

from bot.core.ids import normal_code
from bot.core.rights.actors import Caller, Platform
from bot.core.schools.schools import Approval, SchoolAccess
from bot.core.values import replace
from tests.core.door import Door, actions_in, heard, maple
from tests.world import caller

ADA = caller("ada", administers=True)
SLACK = caller("bea", administers=True, platform=Platform.SLACK, workspace="T1")


def _code_in(said: str) -> str:
    return next(word for word in said.replace("\n", " ").split() if normal_code(word))


async def test_the_first_admin_makes_a_school(door: Door) -> None:
    said = heard(await door.says(ADA, '/school create "Maple Grove" access:public zone:berlin'))
    assert said.startswith("Maple Grove is ready")
    school = await door.school()
    assert (school.name, school.access, school.approval) == (
        "Maple Grove",
        SchoolAccess.PUBLIC,
        Approval.BY_REQUEST,
    )
    assert school.zone == "Europe/Berlin"
    assert await door.members() == {"Ada": "active"}
    assert "Primary Admin\nAda" in heard(await door.says(ADA, "/school show"))


@pytest.mark.parametrize("who", ["nora", caller("nora", workspace=None, administers=True)])
async def test_only_who_administers_the_workspace_makes_a_school(door: Door, who: Caller | str) -> None:
    before = await door.tables()
    said = heard(await door.says(who, '/school create "Mine"'))
    assert "Only an owner or administrator of this server or workspace" in said
    assert await door.tables() == before


@pytest.mark.parametrize("name", ["Maple Grove", "MAPLE GROVE", "maple  grove"])
async def test_a_name_is_taken_once_in_a_workspace(door: Door, name: str) -> None:
    await maple(door)
    await door.says(ADA, '/school create "Oak Hill"')
    await door.says(SLACK, f'/homeroom school create "{name}"')
    offered = _code_in(heard(await door.says(ADA, '/school share school:"Maple Grove"')))
    before = await door.tables()
    for who, line in (
        (ADA, f'/school create "{name}"'),
        (ADA, f'/school edit school:"Oak Hill" name:"{name}"'),
        (SLACK, f"/homeroom school link {offered}"),
    ):
        assert "is already taken here" in heard(await door.says(who, line)), line
        assert await door.tables() == before, line
    assert "settings saved" in heard(
        await door.says(ADA, '/school edit school:"Maple Grove" name:"MAPLE Grove"')
    )


async def test_a_name_is_taken_where_the_school_is_wherever_its_admin_is(door: Door) -> None:
    await maple(door)
    await door.says(ADA, '/school create "Oak Hill"')
    await door.says(caller("ada", administers=True, workspace="elsewhere"), "/school create Elm")
    for where in (None, "elsewhere"):
        who = caller("ada", workspace=where)
        said = heard(await door.says(who, '/school edit school:"Oak Hill" name:"Maple Grove"'))
        assert "is already taken here" in said, where
    who = caller("ada", workspace="elsewhere")
    assert "Elm: settings saved" in heard(await door.says(who, '/school edit school:"Oak Hill" name:Elm'))


async def test_a_school_is_not_restored_beside_another_of_its_name(door: Door) -> None:
    await maple(door)
    await door.says(ADA, '/school create "Oak Hill"')
    await door.says("root", '/school archive school:"Oak Hill"')
    await door.says(ADA, '/school create "OAK Hill"')
    old = actions_in(await door.says("root", '/school archive school:"OAK Hill"'))["Restore"]
    await door.clicks("root", old.command, **old.values)
    (archived,) = await door.database.read(
        lambda uow: [one for one in uow.schools.overseen(None, "oak", 9, archived=True) if one.archived]
    )
    assert "is already taken here" in heard(await door.says("root", f"/school restore {archived.id}"))


async def test_settings_change_and_what_is_left_out_stays(door: Door) -> None:
    await maple(door)
    before = await door.school()
    await door.says(ADA, '/school edit support_contact:"the office" default_role:Staff')
    after = await door.school()
    assert (after.support_contact, after.default_role) == ("the office", "Staff")
    assert (after.name, after.approval, after.zone) == (before.name, before.approval, before.zone)
    stored = await door.tables()
    assert "settings saved" in heard(await door.says(ADA, "/school edit default_role:Staff"))
    assert await door.tables() == stored, "what changes nothing leaves no entry"


@pytest.mark.parametrize(
    "line",
    [
        '/school edit name:"   "',
        "/school edit name:X",
        "/school edit zone:Atlantis",
        '/school edit default_role:"System Administrator"',
        "/school edit access:open",
        "/school edit direct_messages:perhaps",
        "/school edit colour:red",
        "/school edit name:" + "x" * 81,
    ],
)
async def test_settings_that_cannot_be(door: Door, line: str) -> None:
    await maple(door)
    before = await door.tables()
    assert "settings saved" not in heard(await door.says(ADA, line))
    assert await door.tables() == before


async def test_a_school_is_linked_to_another_platform_by_a_one_time_code(door: Door) -> None:
    await maple(door)
    offered = heard(await door.says(ADA, "/school share"))
    code = _code_in(offered)
    for who in (caller("nora", platform=Platform.SLACK, workspace="T1"), "nora"):
        before = await door.known()
        assert "Only an owner or administrator" in heard(await door.says(who, f"school link {code}"))
        assert await door.known() == before
    for line in (f"/school link {code}", f"/homeroom school link {code}"):
        assert line in offered, "it can be copied as it is typed there"
    assert "is linked to this server or workspace" in heard(
        await door.says(SLACK, f"/homeroom school link {code}")
    )
    there = caller("nora", platform=Platform.SLACK, workspace="T1")
    assert "Welcome to Maple Grove" in heard(await door.says(there, f"/homeroom join {await door.code()}"))
    before = await door.known()
    elsewhere = caller("eve", administers=True, workspace="elsewhere")
    assert "That one-time code cannot be used." in heard(await door.says(elsewhere, f"/school link {code}"))
    assert await door.known() == before


async def test_a_code_that_links_lives_a_day_and_the_newest_counts(door: Door) -> None:
    await maple(door)
    old = _code_in(heard(await door.says(ADA, "/school share")))
    new = _code_in(heard(await door.says(ADA, "/school share")))
    assert "cannot be used" in heard(await door.says(SLACK, f"/homeroom school link {old}"))
    door.clock.forward(timedelta(hours=24))
    assert "cannot be used" in heard(await door.says(SLACK, f"/homeroom school link {new}"))


async def test_only_admins_offer_a_link(door: Door) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    before = await door.tables()
    assert "You may not" in heard(await door.says("nora", "/school share"))
    assert await door.tables() == before


async def test_which_school_is_meant(door: Door) -> None:
    await maple(door)
    await door.says(ADA, '/school create "Oak Hill"')
    assert "Which school do you mean?" in heard(await door.says(ADA, "/invite create"))
    for typed in ("oak hill", "OAK HILL"):
        assert "Invitation to Oak Hill" in heard(await door.says(ADA, f'/invite create school:"{typed}"'))
    assert "I cannot find that school here." in heard(await door.says(ADA, "/invite create school:Nowhere"))
    assert "Invitations of Maple Grove" in heard(await door.says("omar", "/invite list")), "their only one"


async def test_a_school_of_another_workspace_is_not_known(door: Door) -> None:
    await maple(door)
    school = await door.school()
    elsewhere = caller("eve", administers=True, workspace="elsewhere")
    before = await door.tables()
    for typed in (f'"{school.name}"', school.id):
        for command in ("invite create", "member list", "school show", "school share", "request list"):
            said = heard(await door.says(elsewhere, f"/{command} school:{typed}"))
            assert "I cannot find that school here." in said, command
    assert await door.tables() == before


async def test_public_schools_are_found_and_private_ones_are_not(door: Door) -> None:
    await maple(door, "access:public", 'approval:"by request"')
    await door.says(ADA, '/school create "Maple Hidden"')
    elsewhere = caller("eve", workspace="elsewhere")
    said = heard(await door.says(elsewhere, "/school find maple"))
    assert "Maple Grove" in said
    assert "Hidden" not in said


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "America", "x" * 300, "\x00"])
async def test_a_zone_that_no_calendar_knows_breaks_nothing(door: Door, zone: str) -> None:
    odd = replace(caller("root"), zone=zone)
    assert "is ready" in heard(await door.says(odd, '/school create "Maple Grove" approval:automatic'))
    for _ in range(2):  # before and after it stands in their record
        assert "Invitation to Maple Grove" in heard(await door.says(odd, "/invite create expires:7d"))
    assert (await door.school()).zone == "UTC"

"""Refusals that people meet rarely: each is told in words, and nothing is changed."""

from collections.abc import Sequence

import pytest

from bot.core.errors import AboveYou
from bot.core.messages import templates as message_templates
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import RequestState
from bot.core.rights import custom_roles
from bot.core.rights.actors import Actor, Caller
from bot.core.schools import districts
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA
from tests.core.requests.test_request_clock import HOUR, asked, now, passes
from tests.core.waiting import WAITING, lapse
from tests.world import caller

# These test the rules alone; what the databases refuse is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)
ROOT = caller("root", administers=True)


async def _told(door: Door, who: Caller | str, line: str) -> str:
    """Type a line that is refused; return the answer."""
    stored = await door.known()
    reply = await door.says(who, line)
    assert reply.refused, heard(reply)
    assert await door.known() == stored
    return heard(reply)


async def _north(door: Door) -> str:
    """Put Maple Grove into North, one of two districts; return North's id."""
    await maple(door)
    for one in (
        "/district create North",
        "/district create South",
        '/school move district:North school:"Maple Grove"',
    ):
        assert not (await door.says(ROOT, one)).refused
    return (await door.school()).district_id or ""


async def test_of_several_districts_one_must_be_named(door: Door) -> None:
    await _north(door)
    told = await _told(door, ROOT, "/district show")
    assert "North" in told
    assert "South" in told


async def test_an_archived_district_is_not_archived_again_or_managed(door: Door) -> None:
    north = await _north(door)
    await door.says(ROOT, '/school archive school:"Maple Grove"')
    assert not (await door.says(ROOT, "/district archive North")).refused
    assert "How it stands: archived" in await _told(door, ROOT, f"/district archive {north}")
    assert "I cannot find that district" in await _told(door, ROOT, f"/oneroster disconnect district:{north}")


async def test_an_archived_school_is_not_archived_again(door: Door) -> None:
    await _north(door)
    await door.says(ROOT, '/school archive school:"Maple Grove"')
    assert "How it stands: archived" in await _told(door, ROOT, '/school archive school:"Maple Grove"')
    told = heard(await door.says(ROOT, '/why person:omar can:member.read school:"Maple Grove"'))
    assert "archived" in told


async def test_two_of_one_name_must_be_told_apart(door: Door) -> None:
    await _north(door)
    for who in ("nia", "mia"):
        await door.says(replace(caller(who), name="Nia"), f"/join {await door.code()}")
    told = await _told(door, ROOT, '/district grant person:Nia role:"District User" district:North')
    assert "Nia" in told


async def test_nobody_changes_whom_the_settings_name_above_them(door: Door) -> None:
    north = await _north(door)
    await door.says("nia", f"/join {await door.code()}")
    await door.says(ROOT, '/district grant person:nia role:"District Admin" district:North')

    def unit(uow: UnitOfWork) -> None:
        nia, root = caller("nia"), uow.people.by_account(ROOT.account)
        district = uow.districts.by_id(north)
        assert root is not None
        assert district is not None
        districts.grant(
            uow, Actor(nia, uow.people.by_account(nia.account)), district, root.id, "District User"
        )

    with pytest.raises(AboveYou):
        await door.database.run(unit)


async def test_roles_and_templates_have_a_number_at_most(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    await maple(door)
    monkeypatch.setattr(custom_roles, "MOST_ROLES", 0)
    monkeypatch.setattr(message_templates, "MOST", 0)
    assert "one role too many" in await _told(door, ADA, "/role create name:Clerk permissions:member.read")
    assert "one too many" in await _told(door, ADA, "/message save name:Hello subject:Hi text:There")


async def test_nobody_changes_a_role_that_they_have_or_that_somebody_above_them_has(door: Door) -> None:
    await maple(door)
    assert not (await door.says(ADA, "/role create name:Clerk permissions:member.read,role.manage")).refused
    await door.says(ADA, '/member roles person:omar roles:"School Admin, Clerk"')
    assert "a role that you have yourself" in await _told(door, "omar", "/role edit role:Clerk name:Desk")
    await door.says("nia", f"/join {await door.code()}")
    await door.says(ADA, "/member roles person:nia roles:Clerk")
    await _told(door, "nia", "/role edit role:Clerk name:Desk")
    await door.says(ADA, "/role create name:Boss permissions:member.read,role.manage,role.grant")
    await door.says(ADA, "/member roles person:nia roles:Boss")
    assert "rights that you do not have" in await _told(door, "nia", "/role edit role:Clerk name:Desk")


SCHOOL: Sequence[tuple[Sequence[str], str, str]] = [
    ((), "/school times digest_time:8:00 digest_days:none", "digest_days"),
    (["/invite create"], "/invite unlock {code}", "How it stands: open"),
    ((), '/member roles person:omar roles:"School Admin"', "How it stands: as you want it"),
    ((), "/member reinstate omar", "neither suspended nor deactivated"),
    ((), "/member restore omar", "on the list"),
    ((), "/member primary ada", "Primary Admin"),
    (["/invite person name:Nia"], "/invite post {code}", "is for one person alone"),
]


@pytest.mark.parametrize(("before", "line", "told"), SCHOOL)
async def test_what_a_school_is_told(door: Door, before: Sequence[str], line: str, told: str) -> None:
    await maple(door, invite=None)
    for one in before:
        assert not (await door.says(ADA, one)).refused
    code = (await door.invitations())[0].code
    assert told in await _told(door, ADA, line.format(code=code))


async def test_asking_again_is_for_what_nobody_answered_and_for_open_doors(door: Door) -> None:
    await maple(door, "access:public", 'approval:"by request"', invite=None)
    await door.says("nia", '/join school:"Maple Grove"')
    (request,) = await door.requests()
    stored = await door.known()
    assert (await door.clicks("nia", "request again", request=request.id)).refused
    assert await door.known() == stored
    await lapse(door)
    await door.says(ADA, "/school edit access:private")
    shut = heard(await door.clicks("nia", "request again", request=request.id))
    assert "need an invitation to join that school" in shut
    await door.says(ADA, "/school edit access:public")
    assert not (await door.clicks("nia", "request again", request=request.id)).refused


@pytest.mark.parametrize(
    ("what", "hours"), [("save_progress", 24), ("save_progress", 72), ("decide", 24 * 27)]
)
async def test_what_is_decided_as_its_time_comes_takes_no_step_of_the_clock(
    door: Door, monkeypatch: pytest.MonkeyPatch, what: str, hours: int
) -> None:
    request = await asked(door)
    if what == "decide":  # the approvers have been told by then
        await passes(door, 72 * HOUR)
    before = await door.audited()
    door.clock.forward(hours * HOUR)
    await door.database.read(
        lambda uow: monkeypatch.setattr(type(uow.join_requests), what, lambda *_, **__: False)
    )
    await door.database.run(lambda uow: WAITING.unit(uow, ItemTracker()))
    assert await door.audited() == before
    assert (await now(door, request)).state is RequestState.PENDING


DISTRICT = [
    ("/district edit district:North name:North", "How it stands: North"),
    (
        '/district grant person:nia role:"District User" district:North',
        "How it stands: District",
    ),
    (
        '/district revoke person:nia role:"District Admin" district:North',
        "How it stands: not District",
    ),
    ('/district grant person:mia role:"District User" district:South', "cannot find that district"),
    ("/district archive South", "cannot find that district"),
]


@pytest.mark.parametrize(("line", "told"), DISTRICT)
async def test_what_is_so_already_in_a_district_is_told(door: Door, line: str, told: str) -> None:
    await maple(door)
    for who in ("nia", "mia"):
        await door.says(who, f"/join {await door.code()}")
    for one in (
        "/district create North",
        "/district create South",
        "/district archive South",
        '/district grant person:nia role:"District User" district:North',
    ):
        assert not (await door.says(ROOT, one)).refused, one
    stored = await door.known()
    assert told in heard(await door.says(ROOT, line))
    assert await door.known() == stored


async def test_a_name_with_a_comma_is_no_roles(door: Door) -> None:
    await maple(door, invite=None)
    told = heard(await door.says(ADA, '/role create name:"Front, Office" permissions:member.read'))
    assert "cannot have a comma or semicolon in it" in told


async def test_a_template_that_stays_as_it_is_is_no_change(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/message save name:Hello subject:Hi text:There")
    stored = await door.known()
    told = heard(await door.says(ADA, "/message edit template:Hello text:There"))
    assert "How it stands: as you want it" in told
    assert await door.known() == stored

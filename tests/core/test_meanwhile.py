"""Somebody else was faster: a conditional update refuses the whole change, and in words."""

import pytest

from bot.core.ports import UnitOfWork
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA, link
from tests.world import caller

ROOT = caller("root")
WAITING = ("request reject", "request approve")


async def _others_were_faster(door: Door, monkeypatch: pytest.MonkeyPatch, where: str, what: str) -> None:
    """Make a conditional update find that its condition no longer holds."""

    def break_off(uow: UnitOfWork) -> None:
        monkeypatch.setattr(type(getattr(uow, where)), what, lambda *_, **__: False)

    await door.database.read(break_off)


@pytest.mark.parametrize(
    ("before", "where", "what", "line", "told"),
    [
        ([], "members", "change", "/member suspend omar", "How it stands: neither suspended nor deactivated"),
        (
            ["/role create name:Clerk permissions:member.read"],
            "roles",
            "save",
            "/role edit role:Clerk name:Office",
            "The name Office is already taken here",
        ),
        (
            ["/message save name:Hello subject:Hi text:There"],
            "templates",
            "save",
            "/message edit template:Hello text:New",
            "is taken",
        ),
        (
            ["/message save name:Hello subject:Hi text:There"],
            "templates",
            "drop",
            "/message delete template:Hello",
            "I cannot find that template",
        ),
    ],
)
async def test_what_was_changed_meanwhile_is_not_changed(
    door: Door,
    monkeypatch: pytest.MonkeyPatch,
    before: list[str],
    where: str,
    what: str,
    line: str,
    told: str,
) -> None:
    await maple(door, invite=None)
    for one in before:
        assert not (await door.says(ADA, one)).refused
    stored = await door.known()
    await _others_were_faster(door, monkeypatch, where, what)
    reply = await door.says(ADA, line)
    assert reply.refused
    assert told in heard(reply)
    assert await door.known() == stored


@pytest.mark.parametrize("command", WAITING)
async def test_a_membership_that_waits_no_more_is_not_decided(
    door: Door, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    await maple(door, 'approval:"by request"')
    await door.says("nia", f"/join {await door.code()}")
    (request,) = await door.requests()
    stored = await door.known()
    await _others_were_faster(door, monkeypatch, "members", "change_standing")
    assert "That request is no longer waiting." in heard(
        await door.clicks("omar", command, request=request.id)
    )
    assert await door.known() == stored


async def test_an_invitation_that_was_answered_meanwhile_is_not_declined(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person name:Nia")
    (made, *_) = await door.invitations()
    stored = await door.known()
    await _others_were_faster(door, monkeypatch, "addressed", "decline")
    told = heard(await door.clicks("nia", "invite decline", invitation=link(made)))
    assert told.startswith("Your invitation is")
    assert await door.known() == stored


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

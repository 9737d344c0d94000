"""Lists of people that leave as a file are in the audit log; looking at them is not."""

from typing import Any

import pytest

from bot.chat.replies import Card, File, Reply
from tests.core.broadcasts import send, work
from tests.core.door import Door, actions_in, heard
from tests.core.rosters.test_roster_commands import HEAD, LEO, NIA, _clicks, _imports
from tests.world import caller

ADA, ROOT = caller("ada", administers=True), caller("root", administers=True)
NAMES = ("Nia", "Novak", "nia@example.org", "Leo", "Lind")


@pytest.fixture
async def maple(door: Door) -> Door:
    """A school with three members, two of them from a roster."""
    await door.says(ADA, "/school create Maple approval:automatic")
    plan = actions_in(await _imports(door, HEAD + NIA + LEO))
    await _clicks(door, plan["Apply"])
    return door


async def _noted(door: Door) -> list[tuple[str, object, object, str | None]]:
    """Return the noted exports: of what, how many rows, in which chain and by whom."""
    return [
        (one.subject.partition(":")[0], one.new["list"], one.new["rows"], one.front)
        for one in await door.audit_entries()
        if one.action == "list.exported"
    ]


def _has_file(reply: Reply) -> bool:
    assert isinstance(reply.answer, Card), heard(reply)
    return any(isinstance(one, File) for one in reply.answer.blocks)


async def test_a_roster_that_is_exported(maple: Door) -> None:
    assert _has_file(await maple.says(ADA, "/roster export"))
    assert await _noted(maple) == [("school", "members", 2, "web")]
    entry = (await maple.audit_entries())[-1]
    assert entry.school_id == (await maple.school()).id
    assert entry.actor_id is not None
    assert not [name for name in NAMES if name in repr(entry)]
    told = heard(await maple.says(ADA, "/audit list what:exported"))
    assert "list exported · list: members, rows: 2" in told


async def test_the_roster_of_a_district(maple: Door) -> None:
    await maple.says(ROOT, "/district create North")
    await maple.says(ROOT, "/school move school:Maple district:North")
    await maple.says(ROOT, "/roster export whole_district:yes school:Maple")
    assert await _noted(maple) == [("district", "members", 2, "web")]
    assert "list exported · North · list: members" in heard(
        await maple.says(ADA, "/audit list what:exported")
    )


async def test_the_people_of_an_import(maple: Door) -> None:
    shown = await _imports(maple, HEAD + NIA.replace("Staff", "Viewer"))
    before = await maple.tables()
    await maple.clicks(ADA, "roster show", roster=actions_in(shown)["Everyone as a file"].values["roster"])
    assert await maple.tables() == before
    await _clicks(maple, actions_in(shown)["Everyone as a file"])
    assert await _noted(maple) == [("roster_import", "import", 1, "web")]


@pytest.mark.parametrize(
    ("typed", "noted"),
    [
        ("/report roster format:csv", [("school", "roster differences", 1, "web")]),
        ("/report roster", []),
        ("/report members format:csv", []),
        ("/audit export names:yes", [("school", "audit log with names", 2, "web")]),
        ("/audit export", [("school", "audit log", 2, "web")]),
        ("/audit list", []),
        ("/member list", []),
    ],
)
async def test_what_a_list_of_people_is(maple: Door, typed: str, noted: list[Any]) -> None:
    before = await maple.tables()
    assert not (await maple.says(ADA, typed)).refused
    assert await _noted(maple) == noted
    assert (await maple.tables() == before) == (not noted), "whoever only looks, changes nothing"


async def test_the_log_of_what_belongs_to_no_school(maple: Door) -> None:
    await maple.says(ROOT, "/district create North")
    assert _has_file(await maple.says(ROOT, "/system export"))
    (noted,) = await _noted(maple)
    assert noted[:2] == ("system", "audit log")


async def test_everyone_in_bulk_work_and_of_a_message(maple: Door) -> None:
    plan = actions_in(await maple.says(ADA, "/bulk plan act:suspend search:nia"))
    await _clicks(maple, next(one for one in plan.values() if one.command == "bulk who"))
    made = await send(maple)
    await work(maple)
    await maple.clicks(ADA, "message who", broadcast=made)
    assert await _noted(maple) == [("bulk_job", "bulk work", 1, "web"), ("broadcast", "message", 3, "web")]


async def test_nothing_is_noted_for_whoever_may_not_have_it(maple: Door) -> None:
    await maple.says(ADA, "/invite create role:Viewer")
    await maple.says("vic", f"/join {await maple.code()}")
    for typed in ("/roster export", "/audit export", "/report roster format:csv"):
        assert (await maple.says("vic", typed)).refused
    assert await _noted(maple) == []

"""What the audit log shows about a person: who let them in, what was asked and offered, even if they left."""

import pytest

from bot.chat.replies import Card, Table
from bot.chat.text import plain
from tests.core.deeds import ADA, INVITE, join_by_code
from tests.core.door import Door
from tests.core.rostering import LEO, NIA, Office

# These test the rules alone; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


async def told(door: Door, person: str, who: str = "ada") -> list[str]:
    """Return what Maple's audit log says about a person, newest first."""
    card = (await door.says(who, f"/audit list person:{person} school:Maple")).answer
    assert isinstance(card, Card)
    (rows,) = (block.rows for block in card.blocks if isinstance(block, Table))
    return [f"{plain(by)}: {plain(what)}" for _, by, what, _ in rows]


async def test_the_log_tells_who_let_whom_in_also_of_who_has_left(both: Door) -> None:
    await both.says(ADA, '/school edit approval:"by request" school:Maple')
    await join_by_code(both, "Maple")
    await both.says(ADA, "/request approve nia")
    await both.says("pia", "/member remove nia school:Maple")
    assert await told(both, "nia") == [
        "Pia: member removed · Nia · standing was active",
        "Ada: join request approved · Nia · state: pending → approved, role: Viewer",
        "Nia: invitation redeemed · inviter: Pia, role: Viewer, standing: pending",
    ]
    assert await told(both, "<@nia>") == await told(both, "NIA")
    for who in ("leo", "<@ola>"):
        assert (await both.says(ADA, f"/audit list person:{who} school:Maple")).refused


async def test_the_log_tells_what_came_of_an_invitation_for_one_person(both: Door) -> None:
    await join_by_code(both, "Maple")
    await both.says("pia", INVITE)
    await both.says(ADA, "/member suspend nia school:Maple")
    (made, *_) = await both.invitations_of("Maple")
    await both.says("nia", f"/invite accept {made.code}")
    accepted = "invitation accepted · Nia · inviter: Pia"
    assert await told(both, "nia") == [
        f"Nia: {accepted}, granted: Staff (another school), left out: Staff (Maple, barred)",
        "Ada: member suspended · Nia · state: ok → suspended",
        "Pia: invitation created · person: Nia, way: dm, grants: Staff (Maple), Staff (another school)",
        "Nia: invitation redeemed · inviter: Pia, role: Viewer, standing: active",
    ]


async def test_of_two_who_left_and_have_one_name_neither_is_guessed(both: Door) -> None:
    for who in ("nia", "nora"):
        await join_by_code(both, "Maple", who)
        await both.says(ADA, f"/member edit {who} first_name:Mia last_name:Lund school:Maple")
        await both.says(ADA, '/member remove "Mia Lund" school:Maple')
    assert (await both.says(ADA, '/audit list person:"Mia Lund" school:Maple')).refused
    assert len(await told(both, "<@nora>")) == len(await told(both, "<@nia>")) == 3


async def test_the_log_tells_of_somebody_which_rosters_changed_them(maple: Office) -> None:
    await maple.imports([NIA, LEO])
    await maple.imports([NIA, (*LEO, "", "Staff")])
    assert await told(maple.door, "nia@example.org") == ["Ada: roster imported · add: 2, missing: keep"]
    last, first = await told(maple.door, "leo@example.org")
    assert "change: 1" in last
    assert "add: 2" in first


async def test_the_log_names_places_and_things_of_the_school(door: Door) -> None:
    await door.says(ADA, "/school create Maple")
    await door.says(ADA, "/school approvals channel:approvals")
    await door.says(ADA, "/role create name:Helper permissions:member.read")
    await door.says(ADA, "/invite batch count:2 label:7b")
    await door.says(ADA, '/message save name:Trip subject:"The trip" text:Tomorrow')
    card = (await door.says(ADA, "/audit list")).answer
    assert isinstance(card, Card)
    (rows,) = (block.rows for block in card.blocks if isinstance(block, Table))
    said = [plain(what) for _, _, what, _ in rows]
    assert said[0] == "template saved · Trip"
    assert said[1].startswith("batch created · 7b · ")
    assert said[2].startswith("role created · Helper · ")
    assert said[3] == "school approvals channel set · workspace: Maple (Web), channel: approvals"

"""People who did not name a school choose one, if the message can carry what they typed."""

import pytest

from bot.chat.replies import Card, Reply, Select
from bot.chat.text import plain
from tests.core.door import Door, heard, maple, open_door
from tests.world import caller

LONG = "x" * 60


async def _two_schools() -> Door:
    door = open_door()
    await maple(door)
    await door.says(caller("ada", administers=True), '/school create name:"Oak Hill" approval:automatic')
    return door


def _choice(reply: Reply) -> Select | None:
    assert isinstance(reply.answer, Card)
    return next((block for block in reply.answer.blocks if isinstance(block, Select)), None)


async def test_what_was_typed_is_done_again_with_the_school() -> None:
    door = await _two_schools()
    asked = _choice(await door.says("ada", "/invite create role:Staff uses:3 expires:2d"))
    assert asked is not None
    assert [item.value for item in asked.items] == ["Maple Grove", "Oak Hill"]
    done = await door.clicks("ada", asked.action.command, **asked.action.filled(school="Oak Hill").values)
    said = heard(done)
    assert said.startswith("Invitation to Oak Hill")
    assert "Staff" in said
    assert "0 of 3" in said
    (made,) = await door.invitations_of("Oak Hill")
    assert made.expires_at is not None


@pytest.mark.parametrize(
    "line",
    [
        f"/invite create note:{LONG}",  # no button can carry it
        '/invite person to:nia@example.org school:"Oak Hill" schools:maple',  # another option is unclear
        "/invite show nothing",  # it is not about a school that is typed
    ],
)
async def test_nothing_is_offered_that_would_not_do(line: str) -> None:
    door = await _two_schools()
    reply = await door.says("ada", line)
    assert reply.refused
    assert _choice(reply) is None


async def test_two_of_one_name_are_told_apart_by_their_districts() -> None:
    door, root = open_door("web:root"), caller("root", workspace=None)
    for district in ("North", "South"):
        await door.says(root, f"/district create {district}")
        await door.says(root, f"/school create name:Elm district:{district}")
    asked = _choice(await door.says(root, "/invite create school:elm"))
    assert asked is not None
    assert {plain(item.hint) for item in asked.items if item.hint} == {"North", "South"}
    assert {plain(item.label) for item in asked.items} == {"Elm"}
    chosen = asked.action.filled(school=asked.items[0].value)
    assert heard(await door.clicks("root", chosen.command, **chosen.values)).startswith("Invitation to Elm")

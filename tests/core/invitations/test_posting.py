"""Posting invitations in channels, and a warning before a private link is shown to everyone."""

import pytest

from bot.chat.replies import Card, Table
from bot.chat.text import plain
from bot.core.notices.notices import Audience
from bot.core.values import replace
from tests.core.door import Door, actions_in, heard, maple
from tests.outbox import deliver_all
from tests.world import caller

ADA = caller("ada", administers=True)


def public(reply: object) -> bool:
    card = getattr(reply, "answer", None)
    assert isinstance(card, Card)
    return not card.private


async def posted(door: Door) -> list[str]:
    """Deliver everything; return the subjects of what was posted in the channel."""
    fresh = await door.database.run(deliver_all)
    return [one.subject for one in fresh if one.audience is Audience.POSTED]


async def test_several_channels_have_an_invitation_each(door: Door) -> None:
    await maple(door, invite=None)
    before = await door.audited()
    reply = await door.says(ADA, '/invite create channels:"#class, #parents ,#class,," uses:5 role:Staff')
    assert "2 invitations to Maple Grove" in heard(reply)
    made = (await door.invitations())[:2]
    assert {one.label for one in made} == {"#class", "#parents"}
    assert {one.uses_allowed for one in made} == {5}
    assert len({one.code for one in made} | {one.token for one in made}) == 4
    (table,) = (block for block in reply.answer.blocks if isinstance(block, Table))  # type: ignore[union-attr]
    shown = {plain(row[0]): plain(row[2]) for row in table.rows}
    assert all(shown[one.label].endswith(one.token) for one in made)
    assert (await door.audited())[len(before) :] == ["invitation.created"] * 2
    assert not public(reply)


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("#class #parents", {"#class", "#parents"}),
        ("#class; #parents #class", {"#class", "#parents"}),
        ("#class 4b, parents of 4b", {"#class 4b", "parents of 4b"}),
    ],
)
async def test_channels_need_no_commas(door: Door, typed: str, labels: set[str]) -> None:
    await maple(door, invite=None)
    assert not (await door.says(ADA, f'/invite create channels:"{typed}"')).refused
    assert {one.label for one in await door.invitations() if one.label} == labels


@pytest.mark.parametrize(
    "typed",
    [
        '","',
        '"#a" label:"#b"',
        f'"{", ".join(f"#c{number}" for number in range(11))}"',
        f'"{"x" * 61}"',
    ],
)
async def test_channels_that_cannot_be(door: Door, typed: str) -> None:
    await maple(door)
    before = await door.tables()
    said = await door.says(ADA, f"/invite create channels:{typed}")
    assert said.refused
    assert said.option == "channels"
    assert await door.tables() == before


async def test_a_private_schools_link_is_shown_to_all_only_after_a_warning(door: Door) -> None:
    await maple(door)
    (invitation, _) = await door.invitations()
    before = await door.tables()
    warned = await door.says(ADA, f"/invite post {invitation.code}")
    assert "Maple Grove is private" in heard(warned)
    assert invitation.token not in heard(warned)
    assert not public(warned)
    assert await door.tables() == before
    shown = await door.runner.act(actions_in(warned)["Show it to everyone"], ADA)
    assert "is being posted here" in heard(shown)
    assert invitation.token not in heard(shown)
    assert not shown.redraw or shown.redraw.private
    assert await posted(door) == [invitation.subject]
    entry = (await door.audit_entries())[-1]
    assert (entry.action, entry.new) == ("invitation.posted", {"channel": "general"})


async def test_a_public_schools_link_is_shown_at_once(door: Door) -> None:
    await maple(door, "access:public")
    (invitation, _) = await door.invitations()
    for _ in range(2):  # clicked twice before it is there
        await door.says(ADA, f"/invite post {invitation.code}")
    assert await posted(door) == [invitation.subject]


async def test_outside_of_channels_the_answer_is_the_card(door: Door) -> None:
    await maple(door, "access:public")
    (invitation, _) = await door.invitations()
    shown = await door.says(replace(ADA, channel=None), f"/invite post {invitation.code}")
    assert public(shown)
    assert invitation.token in heard(shown)
    assert await posted(door) == []


async def test_what_does_not_work_is_not_shown(door: Door) -> None:
    await maple(door)
    (invitation, _) = await door.invitations()
    await door.clicks(ADA, "invite lock", invitation=invitation.id)
    said = await door.clicks(ADA, "invite post", invitation=invitation.id, sure="yes")
    assert "This invitation is locked" in heard(said)


async def test_codes_are_not_shown_without_the_right(door: Door) -> None:
    await maple(door)
    (invitation, _) = await door.invitations()
    await door.says(ADA, '/role create name:"Front desk" permissions:invitation.read,invitation.create')
    await door.says(ADA, '/invite create role:"Front desk"')
    await door.says("nora", f"/join {await door.code()}")
    said = await door.clicks("nora", "invite post", invitation=invitation.id, sure="yes")
    assert said.refused
    assert invitation.token not in heard(said)


async def test_every_answer_with_a_secret_is_private(door: Door) -> None:
    await maple(door)
    (invitation, _) = await door.invitations()
    lines = ("create", f"show {invitation.code}", "list", "batch count:1", f"leaked {invitation.code}")
    for line in lines:
        assert not public(await door.says(ADA, f"/invite {line}")), line

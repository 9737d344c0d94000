"""What was given up: who sees it, by which words, and what happens when it is sent again."""

import pytest

from bot.cards.undelivered import KINDS
from bot.chat.context import Links
from bot.chat.notifier import DeliveryFailed
from bot.chat.replies import Card, Select
from bot.core import dead_letters
from bot.core.actors import Platform
from bot.core.notices import Audience, Destination
from bot.core.outbox_ports import DeadLetter
from bot.jobs.delivery import Delivery
from tests.core.door import Door, heard, maple
from tests.world import BASE_URL


class _Post:
    """A platform that refuses, until it does not."""

    def __init__(self) -> None:
        self.refuses = True
        self.sent: list[str] = []

    async def post(self, to: Destination, card: Card) -> None:  # noqa: ARG002
        if self.refuses:
            raise DeliveryFailed("The mail server refuses the recipient (550 5.1.1)", final=True)
        self.sent.append(str(to))

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        raise NotImplementedError


@pytest.fixture
def post() -> _Post:
    return _Post()


async def _given_up(door: Door, post: _Post) -> list[DeadLetter]:
    """Let Nora's invitation by mail be given up."""
    await maple(door)
    await door.says("ada", '/invite person to:nora@example.org name:"Nora Quill" roles:Staff')
    invitation = (await door.invitations())[0]
    await door.clicks("ada", "invite send", invitation=invitation.id)
    await _deliver(door, post)
    return await _dead(door)


async def _deliver(door: Door, post: _Post) -> None:
    await Delivery(door.database, {Platform.EMAIL: post}, door.clock, Links(BASE_URL)).deliver_due()


async def _dead(door: Door) -> list[DeadLetter]:
    return [*await door.database.read(lambda uow: uow.outbox.dead(school_id=None, before=None, limit=99))]


async def test_a_schools_admin_sees_whom_it_was_for_and_sends_it_again(door: Door, post: _Post) -> None:
    (letter,) = await _given_up(door, post)
    reply = await door.says("ada", "/school undelivered")
    said = heard(reply)
    for words in ("Nora Quill", "Invitation", "550 5.1.1"):
        assert words in said
    assert "nora@example.org" not in said
    assert isinstance(reply.answer, Card)
    (choose,) = [block for block in reply.answer.blocks if isinstance(block, Select)]
    assert (choose.action.command, choose.fills) == ("school resend", "notice")
    assert [item.value for item in choose.items] == [letter.notice.id]
    post.refuses = False
    assert "It is sent again" in heard(await door.clicks("ada", "school resend", notice=letter.notice.id))
    await _deliver(door, post)
    assert len(post.sent) == 1
    assert (await door.audited()).count("message.retried") == 1
    assert "Everything has arrived" in heard(await door.says("ada", "/school undelivered"))


async def test_a_second_click_sends_nothing_twice(door: Door, post: _Post) -> None:
    (letter,) = await _given_up(door, post)
    await door.clicks("ada", "school resend", notice=letter.notice.id)
    assert (await door.clicks("ada", "school resend", notice=letter.notice.id)).refused
    assert (await door.audited()).count("message.retried") == 1


async def test_others_neither_see_nor_send_it(door: Door, post: _Post) -> None:
    (letter,) = await _given_up(door, post)
    await door.says("eve", f"/join {await door.code()}")
    for reply in (
        await door.says("eve", "/school undelivered"),
        await door.clicks("eve", "school resend", notice=letter.notice.id),
        await door.clicks("ada", "system resend", notice=letter.notice.id),
    ):
        assert reply.refused
        assert "Nora" not in heard(reply)
    assert await _dead(door) == [letter]


async def test_pages_of_what_did_not_arrive(door: Door, post: _Post) -> None:
    await _given_up(door, post)
    for number in range(12):
        await door.says("ada", f'/invite person to:p{number}@example.org name:"Person {number}" roles:Staff')
        invitation = next(
            one for one in await door.invitations() if one.to and one.to.name == f"Person {number}"
        )
        await door.clicks("ada", "invite send", invitation=invitation.id)
        await _deliver(door, post)
    first = heard(await door.says("ada", "/school undelivered"))
    assert "Person 11" in first
    assert "Nora Quill" not in first
    last = (await _dead(door))[9].notice.id
    older = await door.clicks("ada", "school unsent", after=last)
    assert older.redraw is not None
    shown = heard(older)
    assert "Nora Quill" in shown
    assert "Person 11" not in shown


async def test_an_operator_sends_all_again_with_one_entry_a_school(door: Door, post: _Post) -> None:
    await _given_up(door, post)
    letters = await _dead(door)
    assert await door.database.run(lambda uow: dead_letters.retry_by_operator(uow, letters)) == 1
    assert await door.database.run(lambda uow: dead_letters.retry_by_operator(uow, letters)) == 0
    assert (await door.audited()).count("message.retried") == 1


def test_every_kind_of_message_is_told_apart() -> None:
    assert set(KINDS) == set(Audience)

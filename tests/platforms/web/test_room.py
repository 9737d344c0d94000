"""The room: who sees what, what is kept, and how the bot's messages get there."""

from typing import Any

import pytest

from bot.chat.notifier import DeliveryFailed
from bot.chat.replies import Card, Text
from bot.chat.text import say
from bot.core.notices.notices import Destination
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.platforms.web import limits
from bot.platforms.web.playground.people import WORKSPACE
from bot.platforms.web.playground.room import Room
from tests.platforms.web.conftest import ADA, NIA
from tests.platforms.web.reading import seen_by, text

GENERAL, DIRECT = "#general", "@Nia"
CARD = Card(say("Hello"), (Text(say("You are in.")),))


def seen(room: Room, name: str) -> list[str]:
    return [text(one.drawn()) for one in seen_by(room, name)]


def test_a_private_answer_is_seen_by_its_owner_alone(room):
    room.answer(CARD, ADA, GENERAL)
    assert seen(room, "Ada") == ["Hello\nYou are in."]
    assert seen(room, "Nia") == []


def test_a_public_answer_is_seen_by_all_and_says_which_command_it_answers(room):
    message = room.answer(Card(say("Open"), private=False), ADA, GENERAL, "show every")
    assert message.via == {"who": "Ada", "command": "show every"}
    assert seen(room, "Nia") == ["Open"]


def test_a_typed_command_is_shown_to_its_owner_alone(room):
    room.say(ADA, GENERAL, "/show every note:secret", command=True)
    room.say(ADA, GENERAL, "hello all")
    assert seen(room, "Nia") == ["hello all"]


def test_in_direct_messages_nothing_is_marked_private(room):
    assert room.answer(CARD, NIA, DIRECT).only is None
    assert seen(room, "Ada") == []


async def test_a_notice_reaches_a_person_or_a_channel(room):
    place, message = await room.post(Destination.direct(NIA.account), CARD)
    assert place == DIRECT
    assert [one.id for one in seen_by(room, "Nia")] == [message]
    await room.post(Destination.in_channel(WORKSPACE, "approvals"), CARD)
    assert len(seen_by(room, "Ada")) == 1
    assert len(seen_by(room, "Nia")) == 1


@pytest.mark.parametrize(
    "to",
    [
        Destination.direct(AccountKey("web", "Nobody")),
        Destination.in_channel(WORKSPACE, "cellar"),
        Destination.in_channel(WorkspaceKey(Platform.WEB, "elsewhere"), "general"),
    ],
)
async def test_a_notice_to_nowhere_fails_for_good(room, to):
    with pytest.raises(DeliveryFailed) as failed:
        await room.post(to, CARD)
    assert failed.value.final
    assert failed.value.gone is (to.account is not None)


async def test_a_redraw_takes_the_place_of_the_card_and_is_told(room):
    to = Destination.direct(NIA.account)
    place, message = await room.post(to, CARD)
    told: list[dict[str, Any]] = []
    with room.watched_by(told.append):
        await room.redraw(to, place, message, Card(say("Approved")))
        await room.redraw(to, place, message, Card(say("Approved")))
    assert seen(room, "Nia") == ["Approved"]
    assert [one["message"]["version"] for one in told] == [2]


async def test_a_redraw_of_a_message_of_another_room_fails_for_good(room):
    to = Destination.direct(NIA.account)
    place, message = await Room([NIA]).post(to, CARD)
    with pytest.raises(DeliveryFailed) as failed:
        await room.redraw(to, place, message, CARD)
    assert failed.value.final


def test_older_messages_make_room_and_leave_other_places_alone(room):
    room.say(NIA, DIRECT, "kept")
    for number in range(limits.MESSAGES_IN_PLACE + 5):
        room.say(ADA, GENERAL, str(number))
    texts = seen(room, "Nia")
    assert len(texts) == limits.MESSAGES_IN_PLACE + 1
    assert texts[:2] == ["kept", "5"]
